//! Random faults against the recorder: in each recording, every word is transcribed once.
//!
//! `CHAOS_SEED=1583` replays one recording and prints what happens in it. `CHAOS_SEEDS=1000..5000`
//! runs other recordings than the usual ones. Show the output with `--nocapture`, and select the
//! test by its name:
//!
//! ```sh
//! CHAOS_SEEDS=1000..5000 cargo test -p inturn-client-core --test chaos -- --nocapture every_word
//! ```

#![expect(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    reason = "variables select the recordings, and what happens is printed"
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
    ops::Range,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
    thread,
};

use self::{plan::Plan, shell::Simulation};

/// The seeds of the usual recordings.
const SEEDS: Range<u64> = 0..1_000;

/// Set to a range of seeds, such as `1000..5000`, this variable replaces [`SEEDS`].
const SEEDS_VARIABLE: &str = "CHAOS_SEEDS";

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
    let seeds = seeds();
    let next = AtomicU64::new(seeds.start);
    let failed = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, Into::into) {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds.end {
                        break;
                    }
                    let result = catch_unwind(AssertUnwindSafe(|| run(seed, false)));
                    let failures = result.unwrap_or_else(|_| vec!["it panicked".to_owned()]);
                    if !failures.is_empty() {
                        eprintln!("{seed}: {failures:?}");
                        let mut failed = failed.lock().expect("no thread panics");
                        failed.push((seed, failures));
                    }
                }
            });
        }
    });
    let mut failed = failed.into_inner().expect("no thread panics");
    failed.sort();
    if let Some((seed, failures)) = failed.first() {
        panic!(
            "{} of the recordings {seeds:?} failed. The first: {failures:#?}\n{:#?}\nReplay it: \
             {SEED_VARIABLE}={seed} cargo test -p inturn-client-core --test chaos -- --nocapture \
             every_word",
            failed.len(),
            Plan::new(*seed),
        );
    }
}

/// Returns the seeds of the recordings to run.
fn seeds() -> Range<u64> {
    let Ok(text) = std::env::var(SEEDS_VARIABLE) else {
        return SEEDS;
    };
    let (from, until) = text.split_once("..").expect("the seeds are from..until");
    let [from, until] = [from, until].map(|it| it.parse().expect("a seed is a number"));
    assert!(from < until, "there are no seeds in {text}");
    from..until
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
