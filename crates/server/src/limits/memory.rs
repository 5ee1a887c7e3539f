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
    claim::{Charge, Claim, DAY, EndReason, LeaseTimes, MINUTE, RECORDING_WAIT},
    keyed::KeyedLimiter,
    leases::{Confirmed, Leases, Session},
    pending_costs::{Cost, PendingCosts},
    recording_id::RecordingId,
    refused::{LimitHit, LimitKind},
    source::Source,
};
use crate::config::LimitsConfig;

/// Counters in this process; a restart resets them.
pub(super) struct MemoryLimits<C: Clock = DefaultClock> {
    /// One lock for all counters, because a refused request is counted and refunded again, and
    /// concurrent requests must not see that.
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
    pending_costs: PendingCosts<C::Instant>,
}

impl<C: Clock + Clone> MemoryLimits<C> {
    /// Creates the limits; `times` are the lifetimes of leases.
    pub(super) fn new(config: &LimitsConfig, charge: Charge, times: LeaseTimes, clock: C) -> Self {
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
                    times,
                ),
                pending_costs: PendingCosts::new(times),
            }),
            clock,
        }
    }

    /// Counts one token of `source`, and one recording unless the claim renews one of `source`.
    /// Returns the id of the recording.
    ///
    /// # Errors
    ///
    /// Returns the limit with the longest wait if any limit is reached. Then nothing is counted.
    pub(super) fn count(&self, source: &Source, claim: Claim) -> Result<RecordingId, LimitHit> {
        let mut counted = self.lock();
        let now = self.clock.now();
        let renewed = claim
            .renews
            .and_then(|id| Some((id, counted.leases.session(now, id, source)?)));
        let exceeded = match renewed {
            Some((_, before)) if before.is_counted => None,
            _ => counted.leases.exceeded(now, source),
        };
        // A renewal costs the same hours as ending the previous session and opening another one.
        let hours_before = counted.hours(source);
        let pending_cost = renewed.map(|(_, before)| counted.refund_unused(source, before));
        let (one, cap) = (NonZeroU32::MIN, counted.charge.cap_seconds);
        let outcomes = [
            (
                LimitKind::PersonMinute,
                counted.person_minute.check(source, one),
            ),
            (LimitKind::PersonDay, counted.person_day.check(source, one)),
            (LimitKind::AllMinute, counted.all_minute.check(&(), one)),
            (LimitKind::AllDay, counted.all_day.check(&(), one)),
            (
                LimitKind::PersonHours,
                counted.person_hours.check(source, cap),
            ),
            (LimitKind::AllHours, counted.all_hours.check(&(), cap)),
        ];
        let hits = outcomes.iter().filter_map(|(kind, outcome)| {
            let (kind, wait) = (*kind, outcome.err()?);
            Some(LimitHit { kind, wait })
        });
        let recordings = exceeded.map(|kind| LimitHit {
            kind,
            wait: RECORDING_WAIT,
        });
        // The longest wait: a retry before that would be refused again.
        if let Some(hit) = hits.chain(recordings).max_by_key(|hit| hit.wait) {
            for (kind, outcome) in outcomes {
                if outcome.is_ok() {
                    counted.refund(kind, source, cap.get());
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
        counted.remember(now, id, before, pending_cost);
        Ok(id)
    }

    /// Confirms that a recording's session began, if there is such a recording.
    pub(super) fn begin(&self, id: RecordingId) -> Confirmed {
        self.lock().leases.begin(self.clock.now(), id)
    }

    /// Ends a recording, if it exists.
    pub(super) fn end(&self, id: RecordingId, reason: EndReason) {
        let mut counted = self.lock();
        let now = self.clock.now();
        let Some(ended) = counted.leases.end(now, id) else {
            return;
        };
        if reason == EndReason::Ended {
            let cost = counted.refund_unused(&ended.source, ended.session);
            counted.remember(now, id, ended.session, Some(cost));
        } else {
            let cap = counted.charge.cap_seconds.get();
            counted.cancel(&ended.source, cap, reason);
        }
    }

    /// Undoes a claim whose token was not handed out: ends the recording that it opened, or refunds
    /// the renewal.
    pub(super) fn cancel(&self, claim: Claim, reason: EndReason) {
        let mut counted = self.lock();
        let now = self.clock.now();
        let Some(renews) = claim.renews else {
            drop(counted);
            return self.end(claim.id, reason);
        };
        let cost = match counted.leases.forget_session(now, renews, claim.id) {
            Some(source) => Some(Cost {
                source,
                seconds: counted.charge.cap_seconds.get(),
            }),
            None => counted.pending_costs.remove(now, claim.id),
        };
        if let Some(cost) = cost {
            counted.cancel(&cost.source, cost.seconds, reason);
        } else {
            // The claim opened a recording, because there was none to renew.
            drop(counted);
            self.end(claim.id, reason);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Counted<C>> {
        self.counted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<C: Clock + Clone> Counted<C> {
    /// Refunds the unused seconds of a session. Returns the remaining cost.
    fn refund_unused(&self, source: &Source, session: Session) -> Cost {
        let mut seconds = 0;
        if session.is_charged {
            let back = self.charge.unused_seconds(session.lasted);
            self.refund(LimitKind::PersonHours, source, back);
            self.refund(LimitKind::AllHours, source, back);
            seconds = self.charge.cap_seconds.get() - back;
        }
        let source = source.clone();
        Cost { source, seconds }
    }

    /// Remembers the cost of a session of `lease`, if its token may still be requested. That can't
    /// be the first session: a client learns the lease's id with the first token.
    fn remember(
        &mut self,
        now: C::Instant,
        lease: RecordingId,
        session: Session,
        cost: Option<Cost>,
    ) {
        if let Some(cost) = cost.filter(|_| session.is_charged && session.id != lease) {
            self.pending_costs.add(now, session.id, cost);
        }
    }

    /// Refunds the seconds of a session without a token; if the service failed, also the token of
    /// the day.
    fn cancel(&self, source: &Source, seconds: u32, reason: EndReason) {
        self.refund(LimitKind::PersonHours, source, seconds);
        self.refund(LimitKind::AllHours, source, seconds);
        if reason == EndReason::Failed {
            self.refund(LimitKind::PersonDay, source, 0);
            self.refund(LimitKind::AllDay, source, 0);
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

    /// Refunds one token, or `seconds` of the hours.
    fn refund(&self, kind: LimitKind, source: &Source, seconds: u32) {
        match kind {
            LimitKind::PersonMinute => self.person_minute.refund(source, 1),
            LimitKind::PersonDay => self.person_day.refund(source, 1),
            LimitKind::AllMinute => self.all_minute.refund(&(), 1),
            LimitKind::AllDay => self.all_day.refund(&(), 1),
            LimitKind::PersonHours => self.person_hours.refund(source, seconds),
            LimitKind::AllHours => self.all_hours.refund(&(), seconds),
            LimitKind::PersonRecordings | LimitKind::AllRecordings => {}
        }
    }
}

/// A limit; `None` means no limit.
struct Limit<K: Clone + Eq + Hash, C: Clock>(Option<KeyedLimiter<K, C>>);

impl<K: Clone + Eq + Hash, C: Clock + Clone> Limit<K, C> {
    fn new(count: u32, period: Duration, clock: &C) -> Self {
        let count = NonZeroU32::new(count);
        Self(count.map(|count| KeyedLimiter::with_clock(count, period, clock.clone())))
    }

    fn check(&self, key: &K, units: NonZeroU32) -> Result<(), Duration> {
        let limiter = self.0.as_ref();
        limiter.map_or(Ok(()), |limiter| limiter.check(key, units))
    }

    fn refund(&self, key: &K, units: u32) {
        if let Some(limiter) = &self.0 {
            limiter.refund(key, units);
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
