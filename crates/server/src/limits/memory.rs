//! The limits of one replica, in its own memory.

use std::{
    hash::Hash,
    num::NonZeroU32,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use governor::clock::{Clock, DefaultClock};

use super::{
    Charge, Confirmed, DAY, KeyedLimiter, Lasts, LimitHit, MINUTE, Over, RECORDING_WAIT,
    RecordingId, Source, Which, leases::Leases,
};
use crate::config::LimitsConfig;

/// Counts for as long as the process lives.
pub(super) struct Memory<C: Clock = DefaultClock> {
    /// Under one lock, so that what one request takes and gives back is never in another's way.
    counted: Mutex<Counted<C>>,
    clock: C,
}

struct Counted<C: Clock> {
    person_minute: Limit<Source, C>,
    person_day: Limit<Source, C>,
    all_minute: Limit<(), C>,
    all_day: Limit<(), C>,
    /// In seconds.
    person_hours: Limit<Source, C>,
    all_hours: Limit<(), C>,
    charge: Charge,
    leases: Leases<C::Instant>,
}

impl<C: Clock + Clone> Memory<C> {
    /// A lease that nobody ends `lasts` so long.
    pub(super) fn new(config: &LimitsConfig, charge: Charge, lasts: Lasts, clock: C) -> Self {
        let [person_seconds, all_seconds] = config.seconds_per_day();
        Self {
            counted: Mutex::new(Counted {
                person_minute: Limit::new(config.person_tokens_per_minute, MINUTE, &clock),
                person_day: Limit::new(config.person_tokens_per_day, DAY, &clock),
                all_minute: Limit::new(config.all_tokens_per_minute, MINUTE, &clock),
                all_day: Limit::new(config.all_tokens_per_day, DAY, &clock),
                person_hours: Limit::new(person_seconds, DAY, &clock),
                all_hours: Limit::new(all_seconds, DAY, &clock),
                charge,
                leases: Leases::new(
                    config.person_recordings_at_once,
                    config.all_recordings_at_once,
                    lasts,
                ),
            }),
            clock,
        }
    }

    /// Counts one token and one recording of `source`, or nothing at all.
    pub(super) fn take(&self, source: &Source, id: RecordingId) -> Result<(), LimitHit> {
        let mut counted = self.lock();
        let now = self.clock.now();
        let exceeded = counted.leases.exceeded(now, source);
        let (one, cap) = (NonZeroU32::MIN, counted.charge.cap_seconds);
        let outcomes = [
            (
                Which::PersonMinute,
                counted.person_minute.check(source, one),
            ),
            (Which::PersonDay, counted.person_day.check(source, one)),
            (Which::AllMinute, counted.all_minute.check(&(), one)),
            (Which::AllDay, counted.all_day.check(&(), one)),
            (Which::PersonHours, counted.person_hours.check(source, cap)),
            (Which::AllHours, counted.all_hours.check(&(), cap)),
        ];
        let hits = outcomes.iter().filter_map(|(which, outcome)| {
            let (which, wait) = (*which, outcome.err()?);
            Some(LimitHit { which, wait })
        });
        let recordings = exceeded.map(|which| LimitHit {
            which,
            wait: RECORDING_WAIT,
        });
        // Whoever came back any sooner would be refused again.
        if let Some(hit) = hits.chain(recordings).max_by_key(|hit| hit.wait) {
            for (which, outcome) in outcomes {
                if outcome.is_ok() {
                    counted.give_back(which, source, cap.get());
                }
            }
            return Err(hit);
        }
        counted.leases.open(now, source.clone(), id);
        Ok(())
    }

    /// A recording's session began, if it is a recording.
    pub(super) fn begin(&self, id: RecordingId) -> Confirmed {
        self.lock().leases.begin(self.clock.now(), id)
    }

    /// Ends a recording, if it is one.
    pub(super) fn end(&self, id: RecordingId, over: Over) {
        let mut counted = self.lock();
        let Some(ended) = counted.leases.end(self.clock.now(), id) else {
            return;
        };
        let seconds = counted.charge.given_back(over, ended.lasted);
        counted.give_back(Which::PersonHours, &ended.source, seconds);
        counted.give_back(Which::AllHours, &ended.source, seconds);
        if over == Over::Failed {
            counted.give_back(Which::PersonDay, &ended.source, 0);
            counted.give_back(Which::AllDay, &ended.source, 0);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Counted<C>> {
        self.counted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<C: Clock + Clone> Counted<C> {
    /// Takes back one token, or so many seconds.
    fn give_back(&self, which: Which, source: &Source, seconds: u32) {
        match which {
            Which::PersonMinute => self.person_minute.give_back(source, 1),
            Which::PersonDay => self.person_day.give_back(source, 1),
            Which::AllMinute => self.all_minute.give_back(&(), 1),
            Which::AllDay => self.all_day.give_back(&(), 1),
            Which::PersonHours => self.person_hours.give_back(source, seconds),
            Which::AllHours => self.all_hours.give_back(&(), seconds),
            Which::PersonRecordings | Which::AllRecordings => {}
        }
    }
}

/// A limit, or none.
struct Limit<K: Clone + Eq + Hash, C: Clock>(Option<KeyedLimiter<K, C>>);

impl<K: Clone + Eq + Hash, C: Clock + Clone> Limit<K, C> {
    fn new(count: u32, period: Duration, clock: &C) -> Self {
        let count = NonZeroU32::new(count);
        Self(count.map(|count| KeyedLimiter::with_clock(count, period, clock.clone())))
    }

    fn check(&self, key: &K, many: NonZeroU32) -> Result<(), Duration> {
        let limiter = self.0.as_ref();
        limiter.map_or(Ok(()), |limiter| limiter.check(key, many))
    }

    fn give_back(&self, key: &K, many: u32) {
        if let Some(limiter) = &self.0 {
            limiter.give_back(key, many);
        }
    }
}

#[cfg(test)]
mod tests {
    use governor::clock::FakeRelativeClock;

    use super::*;
    use crate::Config;

    const LASTS: Lasts = Lasts {
        unconfirmed: Duration::from_secs(50),
        session: Duration::from_secs(3600),
    };

    fn memory(flags: &[&str]) -> (Memory<FakeRelativeClock>, FakeRelativeClock) {
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

    fn person(name: &str) -> Source {
        Source::person(name)
    }

    fn id(number: u32) -> RecordingId {
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
    fn room(memory: &Memory<FakeRelativeClock>, source: &Source) -> usize {
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

    const HOURS: [&str; 5] = [
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
}
