//! Random faults against the recorder: in each recording, every word is transcribed once.

#![expect(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    reason = "a variable selects a recording to replay, which is then printed"
)]
#![expect(
    unsafe_code,
    reason = "an allocator that counts implements an unsafe trait"
)]

mod audio;
mod devices;
mod faults;
mod memory;
mod microphone;
mod network;
mod opening;
mod pause;
mod plan;
mod random;
mod script;
mod service;
mod shell;
mod token;
mod traffic;
mod verdict;
mod watch;
mod world;

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
    thread,
};

use self::{plan::Plan, shell::Simulation};

/// Number of recordings.
const SEEDS: u64 = 1_000;

/// Set to a seed, this variable replays that recording only, and prints what happens.
const SEED_VARIABLE: &str = "CHAOS_SEED";

#[test]
fn every_word_survives_random_faults_once() {
    if let Ok(seed) = std::env::var(SEED_VARIABLE) {
        let seed = seed.parse().expect("the seed is a number");
        let failures = run(seed, true);
        assert!(failures.is_empty(), "{failures:#?}");
        return;
    }
    let next = AtomicU64::new(0);
    let failed = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, Into::into) {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= SEEDS {
                        break;
                    }
                    let result = catch_unwind(AssertUnwindSafe(|| run(seed, false)));
                    let failures = result.unwrap_or_else(|_| vec!["it panicked".to_owned()]);
                    if !failures.is_empty() {
                        let mut failed = failed.lock().expect("no thread panics");
                        failed.push((seed, failures));
                    }
                }
            });
        }
    });
    let mut failed = failed.into_inner().expect("no thread panics");
    failed.sort();
    for (seed, failures) in failed.iter().rev() {
        eprintln!("{seed}: {failures:?}");
    }
    if let Some((seed, failures)) = failed.first() {
        panic!(
            "{} of {SEEDS} recordings failed. The first: {failures:#?}\n{:#?}\nReplay it: \
             {SEED_VARIABLE}={seed} cargo test -p inturn-client-core --test chaos -- --nocapture",
            failed.len(),
            Plan::new(*seed),
        );
    }
}

/// Runs the recording of a seed. Returns what is wrong with it.
fn run(seed: u64, is_traced: bool) -> Vec<String> {
    let plan = Plan::new(seed);
    if is_traced {
        eprintln!("{plan:#?}");
    }
    let mut simulation = Simulation::new(plan, is_traced);
    simulation.run();
    verdict::failures(&mut simulation)
}
