//! Who is served next, where more people sign in than passphrases can be checked at once.

use std::{net::IpAddr, time::Duration};

use super::{
    attempts::{PERIOD, WideNetwork},
    recent::Recent,
};

/// A bounded queue that serves networks with few attempts first.
///
/// Attempts are ordered by how many came from their network of late, those that were right left out. So a
/// person from a network of its own is served before an attacker's second attempt, however many wait.
/// Of equals the newest is served first: whoever waits longest has most likely gone. When the queue is
/// full, the one that would be served last gives way.
pub(super) struct Queue<T> {
    waiting: Vec<Waiting<T>>,
    arrived: Recent<WideNetwork>,
    last_number: u64,
}

struct Waiting<T> {
    number: u64,
    /// How many had come from its network before.
    rank: u32,
    item: T,
}

impl<T> Queue<T> {
    pub(super) fn new() -> Self {
        Self {
            waiting: Vec::with_capacity(CAPACITY),
            arrived: Recent::new(MAX_RANK, PERIOD),
            last_number: 0,
        }
    }

    /// Adds an attempt: its number, and the item that gives way, which may be this one.
    pub(super) fn push(&mut self, from: IpAddr, now: Duration, item: T) -> (u64, Option<T>) {
        let network = WideNetwork::of(from);
        self.last_number += 1;
        let number = self.last_number;
        let rank = self.arrived.count(&network, now);
        self.arrived.add(network, now);
        self.waiting.push(Waiting { number, rank, item });
        let displaced = match self.waiting.len() > CAPACITY {
            true => self.take(|waiting| (waiting.rank, u64::MAX - waiting.number)),
            false => None,
        };
        (number, displaced)
    }

    /// Takes the attempt that is served next.
    pub(super) fn pop(&mut self) -> Option<T> {
        self.take(|waiting| (u32::MAX - waiting.rank, waiting.number))
    }

    /// Takes out an attempt whose client has gone, if it is still waiting.
    pub(super) fn remove(&mut self, number: u64) {
        self.waiting.retain(|waiting| waiting.number != number);
    }

    /// An attempt from there was right.
    pub(super) fn was_right(&mut self, from: IpAddr) {
        self.arrived.give_back(&WideNetwork::of(from));
    }

    fn take(&mut self, greatest: impl Fn(&Waiting<T>) -> (u32, u64)) -> Option<T> {
        let waiting = self.waiting.iter().enumerate();
        let (at, _) = waiting.max_by_key(|(_, waiting)| greatest(waiting))?;
        Some(self.waiting.swap_remove(at).item)
    }
}

/// About a second and a half of work for two cores at 50 ms a hash, and at most 256 KiB of passphrases.
pub(super) const CAPACITY: usize = 64;

/// Networks with more attempts than this are alike.
const MAX_RANK: u32 = 30;

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::from_secs(1000);

    fn from(network: usize) -> IpAddr {
        IpAddr::from([10, 0, u8::try_from(network).expect("is small"), 1])
    }

    #[test]
    fn a_person_is_served_before_a_thousand_attempts_from_a_hundred_networks() {
        // However far the attack has come when the person arrives, and while it goes on.
        for before in [1, 50, 100, 101, 500, 999] {
            let mut queue = Queue::new();
            for attempt in 0..1000 {
                queue.push(from(attempt % 100), NOW, "attacker");
                if attempt + 1 == before {
                    let (_, displaced) = queue.push(from(200), NOW, "person");
                    assert_ne!(displaced, Some("person"));
                    assert_eq!(queue.pop(), Some("person"), "after {before} attempts");
                }
            }
            let mut served = 0;
            while queue.pop().is_some() {
                served += 1;
            }
            assert_eq!(served, CAPACITY);
        }
    }

    #[test]
    fn a_person_who_mistyped_is_still_served_before_an_attack() {
        let mut queue = Queue::new();
        for _ in 0..3 {
            for attempt in 0..1000 {
                queue.push(from(attempt % 100), NOW, "attacker");
            }
            queue.push(from(200), NOW, "person");
            assert_eq!(queue.pop(), Some("person"));
            // Nobody types twice before what waited is checked.
            while queue.pop().is_some() {}
        }
    }

    #[test]
    fn an_office_that_signs_in_at_once_is_served_in_order() {
        let mut queue = Queue::new();
        for person in 0..30 {
            assert_eq!(queue.push(from(1), NOW, person).1, None);
        }
        for person in 0..30 {
            assert_eq!(queue.pop(), Some(person));
            queue.was_right(from(1));
        }
        assert_eq!(queue.arrived.count(&WideNetwork::of(from(1)), NOW), 0);
    }

    #[test]
    fn whoever_has_gone_waits_no_more() {
        let mut queue = Queue::new();
        let (first, _) = queue.push(from(1), NOW, 1);
        queue.push(from(2), NOW, 2);
        queue.remove(first);
        assert_eq!((queue.pop(), queue.pop()), (Some(2), None));
        queue.remove(first);
    }
}
