//! Measures the resampler at each rate and prints a table:
//! `cargo run --release -p inturn-client-core --example audio_figures`.

#![expect(
    clippy::disallowed_types,
    clippy::disallowed_macros,
    reason = "measuring takes a clock, and its result is printed"
)]

#[path = "../tests/audio_support/mod.rs"]
mod audio_support;

use std::time::Instant;

use audio_support::{noise, quality, resample};
use inturn_client_core::audio::{ChunkLength, Pipeline, Resampler};

const RATES_HZ: [u32; 13] = [
    8_000, 11_025, 16_000, 22_050, 24_000, 32_000, 44_099, 44_100, 48_000, 88_200, 96_000, 191_999,
    192_000,
];

fn main() {
    println!(
        "| Input, Hz | Ripple, dB | Out of place, dB | THD+N, dB | Delay, ms | Table, kB | \
         Built in, ms | Times real time |"
    );
    println!("| --: | --: | --: | --: | --: | --: | --: | --: |");
    for rate in RATES_HZ {
        let started = Instant::now();
        let resampler = Resampler::new(rate).expect("a rate that is resampled");
        let built_ms = started.elapsed().as_secs_f64() * 1e3;
        let quality = quality(rate, 60, |input| resample(rate, input));
        println!(
            "| {rate} | {:.4} | {:.1} | {:.1} | {:.2} | {} | {built_ms:.2} | {:.0} |",
            quality.ripple_db,
            quality.spurious_db,
            quality.thd_n_db,
            resampler.delay().as_secs_f64() * 1e3,
            resampler.table_bytes().div_ceil(1_000),
            times_real_time(rate),
        );
    }
}

/// How much faster than it is spoken audio goes through the whole pipeline, in blocks of 128
/// frames: the best of five runs of ten seconds.
fn times_real_time(rate: u32) -> f64 {
    const SECONDS: u32 = 10;
    let input = noise(u64::from(rate), (SECONDS * rate) as usize);
    let run = || {
        let mut pipeline = Pipeline::new(rate, ChunkLength::default()).expect("a rate");
        let started = Instant::now();
        let mut samples = 0;
        for block in input.chunks(128) {
            pipeline.push_block(block, 1);
            while let Some(chunk) = pipeline.next_chunk() {
                samples += std::hint::black_box(chunk).len();
            }
        }
        assert!(samples > 0);
        f64::from(SECONDS) / started.elapsed().as_secs_f64()
    };
    (0..5).map(|_| run()).fold(0.0, f64::max)
}
