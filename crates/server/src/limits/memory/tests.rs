//! Tests of the limits in memory, and helpers for the tests of renewals.

use governor::clock::FakeRelativeClock;

use super::*;
use crate::Config;

impl MemoryLimits<FakeRelativeClock> {
    /// Opens a recording.
    fn take(&self, source: &Source, id: RecordingId) -> Result<(), LimitHit> {
        let claim = Claim { id, renews: None };
        let taken = self.count(source, claim)?;
        assert_eq!(taken, id);
        Ok(())
    }
}

pub(super) const TIMES: LeaseTimes = LeaseTimes {
    unconfirmed: Duration::from_secs(50),
    session: Duration::from_secs(3600),
};

pub(super) fn memory(flags: &[&str]) -> (MemoryLimits<FakeRelativeClock>, FakeRelativeClock) {
    let args = std::iter::once("inturn").chain(flags.iter().copied());
    let config = Config::parse_flags(args.map(Into::into)).expect("good flags");
    let clock = FakeRelativeClock::default();
    let session = u32::try_from(TIMES.session.as_secs()).expect("is short");
    let charge = Charge {
        cap_seconds: NonZeroU32::new(session).expect("is not zero"),
        minimum_seconds: 900,
    };
    let memory = MemoryLimits::new(&config.limits, charge, TIMES, clock.clone());
    (memory, clock)
}

pub(super) fn person(name: &str) -> Source {
    Source::person(name)
}

pub(super) fn id(number: u32) -> RecordingId {
    RecordingId::numbered(number.into())
}

fn kind_of(outcome: Result<(), LimitHit>) -> Option<LimitKind> {
    outcome.err().map(|hit| hit.kind)
}

#[test]
fn each_limit_is_reached_by_itself() {
    for (flag, limit, is_for_all) in [
        (
            "--person-tokens-per-minute=2",
            LimitKind::PersonMinute,
            false,
        ),
        ("--person-tokens-per-day=2", LimitKind::PersonDay, false),
        (
            "--person-recordings-at-once=2",
            LimitKind::PersonRecordings,
            false,
        ),
        ("--all-tokens-per-minute=2", LimitKind::AllMinute, true),
        ("--all-tokens-per-day=2", LimitKind::AllDay, true),
        ("--all-recordings-at-once=2", LimitKind::AllRecordings, true),
        ("--person-hours-per-day=2", LimitKind::PersonHours, false),
        ("--all-hours-per-day=2", LimitKind::AllHours, true),
    ] {
        let (memory, clock) = memory(&[flag]);
        let (ann, bob) = (person("ann"), person("bob"));
        assert_eq!(memory.take(&ann, id(0)), Ok(()), "{flag}");
        assert_eq!(memory.take(&ann, id(1)), Ok(()), "{flag}");
        let hit = memory.take(&ann, id(2)).expect_err(flag);
        assert_eq!(hit.kind, limit);
        let other = memory.take(&bob, id(3));
        assert_eq!(kind_of(other), is_for_all.then_some(limit), "{flag}");
        let is_recordings_limit = hit.wait == RECORDING_WAIT;
        clock.advance(if is_recordings_limit {
            TIMES.unconfirmed
        } else {
            hit.wait
        });
        assert_eq!(memory.take(&ann, id(4)), Ok(()), "{flag}");
    }
}

#[test]
fn a_refused_request_counts_nothing() {
    let (memory, clock) = memory(&[
        "--person-tokens-per-minute=2",
        "--person-recordings-at-once=1",
        "--all-tokens-per-day=3",
    ]);
    let (ann, bob) = (person("ann"), person("bob"));
    assert_eq!(memory.take(&ann, id(0)), Ok(()));
    for _ in 0..100 {
        assert_eq!(
            kind_of(memory.take(&ann, id(1))),
            Some(LimitKind::PersonRecordings)
        );
    }
    // Not for the refused person either.
    memory.end(id(0), EndReason::Ended);
    assert_eq!(memory.take(&ann, id(2)), Ok(()));
    assert_eq!(memory.take(&bob, id(3)), Ok(()));
    assert_eq!(kind_of(memory.take(&bob, id(4))), Some(LimitKind::AllDay));
    clock.advance(DAY);
    assert_eq!(memory.take(&bob, id(5)), Ok(()));
}

#[test]
fn a_failure_refunds_the_token_of_the_day_and_not_of_the_minute() {
    let flags = [
        "--person-tokens-per-minute=3",
        "--person-tokens-per-day=2",
        "--all-tokens-per-day=2",
    ];
    let (memory, _) = memory(&flags);
    let ann = person("ann");
    for number in 0..3 {
        assert_eq!(memory.take(&ann, id(number)), Ok(()));
        memory.end(id(number), EndReason::Failed);
    }
    assert_eq!(
        kind_of(memory.take(&ann, id(3))),
        Some(LimitKind::PersonMinute)
    );
}

/// Returns how many recordings of an hour `source` could start now.
pub(super) fn room(memory: &MemoryLimits<FakeRelativeClock>, source: &Source) -> usize {
    let ids: Vec<_> = (1000..).map(id).take(1000).collect();
    let taken = ids
        .iter()
        .take_while(|id| memory.take(source, **id).is_ok())
        .count();
    for id in &ids[..taken] {
        memory.end(*id, EndReason::Abandoned);
    }
    taken
}

pub(super) const HOURS: [&str; 5] = [
    "--person-hours-per-day=24",
    "--all-hours-per-day=0",
    "--person-tokens-per-minute=0",
    "--person-tokens-per-day=0",
    "--person-recordings-at-once=0",
];

#[test]
fn the_unused_hours_of_an_ended_recording_are_refunded() {
    let (ann, minute) = (person("ann"), Duration::from_secs(60));
    for (minutes, is_confirmed, left) in [
        // The minimum is a quarter of an hour: four recordings cost an hour.
        (0, true, 23),
        (15, true, 23),
        (30, true, 22),
        (45, true, 21),
        (60, true, 20),
        (90, true, 20),
        // Stopped before its session began.
        (0, false, 23),
        // Time counts from the request, even if the session was never confirmed.
        (45, false, 21),
    ] {
        let (memory, clock) = memory(&HOURS);
        assert_eq!(room(&memory, &ann), 24);
        for number in 0..4 {
            assert_eq!(memory.take(&ann, id(number)), Ok(()));
        }
        assert_eq!(room(&memory, &ann), 20);
        for number in 0..4 {
            if is_confirmed {
                assert_eq!(memory.begin(id(number)), Confirmed::First);
            }
        }
        clock.advance(minute * minutes);
        // The limiter has replenished as much in the meantime.
        let replenished = usize::try_from(minutes / 60).expect("small");
        for number in 0..4 {
            memory.end(id(number), EndReason::Ended);
        }
        let room = room(&memory, &ann);
        assert_eq!(room, left + replenished, "{minutes} {is_confirmed}");
    }
}

#[test]
fn a_recording_that_expires_is_not_refunded() {
    let (memory, clock) = memory(&HOURS);
    let ann = person("ann");
    assert_eq!(memory.take(&ann, id(0)), Ok(()));
    assert_eq!(memory.take(&ann, id(1)), Ok(()));
    memory.begin(id(1));
    clock.advance(TIMES.unconfirmed);
    assert_eq!(room(&memory, &ann), 22);
    memory.end(id(0), EndReason::Failed);
    assert_eq!(room(&memory, &ann), 23);
    memory.end(id(0), EndReason::Failed);
    assert_eq!(room(&memory, &ann), 23);
}

#[test]
fn recordings_that_end_at_once_cost_the_minimum() {
    let (memory, clock) = memory(&HOURS);
    let (ann, bob) = (person("ann"), person("bob"));
    let start_and_end = |first: u32| {
        (first..first + 1000)
            .take_while(|number| {
                let taken = memory.take(&ann, id(*number)).is_ok();
                memory.begin(id(*number));
                memory.end(id(*number), EndReason::Ended);
                taken
            })
            .count()
    };
    // Each needs an hour to start, and costs a quarter of one: after 93, less than an hour is left.
    assert_eq!(start_and_end(0), 93);
    assert_eq!(room(&memory, &bob), 24);
    clock.advance(Duration::from_secs(3600));
    assert_eq!(start_and_end(1000), 4);
}

#[test]
fn zero_means_no_limit() {
    let (memory, _) = memory(&[
        "--person-tokens-per-minute=0",
        "--person-tokens-per-day=0",
        "--person-recordings-at-once=0",
        "--all-tokens-per-minute=0",
        "--all-tokens-per-day=0",
        "--all-recordings-at-once=0",
        "--person-hours-per-day=0",
        "--all-hours-per-day=0",
    ]);
    for number in 0..20_000 {
        assert_eq!(memory.take(&person("ann"), id(number)), Ok(()));
    }
}
