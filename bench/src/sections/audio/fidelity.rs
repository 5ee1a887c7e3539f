//! Quality and delay of each resampler at each rate.

use std::{
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use inturn_bench_kit::{Quality, noise, quality};
use inturn_bench_peers::{Peer, QUANTUM_FRAMES, Resample};

use super::delay::{self, Delay};

/// Results of a resampler at a rate.
#[derive(Clone, Copy, Debug)]
pub(super) struct Measured {
    /// Index in the list of peers.
    pub(super) peer: usize,
    pub(super) rate_hz: u32,
    pub(super) quality: Quality,
    pub(super) delay: Delay,
    /// Whether the output is the same for all block sizes.
    pub(super) invariant: bool,
}

/// Measures all peers at all rates, on all cores, since no times are measured.
pub(super) fn measure(peers: &[Peer], rates_hz: &[u32]) -> Vec<Measured> {
    let jobs: Vec<_> = rates_hz
        .iter()
        .flat_map(|&rate_hz| (0..peers.len()).map(move |peer| (peer, rate_hz)))
        .collect();
    let (next, done) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let work = || {
        while let Some(&(peer, rate_hz)) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
            let measured = measure_one(peer, rate_hz, peers[peer].build);
            done.lock()
                .expect("no thread panics while it holds the lock")
                .push(measured);
        }
    };
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, |cores| cores.get()) {
            scope.spawn(work);
        }
    });
    done.into_inner()
        .expect("no thread panics while it holds the lock")
}

/// Returns the results of a peer at a rate.
pub(super) fn find(measured: &[Measured], peer: usize, rate_hz: u32) -> &Measured {
    measured
        .iter()
        .find(|it| it.peer == peer && it.rate_hz == rate_hz)
        .expect("each peer is measured at each rate")
}

/// Resamples `input` in blocks of the browser's size, without a flush.
pub(super) fn resample(
    build: fn(u32) -> Box<dyn Resample>,
    rate_hz: u32,
    input: &[f32],
) -> Vec<f32> {
    in_blocks(build, rate_hz, input, QUANTUM_FRAMES)
}

fn in_blocks(
    build: fn(u32) -> Box<dyn Resample>,
    rate_hz: u32,
    input: &[f32],
    frames: usize,
) -> Vec<f32> {
    let mut resampler = build(rate_hz);
    let mut output = Vec::with_capacity(2 * input.len());
    for block in input.chunks(frames) {
        resampler.push(block, &mut output);
    }
    output
}

fn measure_one(peer: usize, rate_hz: u32, build: fn(u32) -> Box<dyn Resample>) -> Measured {
    let input = noise(u64::from(rate_hz), rate_hz as usize / 4);
    let whole = in_blocks(build, rate_hz, &input, input.len());
    let invariant = BLOCKS_FRAMES
        .iter()
        .all(|&frames| in_blocks(build, rate_hz, &input, frames) == whole);
    Measured {
        peer,
        rate_hz,
        quality: quality(rate_hz, TONES, |input| resample(build, rate_hz, input)),
        delay: delay::measure(rate_hz, build),
        invariant,
    }
}

/// Tones per band: 250 Hz apart in the pass band, 17 Hz in the transition band.
const TONES: u32 = 30;

/// From single frames to what a stalled page passes in at once.
const BLOCKS_FRAMES: [usize; 6] = [1, 127, 128, 441, 896, 4_096];
