//! The limits of one replica, in its own memory.

use std::{
    hash::Hash,
    num::NonZeroU32,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use governor::clock::{Clock, DefaultClock};

use super::{
    Confirmed, DAY, KeyedLimiter, Lasts, LimitHit, MINUTE, Over, RECORDING_WAIT, RecordingId,
    Source, Which, leases::Leases,
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
    leases: Leases<C::Instant>,
}

impl<C: Clock + Clone> Memory<C> {
    /// A lease that nobody ends `lasts` so long.
    pub(super) fn new(config: &LimitsConfig, lasts: Lasts, clock: C) -> Self {
        Self {
            counted: Mutex::new(Counted {
                person_minute: Limit::new(config.person_tokens_per_minute, MINUTE, &clock),
                person_day: Limit::new(config.person_tokens_per_day, DAY, &clock),
                all_minute: Limit::new(config.all_tokens_per_minute, MINUTE, &clock),
                all_day: Limit::new(config.all_tokens_per_day, DAY, &clock),
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
        let outcomes = [
            (Which::PersonMinute, counted.person_minute.check(source)),
            (Which::PersonDay, counted.person_day.check(source)),
            (Which::AllMinute, counted.all_minute.check(&())),
            (Which::AllDay, counted.all_day.check(&())),
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
                    counted.give_back(which, source);
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
        if over == Over::Failed {
            counted.give_back(Which::PersonDay, &ended.source);
            counted.give_back(Which::AllDay, &ended.source);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Counted<C>> {
        self.counted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<C: Clock + Clone> Counted<C> {
    fn give_back(&self, which: Which, source: &Source) {
        match which {
            Which::PersonMinute => self.person_minute.give_back(source),
            Which::PersonDay => self.person_day.give_back(source),
            Which::AllMinute => self.all_minute.give_back(&()),
            Which::AllDay => self.all_day.give_back(&()),
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

    fn check(&self, key: &K) -> Result<(), Duration> {
        self.0.as_ref().map_or(Ok(()), |limiter| limiter.check(key))
    }

    fn give_back(&self, key: &K) {
        if let Some(limiter) = &self.0 {
            limiter.give_back(key);
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
        (Memory::new(&config.limits, LASTS, clock.clone()), clock)
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

    #[test]
    fn none_is_no_limit() {
        let (memory, _) = memory(&[
            "--person-tokens-per-minute=0",
            "--person-tokens-per-day=0",
            "--person-recordings-at-once=0",
            "--all-tokens-per-minute=0",
            "--all-tokens-per-day=0",
            "--all-recordings-at-once=0",
        ]);
        for number in 0..20_000 {
            assert_eq!(memory.take(&person("ann"), id(number)), Ok(()));
        }
    }
}
