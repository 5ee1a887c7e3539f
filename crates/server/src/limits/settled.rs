//! What sessions cost that were over before it was known whether they got a token.

use std::collections::{HashMap, VecDeque};

use governor::clock::Reference;

use super::{claim::Lasts, recording_id::RecordingId, source::Source};

/// The costs of sessions that were renewed or ended while their token may still have been asked for.
///
/// If there is no token in the end, that cost is given back. By the time in which a session can begin, every
/// request for a token is decided, so nothing is kept for longer.
pub(super) struct Settled<I> {
    lasts: Lasts,
    costs: HashMap<RecordingId, Cost>,
    /// In the order in which they came.
    since: VecDeque<(I, RecordingId)>,
}

/// What a session costs, and whom.
#[derive(Debug, PartialEq)]
pub(super) struct Cost {
    pub(super) source: Source,
    pub(super) seconds: u32,
}

impl<I: Reference> Settled<I> {
    pub(super) fn new(lasts: Lasts) -> Self {
        Self {
            lasts,
            costs: HashMap::new(),
            since: VecDeque::new(),
        }
    }

    pub(super) fn add(&mut self, now: I, session: RecordingId, cost: Cost) {
        self.forget_the_decided(now);
        if self.since.len() >= MAX_SETTLED {
            self.forget_oldest();
        }
        self.costs.insert(session, cost);
        self.since.push_back((now, session));
    }

    /// Takes out the cost of one.
    pub(super) fn remove(&mut self, now: I, session: RecordingId) -> Option<Cost> {
        self.forget_the_decided(now);
        self.costs.remove(&session)
    }

    fn forget_the_decided(&mut self, now: I) {
        while let Some((since, _)) = self.since.front()
            && *since + self.lasts.unconfirmed.into() <= now
        {
            self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) {
        if let Some((_, session)) = self.since.pop_front() {
            self.costs.remove(&session);
        }
    }
}

/// More than are asked for at once by many large teams, in about 2 MB.
const MAX_SETTLED: usize = 10_000;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use governor::nanos::Nanos;

    use super::*;

    #[test]
    fn a_cost_is_taken_out_once_and_not_kept_for_ever() {
        let lasts = Lasts {
            unconfirmed: Duration::from_secs(50),
            session: Duration::from_secs(3600),
        };
        let at = |seconds| Nanos::from(Duration::from_secs(seconds));
        let cost = || Cost {
            source: Source::person("ann"),
            seconds: 7,
        };
        let mut settled = Settled::new(lasts);
        for number in 0..20_000 {
            settled.add(at(0), RecordingId::numbered(number), cost());
        }
        assert_eq!(
            (settled.costs.len(), settled.since.len()),
            (MAX_SETTLED, MAX_SETTLED)
        );
        let [first, last] = [0, 19_999].map(RecordingId::numbered);
        assert_eq!(settled.remove(at(49), first), None);
        assert_eq!(settled.remove(at(49), last), Some(cost()));
        assert_eq!(settled.remove(at(49), last), None);
        settled.add(at(49), first, cost());
        assert_eq!(settled.remove(at(50), RecordingId::numbered(19_998)), None);
        assert_eq!((settled.costs.len(), settled.since.len()), (1, 1));
        assert_eq!(settled.remove(at(98), first), Some(cost()));
    }
}
