//! Checks passphrases: two at once, while the others wait in a bounded queue.

use std::{
    mem,
    net::IpAddr,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    sync::oneshot,
    time::{Instant, timeout},
};

use super::{
    attempts::Attempts,
    hash::{WorkingMemory, verify},
    queue::Queue,
};
use crate::{
    config::AccessConfig,
    metrics::{SignInCounts, SignInOutcome},
};

/// Checks passphrases for all requests.
pub(super) struct Checker {
    state: Mutex<State>,
    started: Instant,
    counts: SignInCounts,
}

struct State {
    queue: Queue<Ticket>,
    attempts: Attempts,
    /// The memory of workers that have ended, for the next ones.
    spare: Vec<WorkingMemory>,
    workers: usize,
}

/// A passphrase that waits to be checked.
struct Ticket {
    from: IpAddr,
    hash: Arc<str>,
    passphrase: String,
    reply: oneshot::Sender<Verdict>,
}

/// Result of checking a passphrase.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Verdict {
    Right,
    Wrong,
    /// Too many recent attempts were wrong.
    TooMany {
        wait: Duration,
    },
    /// Too many passphrases are in the queue.
    Busy,
}

impl Checker {
    pub(super) fn new(config: &AccessConfig, counts: &SignInCounts) -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::new(State {
                queue: Queue::new(),
                attempts: Attempts::new(config),
                spare: Vec::new(),
                workers: 0,
            }),
            started: Instant::now(),
            counts: counts.clone(),
        })
    }

    /// Checks a passphrase against a hash. If the future is dropped while the passphrase is in the
    /// queue, the passphrase is removed. A check that has begun runs to its end on its worker.
    pub(super) async fn check(
        self: &Arc<Self>,
        from: IpAddr,
        hash: Arc<str>,
        passphrase: String,
    ) -> Verdict {
        let (reply, replied) = oneshot::channel();
        let entry = {
            let mut state = self.lock();
            let now = self.started.elapsed();
            if let Some(wait) = state.attempts.wait(from, now) {
                self.counts.add(SignInOutcome::Limited);
                return Verdict::TooMany { wait };
            }
            let ticket = Ticket {
                from,
                hash,
                passphrase,
                reply,
            };
            let (number, displaced) = state.queue.push(from, now, ticket);
            if let Some(displaced) = displaced {
                self.answer(displaced.reply, Verdict::Busy);
            }
            if state.workers < WORKERS {
                state.workers += 1;
                let memory = state.spare.pop().unwrap_or_default();
                let checker = Arc::clone(self);
                tokio::task::spawn_blocking(move || checker.work(memory));
            }
            QueueEntry {
                checker: self,
                number,
            }
        };
        let verdict = timeout(MAX_WAIT, replied).await;
        drop(entry);
        match verdict {
            Ok(verdict) => verdict.unwrap_or(Verdict::Busy),
            Err(_) => {
                self.counts.add(SignInOutcome::Busy);
                Verdict::Busy
            }
        }
    }

    /// Checks passphrases until the queue is empty. Runs on a blocking thread, so that the number
    /// of workers bounds CPU and memory even if clients disconnect.
    fn work(&self, mut memory: WorkingMemory) {
        while let Some(ticket) = self.next(&mut memory) {
            let is_right = catch_unwind(AssertUnwindSafe(|| {
                verify(&ticket.hash, &ticket.passphrase, &mut memory)
            }));
            let verdict = if is_right.unwrap_or(false) {
                let mut state = self.lock();
                state.attempts.refund(ticket.from);
                state.queue.on_right(ticket.from);
                Verdict::Right
            } else {
                Verdict::Wrong
            };
            self.answer(ticket.reply, verdict);
        }
    }

    /// Takes the next ticket from the queue, and counts its attempt. If this returns `None`, the
    /// worker must end.
    fn next(&self, memory: &mut WorkingMemory) -> Option<Ticket> {
        let mut state = self.lock();
        let now = self.started.elapsed();
        while let Some(ticket) = state.queue.pop() {
            match state.attempts.wait(ticket.from, now) {
                Some(wait) => self.answer(ticket.reply, Verdict::TooMany { wait }),
                None => {
                    state.attempts.add(ticket.from, now);
                    return Some(ticket);
                }
            }
        }
        // Under the same lock as `pop`: a ticket that arrives later starts a new worker.
        state.workers -= 1;
        state.spare.push(mem::take(memory));
        None
    }

    fn answer(&self, reply: oneshot::Sender<Verdict>, verdict: Verdict) {
        self.counts.add(match verdict {
            Verdict::Right => SignInOutcome::Right,
            Verdict::Wrong => SignInOutcome::Wrong,
            Verdict::TooMany { .. } => SignInOutcome::Limited,
            Verdict::Busy => SignInOutcome::Busy,
        });
        // Fails if the client has disconnected.
        let _ = reply.send(verdict);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A passphrase's entry in the queue. Dropping it removes the entry.
struct QueueEntry<'a> {
    checker: &'a Checker,
    number: u64,
}

impl Drop for QueueEntry<'_> {
    fn drop(&mut self) {
        self.checker.lock().queue.remove(self.number);
    }
}

/// More workers would slow each other down, and each needs its own memory.
const WORKERS: usize = 2;

/// People do not wait longer. Half of the usual timeout of a proxy.
const MAX_WAIT: Duration = Duration::from_secs(15);

#[cfg(test)]
mod tests {
    use std::task::Poll;

    use super::*;
    use crate::access::password::hash::hash_password;

    fn checker(flags: &[&str]) -> (Arc<Checker>, SignInCounts) {
        let args = std::iter::once("inturn").chain(flags.iter().copied());
        let config = crate::Config::parse_flags(args.map(Into::into)).expect("good flags");
        let counts = SignInCounts::default();
        (Checker::new(&config.access, &counts), counts)
    }

    fn address(network: u8, host: u8) -> IpAddr {
        IpAddr::from([10, 0, network, host])
    }

    #[tokio::test]
    async fn clients_that_hang_up_leave_no_work_behind() {
        let (checker, counts) = checker(&[]);
        let hash: Arc<str> = hash_password("correct horse").expect("a hash").into();
        for number in 0..300_u16 {
            let [_, network] = number.to_be_bytes();
            let from = address(network, 1);
            let mut attempt = Box::pin(checker.check(from, Arc::clone(&hash), "no".to_owned()));
            // The client sends the passphrase and disconnects at once.
            std::future::poll_fn(|context| {
                let _ = attempt.as_mut().poll(context);
                Poll::Ready(())
            })
            .await;
            drop(attempt);
            let mut state = checker.lock();
            assert!(state.workers <= WORKERS);
            assert!(state.queue.pop().is_none(), "still in the queue");
        }
        let person = checker.check(address(200, 1), hash, "correct horse".to_owned());
        assert_eq!(person.await, Verdict::Right);
        assert_eq!(counts.of(SignInOutcome::Right), 1);
        // One memory for each worker that has run.
        let state = checker.lock();
        assert!(state.workers + state.spare.len() <= WORKERS);
    }

    #[tokio::test]
    async fn the_memory_of_a_check_is_reused() {
        let (checker, _) = checker(&[]);
        let hash: Arc<str> = hash_password("correct horse").expect("a hash").into();
        let mut addresses = Vec::new();
        for network in 0..3 {
            let attempt = checker.check(address(network, 1), Arc::clone(&hash), "no".to_owned());
            assert_eq!(attempt.await, Verdict::Wrong);
            // The worker ends shortly after its reply.
            while checker.lock().workers > 0 {
                tokio::task::yield_now().await;
            }
            let state = checker.lock();
            let spare: Vec<_> = state.spare.iter().map(WorkingMemory::address).collect();
            assert!(matches!(spare[..], [Some(_)]), "{spare:?}");
            addresses.extend(spare);
        }
        assert!(
            addresses.iter().all(|it| *it == addresses[0]),
            "{addresses:?}"
        );
    }

    #[tokio::test]
    async fn only_wrong_passphrases_count_as_attempts() {
        let (checker, counts) = checker(&["--sign-in-attempts=2"]);
        let hash: Arc<str> = hash_password("correct horse").expect("a hash").into();
        let office = address(1, 1);
        let attempt = |passphrase: &str| {
            let checker = Arc::clone(&checker);
            let (hash, passphrase) = (Arc::clone(&hash), passphrase.to_owned());
            async move { checker.check(office, hash, passphrase).await }
        };
        for _ in 0..5 {
            assert_eq!(attempt("correct horse").await, Verdict::Right);
        }
        assert_eq!(attempt("wrong").await, Verdict::Wrong);
        assert_eq!(attempt("correct horse").await, Verdict::Right);
        assert_eq!(attempt("wrong").await, Verdict::Wrong);
        let third = attempt("correct horse").await;
        assert!(matches!(third, Verdict::TooMany { .. }), "{third:?}");
        assert_eq!(counts.of(SignInOutcome::Limited), 1);
    }
}
