//! Tests of renewed recordings.

use governor::clock::FakeRelativeClock;
use proptest::prelude::*;

use super::{
    tests::{HOURS, TIMES, id, memory, person, room},
    *,
};

type TestLimits = MemoryLimits<FakeRelativeClock>;

fn claim(number: u32, renews: u32) -> Claim {
    Claim {
        id: id(number),
        renews: Some(id(renews)),
    }
}

fn open(memory: &TestLimits, source: &Source, number: u32) -> Result<RecordingId, LimitHit> {
    let claim = Claim {
        id: id(number),
        renews: None,
    };
    memory.count(source, claim)
}

fn kind_of(outcome: Result<RecordingId, LimitHit>) -> Result<RecordingId, LimitKind> {
    outcome.map_err(|hit| hit.kind)
}

fn minutes(count: u32) -> Duration {
    MINUTE * count
}

#[test]
fn only_the_holder_of_an_open_recording_can_renew_it() {
    let (ann, bob) = (person("ann"), person("bob"));
    let after_session = TIMES.confirmed();
    for (case, source, asked, ended, passed, expected) in [
        ("their own", &ann, 0, false, Duration::ZERO, id(0)),
        ("another person's", &bob, 0, false, Duration::ZERO, id(1)),
        ("unknown", &ann, 9, true, Duration::ZERO, id(1)),
        ("ended", &ann, 0, true, Duration::ZERO, id(1)),
        ("expired", &ann, 0, false, after_session, id(1)),
        (
            "almost expired",
            &ann,
            0,
            false,
            after_session - Duration::from_millis(1),
            id(0),
        ),
    ] {
        let (memory, clock) = memory(&["--person-recordings-at-once=1"]);
        assert_eq!(open(&memory, &ann, 0), Ok(id(0)), "{case}");
        memory.begin(id(0));
        clock.advance(passed);
        if ended {
            memory.end(id(0), EndReason::Ended);
        }
        let taken = memory.count(source, claim(1, asked));
        assert_eq!(taken, Ok(expected), "{case}");
        // The person has exactly one recording.
        assert_eq!(
            kind_of(open(&memory, source, 2)),
            Err(LimitKind::PersonRecordings),
            "{case}"
        );
    }
}

#[test]
fn a_renewal_counts_a_token_but_not_a_recording() {
    for (flag, limit) in [
        ("--person-recordings-at-once=1", None),
        ("--all-recordings-at-once=1", None),
        (
            "--person-tokens-per-minute=2",
            Some(LimitKind::PersonMinute),
        ),
        ("--person-tokens-per-day=2", Some(LimitKind::PersonDay)),
        ("--all-tokens-per-minute=2", Some(LimitKind::AllMinute)),
        ("--all-tokens-per-day=2", Some(LimitKind::AllDay)),
    ] {
        let (memory, _) = memory(&[flag]);
        let ann = person("ann");
        assert_eq!(open(&memory, &ann, 0), Ok(id(0)), "{flag}");
        assert_eq!(memory.count(&ann, claim(1, 0)), Ok(id(0)), "{flag}");
        let third = kind_of(memory.count(&ann, claim(2, 0)));
        assert_eq!(third, limit.map_or(Ok(id(0)), Err), "{flag}");
    }
}

/// The previous session may still be open, so a renewal never shortens the time of a confirmed one.
#[test]
fn a_renewed_recording_counts_until_its_new_session_expires() {
    let (ann, session) = (person("ann"), TIMES.session);
    for (was_confirmed, is_confirmed, counts_for) in [
        (false, false, TIMES.unconfirmed),
        (true, false, TIMES.confirmed() - minutes(10)),
        (false, true, TIMES.confirmed()),
        (true, true, TIMES.confirmed()),
    ] {
        let case = format!("{was_confirmed} {is_confirmed}");
        let (memory, clock) = memory(&["--person-recordings-at-once=1"]);
        assert_eq!(open(&memory, &ann, 0), Ok(id(0)));
        if was_confirmed {
            assert_eq!(memory.begin(id(0)), Confirmed::First);
        }
        clock.advance(minutes(10));
        assert_eq!(memory.count(&ann, claim(1, 0)), Ok(id(0)), "{case}");
        if is_confirmed {
            // The new session needs its own confirmation.
            assert_eq!(memory.begin(id(0)), Confirmed::First, "{case}");
            assert_eq!(memory.begin(id(0)), Confirmed::Again, "{case}");
        }
        clock.advance(counts_for - Duration::from_millis(1));
        let refused = Err(LimitKind::PersonRecordings);
        assert_eq!(kind_of(open(&memory, &ann, 2)), refused, "{case}");
        clock.advance(Duration::from_millis(1));
        assert_eq!(open(&memory, &ann, 2), Ok(id(2)), "{case}");
        assert!(counts_for <= session + TIMES.unconfirmed);
    }
}

/// Otherwise one person could have any number of recordings, and renew each after opening the next.
#[test]
fn renewing_a_recording_that_no_longer_counts_is_limited_like_a_new_one() {
    let (memory, clock) = memory(&["--person-recordings-at-once=1"]);
    let ann = person("ann");
    assert_eq!(open(&memory, &ann, 0), Ok(id(0)));
    clock.advance(TIMES.unconfirmed);
    assert_eq!(open(&memory, &ann, 1), Ok(id(1)));
    let refused = Err(LimitKind::PersonRecordings);
    assert_eq!(kind_of(memory.count(&ann, claim(2, 0))), refused);
    memory.end(id(1), EndReason::Ended);
    assert_eq!(memory.count(&ann, claim(3, 0)), Ok(id(0)));
    assert_eq!(kind_of(open(&memory, &ann, 4)), refused);
    memory.end(id(0), EndReason::Ended);
    assert_eq!(open(&memory, &ann, 4), Ok(id(4)));
}

#[test]
fn several_sessions_cost_the_same_hours_as_one() {
    let (memory, clock) = memory(&HOURS);
    let ann = person("ann");
    assert_eq!(open(&memory, &ann, 0), Ok(id(0)));
    for number in 1..=4 {
        clock.advance(minutes(30));
        assert_eq!(memory.count(&ann, claim(number, 0)), Ok(id(0)));
        // The new session costs its hour. The limiter has replenished the time that passed.
        assert_eq!(room(&memory, &ann), 23, "{number}");
    }
    clock.advance(minutes(30));
    memory.end(id(0), EndReason::Ended);
    // Two and a half hours passed, and the limiter has replenished them.
    assert_eq!(room(&memory, &ann), 24);
}

#[test]
fn each_session_costs_at_least_the_minimum() {
    let (memory, _) = memory(&HOURS);
    let ann = person("ann");
    assert_eq!(open(&memory, &ann, 0), Ok(id(0)));
    // The first recording has its hour; each renewal costs a quarter of an hour more.
    let renewals = (1..1000)
        .take_while(|number| memory.count(&ann, claim(*number, 0)).is_ok())
        .count();
    assert_eq!(renewals, 23 * 4);
    memory.end(id(0), EndReason::Ended);
    // Three quarters of the last session's hour are refunded, which is too little for a recording.
    assert_eq!(room(&memory, &ann), 0);
}

#[test]
fn a_renewal_that_is_refused_changes_nothing() {
    let (memory, clock) = memory(&["--person-hours-per-day=3", "--person-tokens-per-minute=1"]);
    let ann = person("ann");
    assert_eq!(open(&memory, &ann, 0), Ok(id(0)));
    memory.begin(id(0));
    for number in 1..100 {
        let refused = kind_of(memory.count(&ann, claim(number, 0)));
        assert_eq!(refused, Err(LimitKind::PersonMinute));
    }
    assert_eq!(memory.begin(id(0)), Confirmed::Again);
    // Two of the three hours are still available.
    for number in 100..102 {
        clock.advance(MINUTE);
        assert_eq!(open(&memory, &ann, number), Ok(id(number)));
    }
    clock.advance(MINUTE);
    assert_eq!(
        kind_of(open(&memory, &ann, 102)),
        Err(LimitKind::PersonHours)
    );
}

#[test]
fn concurrent_renewals_without_a_token_cost_nothing() {
    let (ann, none) = (person("ann"), [false; 8]);
    for got in [
        none,
        [true; 8],
        [false, true, false, true, true, false, false, false],
    ] {
        let (memory, _) = memory(&HOURS);
        assert_eq!(open(&memory, &ann, 0), Ok(id(0)));
        memory.begin(id(0));
        for number in 1..=8 {
            assert_eq!(memory.count(&ann, claim(number, 0)), Ok(id(0)));
        }
        // Each session costs a quarter of an hour, and the last one its hour.
        for (number, got) in (1..).zip(got) {
            if !got {
                memory.cancel(claim(number, 0), EndReason::Failed);
                memory.cancel(claim(number, 0), EndReason::Failed);
            }
        }
        // The recording can be renewed again.
        assert_eq!(memory.count(&ann, claim(9, 0)), Ok(id(0)), "{got:?}");
        memory.end(id(0), EndReason::Ended);
        let got = got.iter().filter(|got| **got).count();
        // The first and the ninth are sessions too.
        let quarters = 24 * 4 - (got + 2);
        assert_eq!(room(&memory, &ann), quarters / 4, "{got}");
    }
}

/// A person presses Stop while the token of a renewal is being requested.
#[test]
fn a_cancelled_renewal_of_an_ended_recording_costs_nothing() {
    let (memory, _) = memory(&HOURS);
    let ann = person("ann");
    for number in 0..4 {
        assert_eq!(open(&memory, &ann, number), Ok(id(number)));
        let renewal = claim(100 + number, number);
        assert_eq!(memory.count(&ann, renewal), Ok(id(number)));
        memory.end(id(number), EndReason::Ended);
        memory.cancel(renewal, EndReason::Abandoned);
    }
    assert_eq!(room(&memory, &ann), 23);
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Pass(u32),
    Renew,
    RenewWithoutToken(bool),
    Confirm,
    Refuse,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (1..3000_u32).prop_map(Step::Pass),
        Just(Step::Renew),
        any::<bool>().prop_map(Step::RenewWithoutToken),
        Just(Step::Confirm),
        Just(Step::Refuse),
    ]
}

proptest! {
    /// A renewal always costs the same as ending the recording and opening another one, and is
    /// refused by the same limit for the same time.
    #[test]
    fn a_renewal_costs_the_same_as_another_recording(
        steps in proptest::collection::vec(step(), 1..40),
    ) {
        let flags = [
            "--person-hours-per-day=5",
            "--all-hours-per-day=9",
            "--person-tokens-per-day=12",
            "--person-tokens-per-minute=0",
            "--person-recordings-at-once=1",
        ];
        let ann = person("ann");
        let ((renewing, clock), (opening, other_clock)) = (memory(&flags), memory(&flags));
        prop_assert!(open(&renewing, &ann, 0).is_ok() && open(&opening, &ann, 0).is_ok());
        let (mut recording, mut opened) = (id(0), 0);
        for (number, step) in (1..).zip(steps) {
            match step {
                Step::Pass(seconds) => {
                    let passed = Duration::from_secs(seconds.into());
                    clock.advance(passed);
                    other_clock.advance(passed);
                }
                Step::Confirm => {
                    renewing.begin(recording);
                    opening.begin(id(opened));
                }
                Step::Refuse => {
                    for memory in [&renewing, &opening] {
                        // Succeeds only if the other recording does not count.
                        if open(memory, &ann, number).is_ok() {
                            let claim = Claim { id: id(number), renews: None };
                            memory.cancel(claim, EndReason::Failed);
                        }
                    }
                }
                Step::Renew | Step::RenewWithoutToken(_) => {
                    let renewal = Claim { id: id(number), renews: Some(recording) };
                    let taken = renewing.count(&ann, renewal);
                    recording = taken.unwrap_or(recording);
                    opening.end(id(opened), EndReason::Ended);
                    let other = open(&opening, &ann, number);
                    opened = number;
                    let (hit, other_hit) = (taken.err(), other.err());
                    prop_assert_eq!(hit, other_hit);
                    if hit.is_some() {
                        // The ended recording can't be resumed.
                        break;
                    }
                    if let Step::RenewWithoutToken(is_failure) = step {
                        let reason = match is_failure {
                            true => EndReason::Failed,
                            false => EndReason::Abandoned,
                        };
                        renewing.cancel(renewal, reason);
                        opening.cancel(Claim { id: id(number), renews: None }, reason);
                    }
                }
            }
        }
        renewing.end(recording, EndReason::Ended);
        opening.end(id(opened), EndReason::Ended);
        let now = clock.now();
        let hours = |memory: &TestLimits| {
            let counted = memory.lock().hours(&ann);
            // A time in the past means that nothing is counted.
            counted.map(|it| it.unwrap_or_default().max(now))
        };
        prop_assert_eq!(hours(&renewing), hours(&opening));
    }
}
