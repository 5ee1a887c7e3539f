//! The order of passphrases that wait to be checked.

use std::{net::IpAddr, time::Duration};

use super::{
    attempts::{PERIOD, WideNetwork},
    decaying_counter::DecayingCounter,
};

/// A bounded priority queue that serves networks with few attempts first.
///
/// The rank of an attempt is the number of recent attempts from its network, without those that
/// were right. So a person from another network is served before an attacker's second attempt,
/// however many attempts wait. Of equal ranks, the newest is served first: the client that has
/// waited longest has most likely disconnected. If the queue is full, the attempt that would be
/// served last is dropped.
pub(super) struct Queue<T> {
    waiting: Vec<Waiting<T>>,
    arrived: DecayingCounter<WideNetwork>,
    last_number: u64,
}

struct Waiting<T> {
    number: u64,
    /// Number of earlier attempts from its network.
    rank: u32,
    item: T,
}

impl<T> Queue<T> {
    pub(super) fn new() -> Self {
        Self {
            waiting: Vec::with_capacity(CAPACITY),
            arrived: DecayingCounter::new(MAX_RANK, PERIOD),
            last_number: 0,
        }
    }

    /// Adds an attempt. Returns its number, and the item that is dropped if the queue is full,
    /// which may be this one.
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

    /// Removes and returns the attempt to serve next.
    pub(super) fn pop(&mut self) -> Option<T> {
        self.take(|waiting| (u32::MAX - waiting.rank, waiting.number))
    }

    /// Removes an attempt whose client has disconnected, if it is still in the queue.
    pub(super) fn remove(&mut self, number: u64) {
        self.waiting.retain(|waiting| waiting.number != number);
    }

    /// Records that an attempt from this address was right, which lowers the rank of further ones.
    pub(super) fn on_right(&mut self, from: IpAddr) {
        self.arrived.refund(&WideNetwork::of(from));
    }

    fn take(&mut self, greatest: impl Fn(&Waiting<T>) -> (u32, u64)) -> Option<T> {
        let waiting = self.waiting.iter().enumerate();
        let (at, _) = waiting.max_by_key(|(_, waiting)| greatest(waiting))?;
        Some(self.waiting.swap_remove(at).item)
    }
}

/// About 1.5 s of work for two cores at 50 ms a hash, and at most 256 KiB of passphrases.
pub(super) const CAPACITY: usize = 64;

/// All networks with more attempts than this have the same rank.
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
        // At several points of the attack, which continues.
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
            // The queue empties while the person types the passphrase again.
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
            queue.on_right(from(1));
        }
        assert_eq!(queue.arrived.count(&WideNetwork::of(from(1)), NOW), 0);
    }

    #[test]
    fn an_attempt_can_be_removed() {
        let mut queue = Queue::new();
        let (first, _) = queue.push(from(1), NOW, 1);
        queue.push(from(2), NOW, 2);
        queue.remove(first);
        assert_eq!((queue.pop(), queue.pop()), (Some(2), None));
        queue.remove(first);
    }
}
