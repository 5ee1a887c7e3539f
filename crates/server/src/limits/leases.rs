//! Recordings that go on, as far as the server can know.

use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

use governor::clock::Reference;

use super::{RecordingId, Source, Which};

/// Each token that is handed out opens a lease. It ends when the page gives it back, and by itself once
/// no session can be on any more that was opened with that token.
pub(super) struct Leases<I> {
    person_at_once: u32,
    all_at_once: u32,
    lasts: Duration,
    /// By number, and so in the order in which they end.
    open: BTreeMap<u64, Lease<I>>,
    numbers: HashMap<RecordingId, u64>,
    held: HashMap<Source, u32>,
    next: u64,
}

struct Lease<I> {
    id: RecordingId,
    source: Source,
    since: I,
}

impl<I: Reference> Leases<I> {
    /// At most so many at once for a person and for all; 0 is no limit.
    pub(super) fn new(person_at_once: u32, all_at_once: u32, lasts: Duration) -> Self {
        Self {
            person_at_once,
            all_at_once,
            lasts,
            open: BTreeMap::new(),
            numbers: HashMap::new(),
            held: HashMap::new(),
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
        (all > 0 && self.open.len() >= all).then_some(Which::AllRecordings)
    }

    /// Opens one.
    pub(super) fn open(&mut self, now: I, source: Source, id: RecordingId) {
        if self.open.len() >= MAX_LEASES {
            self.end_oldest();
        }
        *self.held.entry(source.clone()).or_default() += 1;
        self.numbers.insert(id, self.next);
        let since = now;
        self.open.insert(self.next, Lease { id, source, since });
        self.next += 1;
    }

    /// Ends one, if it is open.
    pub(super) fn end(&mut self, id: RecordingId) {
        let lease = self.numbers.remove(&id);
        if let Some(lease) = lease.and_then(|number| self.open.remove(&number)) {
            self.release(&lease.source);
        }
    }

    fn forget_the_ended(&mut self, now: I) {
        while let Some(oldest) = self.open.first_entry() {
            let age: Duration = now.duration_since(oldest.get().since).into();
            if age < self.lasts {
                return;
            }
            self.end_oldest();
        }
    }

    fn end_oldest(&mut self) {
        if let Some((_, lease)) = self.open.pop_first() {
            self.numbers.remove(&lease.id);
            self.release(&lease.source);
        }
    }

    fn release(&mut self, source: &Source) {
        if let Some(held) = self.held.get_mut(source) {
            *held -= 1;
            if *held == 0 {
                self.held.remove(source);
            }
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

    const HOUR: Duration = Duration::from_secs(3600);

    fn person(name: &str) -> Source {
        Source::Person(name.to_owned())
    }

    fn id(number: u32) -> RecordingId {
        RecordingId::numbered(number.into())
    }

    /// Opens one if that is allowed.
    fn open(leases: &mut Leases<Nanos>, hours: u32, source: &Source, number: u32) -> Option<Which> {
        let now = Nanos::from(HOUR * hours);
        let exceeded = leases.exceeded(now, source);
        if exceeded.is_none() {
            leases.open(now, source.clone(), id(number));
        }
        exceeded
    }

    #[test]
    fn one_ends_when_it_is_given_back_or_by_itself() {
        let mut leases = Leases::new(2, 3, HOUR * 3);
        let (ann, bob) = (person("ann"), person("bob"));
        assert_eq!(open(&mut leases, 0, &ann, 0), None);
        assert_eq!(open(&mut leases, 1, &ann, 1), None);
        assert_eq!(open(&mut leases, 1, &ann, 2), Some(Which::PersonRecordings));
        assert_eq!(open(&mut leases, 1, &bob, 3), None);
        assert_eq!(open(&mut leases, 1, &bob, 4), Some(Which::AllRecordings));

        leases.end(id(1));
        leases.end(id(1));
        leases.end(id(99));
        assert_eq!(open(&mut leases, 2, &ann, 5), None);
        assert_eq!(open(&mut leases, 2, &ann, 6), Some(Which::PersonRecordings));
        // The first one's three hours are over, and nobody has to give it back.
        assert_eq!(open(&mut leases, 3, &ann, 7), None);
        assert_eq!(open(&mut leases, 3, &ann, 8), Some(Which::PersonRecordings));
        leases.end(id(0));
        assert_eq!(open(&mut leases, 3, &ann, 9), Some(Which::PersonRecordings));
    }

    #[test]
    fn none_is_no_limit_and_memory_is_bounded_all_the_same() {
        let mut leases = Leases::new(0, 0, HOUR);
        for number in 0..150_000 {
            let address = Source::Address(IpAddr::V4(Ipv4Addr::from(number)));
            assert_eq!(open(&mut leases, 0, &address, number), None);
        }
        assert_eq!(leases.open.len(), MAX_LEASES);
        assert_eq!(leases.numbers.len(), MAX_LEASES);
        assert_eq!(leases.held.len(), MAX_LEASES);
        assert_eq!(open(&mut leases, 1, &person("ann"), 0), None);
        assert_eq!(
            (leases.open.len(), leases.numbers.len(), leases.held.len()),
            (1, 1, 1)
        );
    }
}
