//! Recordings in progress, as far as the server can know.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    time::Duration,
};

use governor::clock::Reference;

use super::{claim::Lasts, recording_id::RecordingId, refused::Which, source::Source};

/// Each token that is handed out opens a lease.
///
/// A lease counts as a recording until the token can open no session any more; once the page has
/// [confirmed](Self::begin) that a session began, until that session must be over. It ends early when the
/// page says so. The lease itself is kept until no session of its token can be on, counted or not, so that
/// a late word of the page is still understood.
///
/// Renewing a lease begins all of this again for one more token, without another recording.
pub(super) struct Leases<I> {
    person_at_once: u32,
    all_at_once: u32,
    lasts: Lasts,
    /// By number, and so in the order in which they end.
    open: BTreeMap<u64, Lease<I>>,
    /// Until when each of those that count does so, and its number.
    held_until: BTreeSet<(I, u64)>,
    numbers: HashMap<RecordingId, u64>,
    /// How many count for each source.
    held: HashMap<Source, u32>,
    all_held: usize,
    next: u64,
}

struct Lease<I> {
    id: RecordingId,
    source: Source,
    /// When its last token was asked for.
    since: I,
    /// Names the request for that token.
    session: RecordingId,
    /// Whether hours are charged for that token.
    is_charged: bool,
    is_confirmed: bool,
    /// Until when it counts as a recording, if it does.
    held_until: Option<I>,
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
    /// Names the request for the token: the lease's own id until the lease is renewed.
    pub(super) id: RecordingId,
    /// From the moment at which the token was asked for.
    pub(super) lasted: Duration,
    pub(super) is_charged: bool,
    /// Whether its lease counts as a recording.
    pub(super) is_held: bool,
}

/// What the server knew of a recording of which the page says that its session began.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Confirmed {
    /// No such lease.
    Unknown,
    /// The lease counts until the session must be over.
    First,
    /// It was confirmed before.
    Again,
}

impl<I: Reference> Leases<I> {
    /// At most so many at once for a person and for all; 0 is no limit.
    pub(super) fn new(person_at_once: u32, all_at_once: u32, lasts: Lasts) -> Self {
        Self {
            person_at_once,
            all_at_once,
            lasts,
            open: BTreeMap::new(),
            held_until: BTreeSet::new(),
            numbers: HashMap::new(),
            held: HashMap::new(),
            all_held: 0,
            next: 0,
        }
    }

    /// Which limit would be exceeded by one more.
    pub(super) fn exceeded(&mut self, now: I, source: &Source) -> Option<Which> {
        self.forget_the_ended(now);
        let held = self.held.get(source).copied().unwrap_or_default();
        if self.person_at_once > 0 && held >= self.person_at_once {
            return Some(Which::PersonRecordings);
        }
        let all = usize::try_from(self.all_at_once).unwrap_or(usize::MAX);
        (all > 0 && self.all_held >= all).then_some(Which::AllRecordings)
    }

    /// Opens one.
    pub(super) fn open(&mut self, now: I, source: Source, id: RecordingId) {
        if self.open.len() >= MAX_LEASES {
            self.end_oldest();
        }
        let lease = Lease {
            id,
            source,
            since: now,
            session: id,
            is_charged: true,
            is_confirmed: false,
            held_until: None,
        };
        self.add(now, lease);
    }

    /// The last session of a lease, if `source` holds that lease.
    pub(super) fn session(&mut self, now: I, id: RecordingId, source: &Source) -> Option<Session> {
        self.forget_the_ended(now);
        let lease = self.open.get(self.numbers.get(&id)?)?;
        (lease.source == *source).then(|| lease.session(now))
    }

    /// Renews one for another session, if it is open. The time for which it counted already is not
    /// shortened: the session before may be on.
    pub(super) fn renew(&mut self, now: I, id: RecordingId, session: RecordingId) {
        let number = self.numbers.get(&id);
        let Some((number, mut lease)) = number.and_then(|it| self.open.remove_entry(it)) else {
            return;
        };
        // Renumbered, since it ends after all others now.
        if let Some(until) = lease.held_until {
            self.held_until.remove(&(until, number));
            self.held_until.insert((until, self.next));
        }
        lease.since = now;
        lease.session = session;
        lease.is_charged = true;
        lease.is_confirmed = false;
        self.add(now, lease);
    }

    /// There is no token for this session of a lease. Returns whose it is, or `None` if it is not the last
    /// session of this lease. The lease stays open, so that it can be renewed again.
    pub(super) fn forget_session(
        &mut self,
        now: I,
        id: RecordingId,
        session: RecordingId,
    ) -> Option<Source> {
        self.forget_the_ended(now);
        let lease = self.open.get_mut(self.numbers.get(&id)?)?;
        let is_charged = lease.session == session && lease.is_charged;
        is_charged.then(|| {
            lease.is_charged = false;
            lease.source.clone()
        })
    }

    /// A session of this lease began. Counts it again where its time to begin was over, even above a
    /// limit: the session is on.
    pub(super) fn begin(&mut self, now: I, id: RecordingId) -> Confirmed {
        self.forget_the_ended(now);
        let number = self.numbers.get(&id);
        let Some((number, mut lease)) = number.and_then(|it| self.open.remove_entry(it)) else {
            return Confirmed::Unknown;
        };
        let confirmed = match std::mem::replace(&mut lease.is_confirmed, true) {
            true => Confirmed::Again,
            false => Confirmed::First,
        };
        let until = lease.since + self.lasts.confirmed().into();
        self.hold(number, &mut lease, until);
        self.open.insert(number, lease);
        confirmed
    }

    /// Ends one, if it is open.
    pub(super) fn end(&mut self, now: I, id: RecordingId) -> Option<Ended> {
        self.forget_the_ended(now);
        let number = self.numbers.remove(&id)?;
        let mut lease = self.open.remove(&number)?;
        let session = lease.session(now);
        self.release(number, &mut lease);
        Some(Ended {
            source: lease.source,
            session,
        })
    }

    /// Numbers one that is new or renewed, and counts it until its token can open no session any more.
    fn add(&mut self, now: I, mut lease: Lease<I>) {
        let number = self.next;
        self.next += 1;
        self.numbers.insert(lease.id, number);
        self.hold(number, &mut lease, now + self.lasts.unconfirmed.into());
        self.open.insert(number, lease);
    }

    fn forget_the_ended(&mut self, now: I) {
        while let Some(oldest) = self.open.first_entry() {
            let age: Duration = now.duration_since(oldest.get().since).into();
            if age < self.lasts.confirmed() {
                break;
            }
            self.end_oldest();
        }
        while let Some((until, number)) = self.held_until.first().copied()
            && until <= now
        {
            match self.open.remove(&number) {
                Some(mut lease) => {
                    self.release(number, &mut lease);
                    self.open.insert(number, lease);
                }
                None => {
                    self.held_until.pop_first();
                }
            }
        }
    }

    fn end_oldest(&mut self) {
        if let Some((number, mut lease)) = self.open.pop_first() {
            self.numbers.remove(&lease.id);
            self.release(number, &mut lease);
        }
    }

    /// Counts it until then at the least.
    fn hold(&mut self, number: u64, lease: &mut Lease<I>, until: I) {
        match lease.held_until {
            Some(held_until) if held_until >= until => return,
            Some(held_until) => {
                self.held_until.remove(&(held_until, number));
            }
            None => {
                *self.held.entry(lease.source.clone()).or_default() += 1;
                self.all_held += 1;
            }
        }
        lease.held_until = Some(until);
        self.held_until.insert((until, number));
    }

    fn release(&mut self, number: u64, lease: &mut Lease<I>) {
        let Some(until) = lease.held_until.take() else {
            return;
        };
        self.held_until.remove(&(until, number));
        self.all_held -= 1;
        if let Some(held) = self.held.get_mut(&lease.source) {
            *held -= 1;
            if *held == 0 {
                self.held.remove(&lease.source);
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
            is_held: self.held_until.is_some(),
        }
    }
}

/// Where there is no limit for all, still not more than this: about 20 MB.
const MAX_LEASES: usize = 100_000;

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use governor::nanos::Nanos;

    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    const LASTS: Lasts = Lasts {
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

    /// Opens one if that is allowed.
    fn open(
        leases: &mut Leases<Nanos>,
        minute: u32,
        source: &Source,
        number: u32,
    ) -> Option<Which> {
        let exceeded = leases.exceeded(at(minute), source);
        if exceeded.is_none() {
            leases.open(at(minute), source.clone(), id(number));
        }
        exceeded
    }

    #[test]
    fn one_ends_when_it_is_given_back_or_by_itself() {
        let mut leases = Leases::new(2, 3, LASTS);
        let (ann, bob) = (person("ann"), person("bob"));
        for (number, source, exceeded) in [
            (0, &ann, None),
            (1, &ann, None),
            (2, &ann, Some(Which::PersonRecordings)),
            (3, &bob, None),
            (4, &bob, Some(Which::AllRecordings)),
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
            Some(Which::PersonRecordings)
        );
        // The first one's three hours and its minute to begin are over.
        assert_eq!(
            open(&mut leases, 180, &ann, 7),
            Some(Which::PersonRecordings)
        );
        assert_eq!(open(&mut leases, 181, &ann, 7), None);
        assert_eq!(leases.end(at(181), id(0)), None);
    }

    #[test]
    fn one_that_nobody_confirms_counts_as_long_as_its_token() {
        let mut leases = Leases::new(1, 0, LASTS);
        let ann = person("ann");
        assert_eq!(open(&mut leases, 0, &ann, 0), None);
        assert_eq!(open(&mut leases, 0, &ann, 1), Some(Which::PersonRecordings));
        assert_eq!(open(&mut leases, 1, &ann, 1), None);
        assert_eq!(leases.begin(at(1), id(1)), Confirmed::First);
        assert_eq!(leases.begin(at(1), id(1)), Confirmed::Again);
        assert_eq!(leases.begin(at(1), id(99)), Confirmed::Unknown);
        assert_eq!(open(&mut leases, 2, &ann, 2), Some(Which::PersonRecordings));

        // A late word counts it again, beside the other one.
        assert_eq!(leases.begin(at(3), id(0)), Confirmed::First);
        assert!(leases.end(at(3), id(1)).is_some());
        assert_eq!(open(&mut leases, 3, &ann, 2), Some(Which::PersonRecordings));
        assert!(leases.end(at(3), id(0)).is_some());
        assert_eq!(open(&mut leases, 3, &ann, 2), None);
    }

    #[test]
    fn none_is_no_limit_and_memory_is_bounded_all_the_same() {
        let mut leases = Leases::new(0, 0, LASTS);
        for number in 0..150_000 {
            let address = Source::Address(IpAddr::V4(Ipv4Addr::from(number)));
            assert_eq!(open(&mut leases, 0, &address, number), None);
        }
        assert_eq!(leases.open.len(), MAX_LEASES);
        assert_eq!(leases.numbers.len(), MAX_LEASES);
        assert_eq!(leases.held.len(), MAX_LEASES);
        assert_eq!(open(&mut leases, 500, &person("ann"), 0), None);
        assert_eq!(
            (leases.open.len(), leases.numbers.len(), leases.held.len()),
            (1, 1, 1)
        );
        assert_eq!((leases.held_until.len(), leases.all_held), (1, 1));
    }
}
