//! Leases: the recordings in progress, as far as the server can know.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    time::Duration,
};

use governor::clock::Reference;

use super::{claim::LeaseTimes, recording_id::RecordingId, refused::LimitKind, source::Source};

/// The open leases. Each token that is handed out opens one.
///
/// A lease counts as a recording until its token can open no session any more. Once the page has
/// [confirmed](Self::begin) that a session began, it counts until that session must be over. It
/// ends early when the page reports the end. The lease itself, counted or not, is kept until no
/// session of its token can be open, so that a late report of the page still finds it.
///
/// Renewing a lease restarts these times for one more token, without another recording.
pub(super) struct Leases<I> {
    max_per_person: u32,
    max_total: u32,
    times: LeaseTimes,
    /// By number, which is also the order in which they expire.
    open: BTreeMap<u64, Lease<I>>,
    /// Until when each counted lease counts, and its number.
    counted_until: BTreeSet<(I, u64)>,
    numbers: HashMap<RecordingId, u64>,
    /// Number of counted leases of each source.
    count_by_source: HashMap<Source, u32>,
    /// Number of all counted leases.
    counted: usize,
    next: u64,
}

struct Lease<I> {
    id: RecordingId,
    source: Source,
    /// When its last token was requested.
    since: I,
    /// Id of the request for that token.
    session: RecordingId,
    /// Whether hours are charged for that token.
    is_charged: bool,
    is_confirmed: bool,
    /// Until when it counts as a recording; `None` if it no longer counts.
    counted_until: Option<I>,
}

/// A lease that ended early.
#[derive(Debug, PartialEq)]
pub(super) struct Ended {
    pub(super) source: Source,
    pub(super) session: Session,
}

/// The session of a lease's last token.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Session {
    /// Id of the request for the token: the lease's own id until the lease is renewed.
    pub(super) id: RecordingId,
    /// Time since the token was requested.
    pub(super) lasted: Duration,
    pub(super) is_charged: bool,
    /// Whether its lease counts as a recording.
    pub(super) is_counted: bool,
}

/// Result of confirming that a recording's session began.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Confirmed {
    /// There is no such lease.
    Unknown,
    /// The first confirmation: the lease now counts until the session must be over.
    First,
    /// The session was confirmed before.
    Again,
}

impl<I: Reference> Leases<I> {
    /// Creates leases with maxima for each person and for all; 0 means no limit.
    pub(super) fn new(max_per_person: u32, max_total: u32, times: LeaseTimes) -> Self {
        Self {
            max_per_person,
            max_total,
            times,
            open: BTreeMap::new(),
            counted_until: BTreeSet::new(),
            numbers: HashMap::new(),
            count_by_source: HashMap::new(),
            counted: 0,
            next: 0,
        }
    }

    /// Returns the limit that one more recording would exceed.
    pub(super) fn exceeded(&mut self, now: I, source: &Source) -> Option<LimitKind> {
        self.remove_expired(now);
        let count = self
            .count_by_source
            .get(source)
            .copied()
            .unwrap_or_default();
        if self.max_per_person > 0 && count >= self.max_per_person {
            return Some(LimitKind::PersonRecordings);
        }
        let all = usize::try_from(self.max_total).unwrap_or(usize::MAX);
        (all > 0 && self.counted >= all).then_some(LimitKind::AllRecordings)
    }

    /// Opens a lease.
    pub(super) fn open(&mut self, now: I, source: Source, id: RecordingId) {
        if self.open.len() >= MAX_LEASES {
            self.remove_oldest();
        }
        let lease = Lease {
            id,
            source,
            since: now,
            session: id,
            is_charged: true,
            is_confirmed: false,
            counted_until: None,
        };
        self.add(now, lease);
    }

    /// Returns the last session of a lease, if `source` holds that lease.
    pub(super) fn session(&mut self, now: I, id: RecordingId, source: &Source) -> Option<Session> {
        self.remove_expired(now);
        let lease = self.open.get(self.numbers.get(&id)?)?;
        (lease.source == *source).then(|| lease.session(now))
    }

    /// Renews a lease for another session, if it is open. Never shortens the time for which it
    /// counts, because the previous session may still be open.
    pub(super) fn renew(&mut self, now: I, id: RecordingId, session: RecordingId) {
        let number = self.numbers.get(&id);
        let Some((number, mut lease)) = number.and_then(|it| self.open.remove_entry(it)) else {
            return;
        };
        // Renumbered, because it now expires last.
        if let Some(until) = lease.counted_until {
            self.counted_until.remove(&(until, number));
            self.counted_until.insert((until, self.next));
        }
        lease.since = now;
        lease.session = session;
        lease.is_charged = true;
        lease.is_confirmed = false;
        self.add(now, lease);
    }

    /// Marks the last session of a lease as not charged, because there is no token for it. The
    /// lease stays open, so that it can be renewed again.
    ///
    /// Returns the source to refund, or `None` if `session` is not the last session of this lease.
    pub(super) fn forget_session(
        &mut self,
        now: I,
        id: RecordingId,
        session: RecordingId,
    ) -> Option<Source> {
        self.remove_expired(now);
        let lease = self.open.get_mut(self.numbers.get(&id)?)?;
        let is_charged = lease.session == session && lease.is_charged;
        is_charged.then(|| {
            lease.is_charged = false;
            lease.source.clone()
        })
    }

    /// Confirms that a session of this lease began. Counts the lease again if it no longer counted,
    /// even above a limit, because the session is open.
    pub(super) fn begin(&mut self, now: I, id: RecordingId) -> Confirmed {
        self.remove_expired(now);
        let number = self.numbers.get(&id);
        let Some((number, mut lease)) = number.and_then(|it| self.open.remove_entry(it)) else {
            return Confirmed::Unknown;
        };
        let confirmed = match std::mem::replace(&mut lease.is_confirmed, true) {
            true => Confirmed::Again,
            false => Confirmed::First,
        };
        let until = lease.since + self.times.confirmed().into();
        self.count_until(number, &mut lease, until);
        self.open.insert(number, lease);
        confirmed
    }

    /// Ends a lease, if it is open.
    pub(super) fn end(&mut self, now: I, id: RecordingId) -> Option<Ended> {
        self.remove_expired(now);
        let number = self.numbers.remove(&id)?;
        let mut lease = self.open.remove(&number)?;
        let session = lease.session(now);
        self.stop_counting(number, &mut lease);
        Some(Ended {
            source: lease.source,
            session,
        })
    }

    /// Numbers a new or renewed lease, and counts it until its token can open no session any more.
    fn add(&mut self, now: I, mut lease: Lease<I>) {
        let number = self.next;
        self.next += 1;
        self.numbers.insert(lease.id, number);
        self.count_until(number, &mut lease, now + self.times.unconfirmed.into());
        self.open.insert(number, lease);
    }

    fn remove_expired(&mut self, now: I) {
        while let Some(oldest) = self.open.first_entry() {
            let age: Duration = now.duration_since(oldest.get().since).into();
            if age < self.times.confirmed() {
                break;
            }
            self.remove_oldest();
        }
        while let Some((until, number)) = self.counted_until.first().copied()
            && until <= now
        {
            match self.open.remove(&number) {
                Some(mut lease) => {
                    self.stop_counting(number, &mut lease);
                    self.open.insert(number, lease);
                }
                None => {
                    self.counted_until.pop_first();
                }
            }
        }
    }

    fn remove_oldest(&mut self) {
        if let Some((number, mut lease)) = self.open.pop_first() {
            self.numbers.remove(&lease.id);
            self.stop_counting(number, &mut lease);
        }
    }

    /// Counts the lease at least until `until`.
    fn count_until(&mut self, number: u64, lease: &mut Lease<I>, until: I) {
        match lease.counted_until {
            Some(counted_until) if counted_until >= until => return,
            Some(counted_until) => {
                self.counted_until.remove(&(counted_until, number));
            }
            None => {
                *self
                    .count_by_source
                    .entry(lease.source.clone())
                    .or_default() += 1;
                self.counted += 1;
            }
        }
        lease.counted_until = Some(until);
        self.counted_until.insert((until, number));
    }

    fn stop_counting(&mut self, number: u64, lease: &mut Lease<I>) {
        let Some(until) = lease.counted_until.take() else {
            return;
        };
        self.counted_until.remove(&(until, number));
        self.counted -= 1;
        if let Some(count) = self.count_by_source.get_mut(&lease.source) {
            *count -= 1;
            if *count == 0 {
                self.count_by_source.remove(&lease.source);
            }
        }
    }
}

impl<I: Reference> Lease<I> {
    fn session(&self, now: I) -> Session {
        Session {
            id: self.session,
            lasted: now.duration_since(self.since).into(),
            is_charged: self.is_charged,
            is_counted: self.counted_until.is_some(),
        }
    }
}

/// About 20 MB. Applies even if there is no limit for all.
const MAX_LEASES: usize = 100_000;

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use governor::nanos::Nanos;

    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    const TIMES: LeaseTimes = LeaseTimes {
        unconfirmed: MINUTE,
        session: Duration::from_secs(3 * 3600),
    };

    fn person(name: &str) -> Source {
        Source::person(name)
    }

    fn id(number: u32) -> RecordingId {
        RecordingId::numbered(number.into())
    }

    fn at(minute: u32) -> Nanos {
        Nanos::from(MINUTE * minute)
    }

    /// Opens a lease, or returns the limit that is reached.
    fn open(
        leases: &mut Leases<Nanos>,
        minute: u32,
        source: &Source,
        number: u32,
    ) -> Option<LimitKind> {
        let exceeded = leases.exceeded(at(minute), source);
        if exceeded.is_none() {
            leases.open(at(minute), source.clone(), id(number));
        }
        exceeded
    }

    #[test]
    fn a_lease_ends_when_it_is_ended_or_expires() {
        let mut leases = Leases::new(2, 3, TIMES);
        let (ann, bob) = (person("ann"), person("bob"));
        for (number, source, exceeded) in [
            (0, &ann, None),
            (1, &ann, None),
            (2, &ann, Some(LimitKind::PersonRecordings)),
            (3, &bob, None),
            (4, &bob, Some(LimitKind::AllRecordings)),
        ] {
            assert_eq!(open(&mut leases, 0, source, number), exceeded, "{number}");
            leases.begin(at(0), id(number));
        }
        let ended = leases.end(at(1), id(1)).expect("is open");
        assert_eq!((ended.source, ended.session.lasted), (ann.clone(), MINUTE));
        assert_eq!(leases.end(at(1), id(1)), None);
        assert_eq!(leases.end(at(1), id(99)), None);
        assert_eq!(open(&mut leases, 60, &ann, 5), None);
        leases.begin(at(60), id(5));
        assert_eq!(
            open(&mut leases, 60, &ann, 6),
            Some(LimitKind::PersonRecordings)
        );
        // The first one expires after three hours and one minute.
        assert_eq!(
            open(&mut leases, 180, &ann, 7),
            Some(LimitKind::PersonRecordings)
        );
        assert_eq!(open(&mut leases, 181, &ann, 7), None);
        assert_eq!(leases.end(at(181), id(0)), None);
    }

    #[test]
    fn an_unconfirmed_lease_counts_as_long_as_its_token() {
        let mut leases = Leases::new(1, 0, TIMES);
        let ann = person("ann");
        assert_eq!(open(&mut leases, 0, &ann, 0), None);
        assert_eq!(
            open(&mut leases, 0, &ann, 1),
            Some(LimitKind::PersonRecordings)
        );
        assert_eq!(open(&mut leases, 1, &ann, 1), None);
        assert_eq!(leases.begin(at(1), id(1)), Confirmed::First);
        assert_eq!(leases.begin(at(1), id(1)), Confirmed::Again);
        assert_eq!(leases.begin(at(1), id(99)), Confirmed::Unknown);
        assert_eq!(
            open(&mut leases, 2, &ann, 2),
            Some(LimitKind::PersonRecordings)
        );

        // A late confirmation counts it again, in addition to the other one.
        assert_eq!(leases.begin(at(3), id(0)), Confirmed::First);
        assert!(leases.end(at(3), id(1)).is_some());
        assert_eq!(
            open(&mut leases, 3, &ann, 2),
            Some(LimitKind::PersonRecordings)
        );
        assert!(leases.end(at(3), id(0)).is_some());
        assert_eq!(open(&mut leases, 3, &ann, 2), None);
    }

    #[test]
    fn zero_means_no_limit_and_memory_is_still_bounded() {
        let mut leases = Leases::new(0, 0, TIMES);
        for number in 0..150_000 {
            let address = Source::Address(IpAddr::V4(Ipv4Addr::from(number)));
            assert_eq!(open(&mut leases, 0, &address, number), None);
        }
        assert_eq!(leases.open.len(), MAX_LEASES);
        assert_eq!(leases.numbers.len(), MAX_LEASES);
        assert_eq!(leases.count_by_source.len(), MAX_LEASES);
        assert_eq!(open(&mut leases, 500, &person("ann"), 0), None);
        assert_eq!(
            (
                leases.open.len(),
                leases.numbers.len(),
                leases.count_by_source.len()
            ),
            (1, 1, 1)
        );
        assert_eq!((leases.counted_until.len(), leases.counted), (1, 1));
    }
}
