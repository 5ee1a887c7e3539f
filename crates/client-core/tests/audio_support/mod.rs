//! Helpers for tests of the audio pipeline.

#![allow(
    dead_code,
    reason = "each test binary uses its own part of this module"
)]

use inturn_client_core::audio::{ChunkLength, Pipeline, Resampler};

/// Sample rates of devices, and some unusual ones.
pub(crate) const RATES_HZ: [u32; 16] = [
    8_000, 8_001, 11_025, 12_345, 15_999, 16_000, 16_001, 22_050, 24_000, 32_000, 44_099, 44_100,
    48_000, 88_200, 96_000, 192_000,
];

/// Resamples all of `input` to 16 kHz, including the flushed samples.
pub(crate) fn resample(rate_hz: u32, input: &[f32]) -> Vec<f32> {
    let mut resampler = Resampler::new(rate_hz).expect("the rate is supported");
    let mut output = Vec::new();
    resampler.process(input, &mut output);
    resampler.flush(&mut output);
    output
}

/// Returns all chunks of mono `blocks`.
pub(crate) fn chunks<'a>(
    rate_hz: u32,
    length: ChunkLength,
    blocks: impl IntoIterator<Item = &'a [f32]>,
) -> Vec<Vec<i16>> {
    let mut pipeline = Pipeline::new(rate_hz, length).expect("the rate is supported");
    let mut chunks = Vec::new();
    for block in blocks {
        pipeline.push_block(block, 1);
        while let Some(chunk) = pipeline.next_chunk() {
            assert_eq!(chunk.len(), length.samples());
            chunks.push(chunk.to_vec());
        }
    }
    let mut tail = pipeline.flush();
    while let Some(chunk) = tail.next_chunk() {
        chunks.push(chunk.to_vec());
    }
    chunks
}
