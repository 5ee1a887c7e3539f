//! Tests of renewed recordings.

use governor::clock::FakeRelativeClock;
use proptest::prelude::*;

use super::{
    tests::{HOURS, LASTS, id, memory, person, room},
    *,
};

type TestMemory = Memory<FakeRelativeClock>;

fn claim(number: u32, renews: u32) -> Claim {
    Claim {
        id: id(number),
        renews: Some(id(renews)),
    }
}

fn open(memory: &TestMemory, source: &Source, number: u32) -> Result<RecordingId, LimitHit> {
    let claim = Claim {
        id: id(number),
        renews: None,
    };
    memory.count(source, claim)
}

fn which(outcome: Result<RecordingId, LimitHit>) -> Result<RecordingId, Which> {
    outcome.map_err(|hit| hit.which)
}

fn minutes(count: u32) -> Duration {
    MINUTE * count
}

#[test]
fn only_whoever_holds_an_open_recording_renews_it() {
    let (ann, bob) = (person("ann"), person("bob"));
    let after_session = LASTS.confirmed();
    for (case, source, asked, ended, passed, expected) in [
        ("their own", &ann, 0, false, Duration::ZERO, id(0)),
        ("another person's", &bob, 0, false, Duration::ZERO, id(1)),
        ("nobody's", &ann, 9, true, Duration::ZERO, id(1)),
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
            memory.end(id(0), Over::Ended);
        }
        let taken = memory.count(source, claim(1, asked));
        assert_eq!(taken, Ok(expected), "{case}");
        // Each of them has one recording, and no more.
        assert_eq!(
            which(open(&memory, source, 2)),
            Err(Which::PersonRecordings),
            "{case}"
        );
    }
}

#[test]
fn a_renewal_is_a_token_and_no_recording() {
    for (flag, limit) in [
        ("--person-recordings-at-once=1", None),
        ("--all-recordings-at-once=1", None),
        ("--person-tokens-per-minute=2", Some(Which::PersonMinute)),
        ("--person-tokens-per-day=2", Some(Which::PersonDay)),
        ("--all-tokens-per-minute=2", Some(Which::AllMinute)),
        ("--all-tokens-per-day=2", Some(Which::AllDay)),
    ] {
        let (memory, _) = memory(&[flag]);
        let ann = person("ann");
        assert_eq!(open(&memory, &ann, 0), Ok(id(0)), "{flag}");
        assert_eq!(memory.count(&ann, claim(1, 0)), Ok(id(0)), "{flag}");
        let third = which(memory.count(&ann, claim(2, 0)));
        assert_eq!(third, limit.map_or(Ok(id(0)), Err), "{flag}");
    }
}

/// The session before the renewal may be on, so a recording that was confirmed is not forgotten sooner.
#[test]
fn a_renewed_recording_counts_until_its_new_session_could_not_begin_or_is_over() {
    let (ann, session) = (person("ann"), LASTS.session);
    for (was_confirmed, is_confirmed, counts_for) in [
        (false, false, LASTS.unconfirmed),
        (true, false, LASTS.confirmed() - minutes(10)),
        (false, true, LASTS.confirmed()),
        (true, true, LASTS.confirmed()),
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
            // A session of its own.
            assert_eq!(memory.begin(id(0)), Confirmed::First, "{case}");
            assert_eq!(memory.begin(id(0)), Confirmed::Again, "{case}");
        }
        clock.advance(counts_for - Duration::from_millis(1));
        let refused = Err(Which::PersonRecordings);
        assert_eq!(which(open(&memory, &ann, 2)), refused, "{case}");
        clock.advance(Duration::from_millis(1));
        assert_eq!(open(&memory, &ann, 2), Ok(id(2)), "{case}");
        assert!(counts_for <= session + LASTS.unconfirmed);
    }
}

/// Otherwise one person could have any number of recordings, each renewed when the next has begun.
#[test]
fn a_recording_that_no_longer_counts_needs_room_to_be_renewed() {
    let (memory, clock) = memory(&["--person-recordings-at-once=1"]);
    let ann = person("ann");
    assert_eq!(open(&memory, &ann, 0), Ok(id(0)));
    clock.advance(LASTS.unconfirmed);
    assert_eq!(open(&memory, &ann, 1), Ok(id(1)));
    let refused = Err(Which::PersonRecordings);
    assert_eq!(which(memory.count(&ann, claim(2, 0))), refused);
    memory.end(id(1), Over::Ended);
    assert_eq!(memory.count(&ann, claim(3, 0)), Ok(id(0)));
    assert_eq!(which(open(&memory, &ann, 4)), refused);
    memory.end(id(0), Over::Ended);
    assert_eq!(open(&memory, &ann, 4), Ok(id(4)));
}

#[test]
fn hours_that_passed_in_several_sessions_cost_what_they_would_in_one() {
    let (memory, clock) = memory(&HOURS);
    let ann = person("ann");
    assert_eq!(open(&memory, &ann, 0), Ok(id(0)));
    for number in 1..=4 {
        clock.advance(minutes(30));
        assert_eq!(memory.count(&ann, claim(number, 0)), Ok(id(0)));
        // The hour of the new session. What passed before came back by itself meanwhile.
        assert_eq!(room(&memory, &ann), 23, "{number}");
    }
    clock.advance(minutes(30));
    memory.end(id(0), Over::Ended);
    // Two and a half hours passed, and came back meanwhile.
    assert_eq!(room(&memory, &ann), 24);
}

#[test]
fn each_session_costs_the_minimum_at_the_least() {
    let (memory, _) = memory(&HOURS);
    let ann = person("ann");
    assert_eq!(open(&memory, &ann, 0), Ok(id(0)));
    // The first hour is there already, and each one more is a quarter of an hour.
    let renewals = (1..1000)
        .take_while(|number| memory.count(&ann, claim(*number, 0)).is_ok())
        .count();
    assert_eq!(renewals, 23 * 4);
    memory.end(id(0), Over::Ended);
    // A quarter is left of the last one's hour, and no more than the day has.
    assert_eq!(room(&memory, &ann), 0);
}

#[test]
fn a_renewal_that_is_refused_changes_nothing() {
    let (memory, clock) = memory(&["--person-hours-per-day=3", "--person-tokens-per-minute=1"]);
    let ann = person("ann");
    assert_eq!(open(&memory, &ann, 0), Ok(id(0)));
    memory.begin(id(0));
    for number in 1..100 {
        let refused = which(memory.count(&ann, claim(number, 0)));
        assert_eq!(refused, Err(Which::PersonMinute));
    }
    assert_eq!(memory.begin(id(0)), Confirmed::Again);
    // Of three hours, two are there as before.
    for number in 100..102 {
        clock.advance(MINUTE);
        assert_eq!(open(&memory, &ann, number), Ok(id(number)));
    }
    clock.advance(MINUTE);
    assert_eq!(which(open(&memory, &ann, 102)), Err(Which::PersonHours));
}

#[test]
fn of_many_renewals_at_once_those_without_a_token_cost_nothing() {
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
        // Eight sessions of a quarter of an hour, and the last one's hour.
        for (number, got) in (1..).zip(got) {
            if !got {
                memory.take_back(claim(number, 0), Over::Failed);
                memory.take_back(claim(number, 0), Over::Failed);
            }
        }
        // It can be renewed again, and goes on.
        assert_eq!(memory.count(&ann, claim(9, 0)), Ok(id(0)), "{got:?}");
        memory.end(id(0), Over::Ended);
        let got = got.iter().filter(|got| **got).count();
        // The first and the ninth are sessions too.
        let quarters = 24 * 4 - (got + 2);
        assert_eq!(room(&memory, &ann), quarters / 4, "{got}");
    }
}

/// Somebody presses Stop while the token of a renewal is awaited.
#[test]
fn a_renewal_without_a_token_costs_nothing_if_its_recording_ended_first() {
    let (memory, _) = memory(&HOURS);
    let ann = person("ann");
    for number in 0..4 {
        assert_eq!(open(&memory, &ann, number), Ok(id(number)));
        let renewal = claim(100 + number, number);
        assert_eq!(memory.count(&ann, renewal), Ok(id(number)));
        memory.end(id(number), Over::Ended);
        memory.take_back(renewal, Over::Abandoned);
    }
    assert_eq!(room(&memory, &ann), 23);
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Pass(u32),
    Renew,
    RenewInVain(bool),
    Confirm,
    Refuse,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (1..3000_u32).prop_map(Step::Pass),
        Just(Step::Renew),
        any::<bool>().prop_map(Step::RenewInVain),
        Just(Step::Confirm),
        Just(Step::Refuse),
    ]
}

proptest! {
    /// Whatever happens, a renewal costs what ending the recording and opening another would, and is
    /// refused for the same limit and the same time.
    #[test]
    fn a_renewal_costs_as_much_as_another_recording(
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
                        // It may be that nothing counts any more, or not yet.
                        if open(memory, &ann, number).is_ok() {
                            memory.take_back(Claim { id: id(number), renews: None }, Over::Failed);
                        }
                    }
                }
                Step::Renew | Step::RenewInVain(_) => {
                    let renewal = Claim { id: id(number), renews: Some(recording) };
                    let taken = renewing.count(&ann, renewal);
                    recording = taken.unwrap_or(recording);
                    opening.end(id(opened), Over::Ended);
                    let other = open(&opening, &ann, number);
                    opened = number;
                    let (hit, other_hit) = (taken.err(), other.err());
                    prop_assert_eq!(hit, other_hit);
                    if hit.is_some() {
                        // What was ended can't be taken up again.
                        break;
                    }
                    if let Step::RenewInVain(is_failure) = step {
                        let over = if is_failure { Over::Failed } else { Over::Abandoned };
                        renewing.take_back(renewal, over);
                        opening.take_back(Claim { id: id(number), renews: None }, over);
                    }
                }
            }
        }
        renewing.end(recording, Over::Ended);
        opening.end(id(opened), Over::Ended);
        let now = clock.now();
        let hours = |memory: &TestMemory| {
            let counted = memory.lock().hours(&ann);
            // What lies in the past counts no more.
            counted.map(|it| it.unwrap_or_default().max(now))
        };
        prop_assert_eq!(hours(&renewing), hours(&opening));
    }
}
