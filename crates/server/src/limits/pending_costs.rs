//! Costs of sessions that ended while the request for their token was pending.

use std::collections::{HashMap, VecDeque};

use governor::clock::Reference;

use super::{claim::LeaseTimes, recording_id::RecordingId, source::Source};

/// The costs of sessions that were renewed or ended while the request for their token may still
/// have been pending.
///
/// If the request then fails, the cost is refunded. A cost is kept for the time in which a session
/// can begin: after that, every request for a token has succeeded or failed.
pub(super) struct PendingCosts<I> {
    times: LeaseTimes,
    costs: HashMap<RecordingId, Cost>,
    /// When each was added, oldest first.
    since: VecDeque<(I, RecordingId)>,
}

/// The cost of a session, and the source that it is counted for.
#[derive(Debug, PartialEq)]
pub(super) struct Cost {
    pub(super) source: Source,
    pub(super) seconds: u32,
}

impl<I: Reference> PendingCosts<I> {
    pub(super) fn new(times: LeaseTimes) -> Self {
        Self {
            times,
            costs: HashMap::new(),
            since: VecDeque::new(),
        }
    }

    pub(super) fn add(&mut self, now: I, session: RecordingId, cost: Cost) {
        self.remove_expired(now);
        if self.since.len() >= MAX_COSTS {
            self.remove_oldest();
        }
        self.costs.insert(session, cost);
        self.since.push_back((now, session));
    }

    /// Removes and returns the cost of a session.
    pub(super) fn remove(&mut self, now: I, session: RecordingId) -> Option<Cost> {
        self.remove_expired(now);
        self.costs.remove(&session)
    }

    fn remove_expired(&mut self, now: I) {
        while let Some((since, _)) = self.since.front()
            && *since + self.times.unconfirmed.into() <= now
        {
            self.remove_oldest();
        }
    }

    fn remove_oldest(&mut self) {
        if let Some((_, session)) = self.since.pop_front() {
            self.costs.remove(&session);
        }
    }
}

/// About 2 MB, and more than the concurrent requests of many large teams.
const MAX_COSTS: usize = 10_000;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use governor::nanos::Nanos;

    use super::*;

    #[test]
    fn a_cost_is_removed_once_and_expires() {
        let times = LeaseTimes {
            unconfirmed: Duration::from_secs(50),
            session: Duration::from_secs(3600),
        };
        let at = |seconds| Nanos::from(Duration::from_secs(seconds));
        let cost = || Cost {
            source: Source::person("ann"),
            seconds: 7,
        };
        let mut pending = PendingCosts::new(times);
        for number in 0..20_000 {
            pending.add(at(0), RecordingId::numbered(number), cost());
        }
        assert_eq!(
            (pending.costs.len(), pending.since.len()),
            (MAX_COSTS, MAX_COSTS)
        );
        let [first, last] = [0, 19_999].map(RecordingId::numbered);
        assert_eq!(pending.remove(at(49), first), None);
        assert_eq!(pending.remove(at(49), last), Some(cost()));
        assert_eq!(pending.remove(at(49), last), None);
        pending.add(at(49), first, cost());
        assert_eq!(pending.remove(at(50), RecordingId::numbered(19_998)), None);
        assert_eq!((pending.costs.len(), pending.since.len()), (1, 1));
        assert_eq!(pending.remove(at(98), first), Some(cost()));
    }
}
