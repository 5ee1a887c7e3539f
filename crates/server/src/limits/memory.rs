//! The limits of one replica, in its own memory.

use std::{
    hash::Hash,
    num::NonZeroU32,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use governor::{
    clock::{Clock, DefaultClock},
    nanos::Nanos,
};

use super::{
    claim::{Charge, Claim, DAY, Lasts, MINUTE, Over, RECORDING_WAIT},
    keyed::KeyedLimiter,
    leases::{Confirmed, Leases, Session},
    recording_id::RecordingId,
    refused::{LimitHit, Which},
    settled::{Cost, Settled},
    source::Source,
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
    settled: Settled<C::Instant>,
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
                settled: Settled::new(lasts),
            }),
            clock,
        }
    }

    /// Counts one token of `source`, and one recording unless the claim renews one of theirs; or nothing at
    /// all. Returns the recording that counts.
    pub(super) fn count(&self, source: &Source, claim: Claim) -> Result<RecordingId, LimitHit> {
        let mut counted = self.lock();
        let now = self.clock.now();
        let renewed = claim
            .renews
            .and_then(|id| Some((id, counted.leases.session(now, id, source)?)));
        let exceeded = match renewed {
            Some((_, before)) if before.is_held => None,
            _ => counted.leases.exceeded(now, source),
        };
        // A renewal costs the hours that ending the session before and opening another would.
        let hours_before = counted.hours(source);
        let settled = renewed.map(|(_, before)| counted.settle(source, before));
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
            counted.restore_hours(source, hours_before);
            return Err(hit);
        }
        let Some((id, before)) = renewed else {
            counted.leases.open(now, source.clone(), claim.id);
            return Ok(claim.id);
        };
        counted.leases.renew(now, id, claim.id);
        counted.remember(now, id, before, settled);
        Ok(id)
    }

    /// A recording's session began, if it is a recording.
    pub(super) fn begin(&self, id: RecordingId) -> Confirmed {
        self.lock().leases.begin(self.clock.now(), id)
    }

    /// Ends a recording, if it is one.
    pub(super) fn end(&self, id: RecordingId, over: Over) {
        let mut counted = self.lock();
        let now = self.clock.now();
        let Some(ended) = counted.leases.end(now, id) else {
            return;
        };
        if over == Over::Ended {
            let cost = counted.settle(&ended.source, ended.session);
            counted.remember(now, id, ended.session, Some(cost));
        } else {
            let cap = counted.charge.cap_seconds.get();
            counted.take_back(&ended.source, cap, over);
        }
    }

    /// Nobody got the token of a claim: ends the recording that it opened, or takes back what it counted for
    /// the recording that it renewed.
    pub(super) fn take_back(&self, claim: Claim, over: Over) {
        let mut counted = self.lock();
        let now = self.clock.now();
        let Some(renews) = claim.renews else {
            drop(counted);
            return self.end(claim.id, over);
        };
        let cost = match counted.leases.forget_session(now, renews, claim.id) {
            Some(source) => Some(Cost {
                source,
                seconds: counted.charge.cap_seconds.get(),
            }),
            None => counted.settled.remove(now, claim.id),
        };
        if let Some(cost) = cost {
            counted.take_back(&cost.source, cost.seconds, over);
        } else {
            // There was nothing to renew.
            drop(counted);
            self.end(claim.id, over);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Counted<C>> {
        self.counted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<C: Clock + Clone> Counted<C> {
    /// Gives back the seconds of a session that did not pass. Returns what it costs then.
    fn settle(&self, source: &Source, session: Session) -> Cost {
        let mut seconds = 0;
        if session.is_charged {
            let back = self.charge.given_back(session.lasted);
            self.give_back(Which::PersonHours, source, back);
            self.give_back(Which::AllHours, source, back);
            seconds = self.charge.cap_seconds.get() - back;
        }
        let source = source.clone();
        Cost { source, seconds }
    }

    /// Remembers the cost of a session of `lease`, if there may be no token for it yet: nobody knows a lease
    /// before they have its first token.
    fn remember(
        &mut self,
        now: C::Instant,
        lease: RecordingId,
        session: Session,
        cost: Option<Cost>,
    ) {
        if let Some(cost) = cost.filter(|_| session.is_charged && session.id != lease) {
            self.settled.add(now, session.id, cost);
        }
    }

    /// Takes back the seconds of a session that nobody got a token for, and the token.
    fn take_back(&self, source: &Source, seconds: u32, over: Over) {
        self.give_back(Which::PersonHours, source, seconds);
        self.give_back(Which::AllHours, source, seconds);
        if over == Over::Failed {
            self.give_back(Which::PersonDay, source, 0);
            self.give_back(Which::AllDay, source, 0);
        }
    }

    fn hours(&self, source: &Source) -> [Option<Nanos>; 2] {
        [
            self.person_hours.counted(source),
            self.all_hours.counted(&()),
        ]
    }

    fn restore_hours(&self, source: &Source, [person, all]: [Option<Nanos>; 2]) {
        self.person_hours.restore(source, person);
        self.all_hours.restore(&(), all);
    }

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

    fn counted(&self, key: &K) -> Option<Nanos> {
        self.0.as_ref()?.counted(key)
    }

    fn restore(&self, key: &K, counted: Option<Nanos>) {
        if let (Some(limiter), Some(counted)) = (&self.0, counted) {
            limiter.restore(key, counted);
        }
    }
}

#[cfg(test)]
mod renewals;

#[cfg(test)]
mod tests;
