//! Checking passphrases: two at once, the others in a bounded queue.

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
pub(super) struct Checks {
    state: Mutex<State>,
    started: Instant,
    counts: SignInCounts,
}

struct State {
    queue: Queue<Ticket>,
    attempts: Attempts,
    /// Of the workers that don't run.
    spare: Vec<WorkingMemory>,
    workers: usize,
}

/// A passphrase that waits to be checked.
struct Ticket {
    from: IpAddr,
    hash: Arc<str>,
    passphrase: String,
    reply: oneshot::Sender<Checked>,
}

/// What became of it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Checked {
    Right,
    Wrong,
    /// Too many were wrong of late.
    TooMany {
        wait: Duration,
    },
    /// Too many people wait.
    Busy,
}

impl Checks {
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

    /// Checks a passphrase against a hash. Dropped while it waits, it is not checked at all; a check that
    /// has begun goes on, in its worker's time and memory.
    pub(super) async fn check(
        self: &Arc<Self>,
        from: IpAddr,
        hash: Arc<str>,
        passphrase: String,
    ) -> Checked {
        let (reply, replied) = oneshot::channel();
        let place = {
            let mut state = self.lock();
            let now = self.started.elapsed();
            if let Some(wait) = state.attempts.wait(from, now) {
                self.counts.add(SignInOutcome::Limited);
                return Checked::TooMany { wait };
            }
            let ticket = Ticket {
                from,
                hash,
                passphrase,
                reply,
            };
            let (number, displaced) = state.queue.push(from, now, ticket);
            if let Some(displaced) = displaced {
                self.answer(displaced.reply, Checked::Busy);
            }
            if state.workers < WORKERS {
                state.workers += 1;
                let memory = state.spare.pop().unwrap_or_default();
                let checks = Arc::clone(self);
                tokio::task::spawn_blocking(move || checks.work(memory));
            }
            Place {
                checks: self,
                number,
            }
        };
        let checked = timeout(MAX_WAIT, replied).await;
        drop(place);
        match checked {
            Ok(checked) => checked.unwrap_or(Checked::Busy),
            Err(_) => {
                self.counts.add(SignInOutcome::Busy);
                Checked::Busy
            }
        }
    }

    /// Checks whatever waits, until nothing does. Runs on a thread that may block: the limit on workers
    /// is a limit on work and memory, whatever the clients do.
    fn work(&self, mut memory: WorkingMemory) {
        while let Some(ticket) = self.next(&mut memory) {
            let is_right = catch_unwind(AssertUnwindSafe(|| {
                verify(&ticket.hash, &ticket.passphrase, &mut memory)
            }));
            let checked = if is_right.unwrap_or(false) {
                let mut state = self.lock();
                state.attempts.give_back(ticket.from);
                state.queue.was_right(ticket.from);
                Checked::Right
            } else {
                Checked::Wrong
            };
            self.answer(ticket.reply, checked);
        }
    }

    /// The next ticket to be checked, its attempt counted. With `None` the worker has ended.
    fn next(&self, memory: &mut WorkingMemory) -> Option<Ticket> {
        let mut state = self.lock();
        let now = self.started.elapsed();
        while let Some(ticket) = state.queue.pop() {
            match state.attempts.wait(ticket.from, now) {
                Some(wait) => self.answer(ticket.reply, Checked::TooMany { wait }),
                None => {
                    state.attempts.add(ticket.from, now);
                    return Some(ticket);
                }
            }
        }
        // Under the same lock that found nothing, so that no ticket comes in between.
        state.workers -= 1;
        state.spare.push(mem::take(memory));
        None
    }

    fn answer(&self, reply: oneshot::Sender<Checked>, checked: Checked) {
        self.counts.add(match checked {
            Checked::Right => SignInOutcome::Right,
            Checked::Wrong => SignInOutcome::Wrong,
            Checked::TooMany { .. } => SignInOutcome::Limited,
            Checked::Busy => SignInOutcome::Busy,
        });
        // The client may have gone.
        let _ = reply.send(checked);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place in the queue, which ends with the request.
struct Place<'a> {
    checks: &'a Checks,
    number: u64,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.checks.lock().queue.remove(self.number);
    }
}

/// More at once would only slow one another down, and each holds its memory.
const WORKERS: usize = 2;

/// A person has given up by then; half of what a proxy mostly waits for an answer.
const MAX_WAIT: Duration = Duration::from_secs(15);

#[cfg(test)]
mod tests {
    use std::task::Poll;

    use super::*;
    use crate::access::password::hash::hash_password;

    fn checks(flags: &[&str]) -> (Arc<Checks>, SignInCounts) {
        let args = std::iter::once("inturn").chain(flags.iter().copied());
        let config = crate::Config::parse_flags(args.map(Into::into)).expect("good flags");
        let counts = SignInCounts::default();
        (Checks::new(&config.access, &counts), counts)
    }

    fn address(network: u8, host: u8) -> IpAddr {
        IpAddr::from([10, 0, network, host])
    }

    #[tokio::test]
    async fn clients_that_hang_up_leave_no_work_behind() {
        let (checks, counts) = checks(&[]);
        let hash: Arc<str> = hash_password("correct horse").expect("a hash").into();
        for number in 0..300_u16 {
            let [_, network] = number.to_be_bytes();
            let from = address(network, 1);
            let mut attempt = Box::pin(checks.check(from, Arc::clone(&hash), "no".to_owned()));
            // Sent, and gone at once.
            std::future::poll_fn(|context| {
                let _ = attempt.as_mut().poll(context);
                Poll::Ready(())
            })
            .await;
            drop(attempt);
            let mut state = checks.lock();
            assert!(state.workers <= WORKERS);
            assert!(state.queue.pop().is_none(), "it still waits");
        }
        let person = checks.check(address(200, 1), hash, "correct horse".to_owned());
        assert_eq!(person.await, Checked::Right);
        assert_eq!(counts.of(SignInOutcome::Right), 1);
        // One memory for each worker there has ever been.
        let state = checks.lock();
        assert!(state.workers + state.spare.len() <= WORKERS);
    }

    #[tokio::test]
    async fn the_memory_of_a_check_is_used_for_the_next() {
        let (checks, _) = checks(&[]);
        let hash: Arc<str> = hash_password("correct horse").expect("a hash").into();
        let mut places = Vec::new();
        for network in 0..3 {
            let attempt = checks.check(address(network, 1), Arc::clone(&hash), "no".to_owned());
            assert_eq!(attempt.await, Checked::Wrong);
            // The worker ends a moment after its answer.
            while checks.lock().workers > 0 {
                tokio::task::yield_now().await;
            }
            let state = checks.lock();
            let kept: Vec<_> = state.spare.iter().map(WorkingMemory::place).collect();
            assert!(matches!(kept[..], [Some(_)]), "{kept:?}");
            places.extend(kept);
        }
        assert!(places.iter().all(|place| *place == places[0]), "{places:?}");
    }

    #[tokio::test]
    async fn right_passphrases_cost_no_attempts_and_wrong_ones_do() {
        let (checks, counts) = checks(&["--sign-in-attempts=2"]);
        let hash: Arc<str> = hash_password("correct horse").expect("a hash").into();
        let office = address(1, 1);
        let attempt = |passphrase: &str| {
            let checks = Arc::clone(&checks);
            let (hash, passphrase) = (Arc::clone(&hash), passphrase.to_owned());
            async move { checks.check(office, hash, passphrase).await }
        };
        for _ in 0..5 {
            assert_eq!(attempt("correct horse").await, Checked::Right);
        }
        assert_eq!(attempt("wrong").await, Checked::Wrong);
        assert_eq!(attempt("correct horse").await, Checked::Right);
        assert_eq!(attempt("wrong").await, Checked::Wrong);
        let third = attempt("correct horse").await;
        assert!(matches!(third, Checked::TooMany { .. }), "{third:?}");
        assert_eq!(counts.of(SignInOutcome::Limited), 1);
    }
}
