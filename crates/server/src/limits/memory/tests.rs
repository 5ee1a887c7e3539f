//! Tests of what is counted, and helpers for those of renewed recordings.

use governor::clock::FakeRelativeClock;

use super::*;
use crate::Config;

impl Memory<FakeRelativeClock> {
    /// Opens a recording.
    fn take(&self, source: &Source, id: RecordingId) -> Result<(), LimitHit> {
        let claim = Claim { id, renews: None };
        let taken = self.count(source, claim)?;
        assert_eq!(taken, id);
        Ok(())
    }
}

pub(super) const LASTS: Lasts = Lasts {
    unconfirmed: Duration::from_secs(50),
    session: Duration::from_secs(3600),
};

pub(super) fn memory(flags: &[&str]) -> (Memory<FakeRelativeClock>, FakeRelativeClock) {
    let args = std::iter::once("inturn").chain(flags.iter().copied());
    let config = Config::parse_flags(args.map(Into::into)).expect("good flags");
    let clock = FakeRelativeClock::default();
    let session = u32::try_from(LASTS.session.as_secs()).expect("is short");
    let charge = Charge {
        cap_seconds: NonZeroU32::new(session).expect("is not zero"),
        minimum_seconds: 900,
    };
    let memory = Memory::new(&config.limits, charge, LASTS, clock.clone());
    (memory, clock)
}

pub(super) fn person(name: &str) -> Source {
    Source::person(name)
}

pub(super) fn id(number: u32) -> RecordingId {
    RecordingId::numbered(number.into())
}

fn which(outcome: Result<(), LimitHit>) -> Option<Which> {
    outcome.err().map(|hit| hit.which)
}

#[test]
fn each_limit_is_reached_by_itself() {
    for (flag, limit, is_everybodys) in [
        ("--person-tokens-per-minute=2", Which::PersonMinute, false),
        ("--person-tokens-per-day=2", Which::PersonDay, false),
        (
            "--person-recordings-at-once=2",
            Which::PersonRecordings,
            false,
        ),
        ("--all-tokens-per-minute=2", Which::AllMinute, true),
        ("--all-tokens-per-day=2", Which::AllDay, true),
        ("--all-recordings-at-once=2", Which::AllRecordings, true),
        ("--person-hours-per-day=2", Which::PersonHours, false),
        ("--all-hours-per-day=2", Which::AllHours, true),
    ] {
        let (memory, clock) = memory(&[flag]);
        let (ann, bob) = (person("ann"), person("bob"));
        assert_eq!(memory.take(&ann, id(0)), Ok(()), "{flag}");
        assert_eq!(memory.take(&ann, id(1)), Ok(()), "{flag}");
        let hit = memory.take(&ann, id(2)).expect_err(flag);
        assert_eq!(hit.which, limit);
        let other = memory.take(&bob, id(3));
        assert_eq!(which(other), is_everybodys.then_some(limit), "{flag}");
        let is_of_recordings = hit.wait == RECORDING_WAIT;
        clock.advance(if is_of_recordings {
            LASTS.unconfirmed
        } else {
            hit.wait
        });
        assert_eq!(memory.take(&ann, id(4)), Ok(()), "{flag}");
    }
}

#[test]
fn who_is_refused_costs_nobody_anything() {
    let (memory, clock) = memory(&[
        "--person-tokens-per-minute=2",
        "--person-recordings-at-once=1",
        "--all-tokens-per-day=3",
    ]);
    let (ann, bob) = (person("ann"), person("bob"));
    assert_eq!(memory.take(&ann, id(0)), Ok(()));
    for _ in 0..100 {
        assert_eq!(
            which(memory.take(&ann, id(1))),
            Some(Which::PersonRecordings)
        );
    }
    // Nor themselves.
    memory.end(id(0), Over::Ended);
    assert_eq!(memory.take(&ann, id(2)), Ok(()));
    assert_eq!(memory.take(&bob, id(3)), Ok(()));
    assert_eq!(which(memory.take(&bob, id(4))), Some(Which::AllDay));
    clock.advance(DAY);
    assert_eq!(memory.take(&bob, id(5)), Ok(()));
}

#[test]
fn the_day_is_given_back_and_the_minute_is_not() {
    let flags = [
        "--person-tokens-per-minute=3",
        "--person-tokens-per-day=2",
        "--all-tokens-per-day=2",
    ];
    let (memory, _) = memory(&flags);
    let ann = person("ann");
    for number in 0..3 {
        assert_eq!(memory.take(&ann, id(number)), Ok(()));
        memory.end(id(number), Over::Failed);
    }
    assert_eq!(which(memory.take(&ann, id(3))), Some(Which::PersonMinute));
}

/// How many recordings of an hour `source` can start now; each is given back.
pub(super) fn room(memory: &Memory<FakeRelativeClock>, source: &Source) -> usize {
    let ids: Vec<_> = (1000..).map(id).take(1000).collect();
    let taken = ids
        .iter()
        .take_while(|id| memory.take(source, **id).is_ok())
        .count();
    for id in &ids[..taken] {
        memory.end(*id, Over::Abandoned);
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
fn hours_are_given_back_but_for_what_passed() {
    let (ann, minute) = (person("ann"), Duration::from_secs(60));
    for (minutes, is_confirmed, left) in [
        // The minimum: a quarter of an hour, four of which are an hour.
        (0, true, 23),
        (15, true, 23),
        (30, true, 22),
        (45, true, 21),
        (60, true, 20),
        (90, true, 20),
        // Stopped before its session began.
        (0, false, 23),
        // The clock goes on whether anybody says that it began or not.
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
        // Meanwhile as much has come back by itself.
        let come_back = usize::try_from(minutes / 60).expect("small");
        for number in 0..4 {
            memory.end(id(number), Over::Ended);
        }
        let room = room(&memory, &ann);
        assert_eq!(room, left + come_back, "{minutes} {is_confirmed}");
    }
}

#[test]
fn what_nobody_ends_is_not_given_back() {
    let (memory, clock) = memory(&HOURS);
    let ann = person("ann");
    assert_eq!(memory.take(&ann, id(0)), Ok(()));
    assert_eq!(memory.take(&ann, id(1)), Ok(()));
    memory.begin(id(1));
    clock.advance(LASTS.unconfirmed);
    assert_eq!(room(&memory, &ann), 22);
    memory.end(id(0), Over::Failed);
    assert_eq!(room(&memory, &ann), 23);
    memory.end(id(0), Over::Failed);
    assert_eq!(room(&memory, &ann), 23);
}

#[test]
fn ending_each_recording_at_once_buys_no_more_than_the_minimum_allows() {
    let (memory, clock) = memory(&HOURS);
    let (ann, bob) = (person("ann"), person("bob"));
    let mint = |first: u32| {
        (first..first + 1000)
            .take_while(|number| {
                let taken = memory.take(&ann, id(*number)).is_ok();
                memory.begin(id(*number));
                memory.end(id(*number), Over::Ended);
                taken
            })
            .count()
    };
    // Each needs an hour for a moment, and costs a quarter of one: 93 leave less than an hour.
    assert_eq!(mint(0), 93);
    assert_eq!(room(&memory, &bob), 24);
    clock.advance(Duration::from_secs(3600));
    assert_eq!(mint(1000), 4);
}

#[test]
fn none_is_no_limit() {
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
