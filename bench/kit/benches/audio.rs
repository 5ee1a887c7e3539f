//! Native speed of the audio path and of other resamplers: time for 0.2 s of audio in blocks of 128
//! frames.

#![allow(
    missing_docs,
    unreachable_pub,
    reason = "criterion's macros make public items without them"
)]

use std::{hint::black_box, time::Duration};

use criterion::{
    BenchmarkGroup, BenchmarkId, Criterion, SamplingMode, criterion_group, criterion_main,
    measurement::WallTime,
};
use inturn_bench_kit::noise;
use inturn_bench_peers::QUANTUM_FRAMES;
use inturn_client_core::audio::{ChunkLength, Pipeline, Resampler};

/// Each resampler at the usual rates of microphones. Resamplers alternate, so that a slow moment of
/// the machine affects several of them.
fn resamplers(criterion: &mut Criterion) {
    let mut group = group(criterion, "resampler");
    for rate_hz in COMMON_RATES_HZ {
        let input = sound(rate_hz);
        for peer in inturn_bench_peers::all() {
            let mut resampler = (peer.build)(rate_hz);
            let mut output = Vec::with_capacity(32_000);
            group.bench_function(BenchmarkId::new(peer.id, rate_hz), |bencher| {
                bencher.iter(|| {
                    output.clear();
                    for block in input.chunks(QUANTUM_FRAMES) {
                        resampler.push(black_box(block), &mut output);
                    }
                    black_box(output.len())
                });
            });
        }
    }
}

/// The recorder's whole audio path, at every rate.
fn pipeline(criterion: &mut Criterion) {
    let mut group = group(criterion, "pipeline");
    for rate_hz in RATES_HZ {
        bench_pipeline(&mut group, "noise", rate_hz, &sound(rate_hz));
    }
    // Subnormal numbers are slow on many processors. A filter before the page can produce them.
    let fading: Vec<f32> = sound(48_000).iter().map(|sample| sample * 1e-40).collect();
    bench_pipeline(&mut group, "fading", 48_000, &fading);
    bench_pipeline(&mut group, "silence", 48_000, &vec![0.0; fading.len()]);
}

fn bench_pipeline(
    group: &mut BenchmarkGroup<'_, WallTime>,
    what: &str,
    rate_hz: u32,
    input: &[f32],
) {
    let mut pipeline =
        Pipeline::new(rate_hz, ChunkLength::default()).expect("the rate is supported");
    group.bench_function(BenchmarkId::new(what, rate_hz), |bencher| {
        bencher.iter(|| {
            let mut samples = 0;
            for block in input.chunks(QUANTUM_FRAMES) {
                pipeline.push_block(black_box(block), 1);
                while let Some(chunk) = pipeline.next_chunk() {
                    samples += black_box(chunk).len();
                }
            }
            samples
        });
    });
}

/// Computing the filter's coefficients, which delays the first sample of a recording.
fn design(criterion: &mut Criterion) {
    let mut group = group(criterion, "design");
    for rate_hz in RATES_HZ {
        group.bench_function(BenchmarkId::from_parameter(rate_hz), |bencher| {
            bencher.iter(|| Resampler::new(black_box(rate_hz)));
        });
    }
}

fn group<'a>(criterion: &'a mut Criterion, name: &str) -> BenchmarkGroup<'a, WallTime> {
    let mut group = criterion.benchmark_group(name);
    group
        .sampling_mode(SamplingMode::Flat)
        .sample_size(20)
        // Only the median is used, so confidence intervals need few resamples.
        .nresamples(2_000)
        .warm_up_time(Duration::from_millis(100))
        .measurement_time(Duration::from_millis(300));
    group
}

fn sound(rate_hz: u32) -> Vec<f32> {
    noise(u64::from(rate_hz), rate_hz as usize / 5)
}

const COMMON_RATES_HZ: [u32; 4] = [32_000, 44_100, 48_000, 96_000];

const RATES_HZ: [u32; 12] = [
    8_000, 11_025, 16_000, 22_050, 24_000, 32_000, 44_099, 44_100, 48_000, 88_200, 96_000, 192_000,
];

criterion_group!(benches, resamplers, pipeline, design);
criterion_main!(benches);
