//! The times at which the worklet posts a block, so that each chunk is sent as early as possible.

use super::{
    bounds::{MAX_INPUT_RATE_HZ, MIN_INPUT_RATE_HZ, OUTPUT_RATE_HZ},
    chunk::ChunkLength,
    filter,
    ratio::Ratio,
};

/// The boundaries of the worklet's blocks, in frames at the device's own rate since the first
/// frame: `offset_frames`, then one every `step_frames`.
///
/// A block ends with the rendering quantum that contains a boundary. Boundaries are placed so that
/// the resampler completes each chunk exactly at one of them. With any other block length, a chunk
/// that needs only the beginning of a block would wait for its end: 10 ms on average with blocks of
/// 20 ms.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BlockSchedule {
    /// How far the resampler reads beyond a chunk's last frame.
    pub offset_frames: f64,
    /// Distance from one boundary to the next. A chunk is a whole number of steps.
    pub step_frames: f64,
}

impl BlockSchedule {
    /// Creates the schedule for a device that runs at `input_rate_hz`. If [`Pipeline`] does not
    /// accept that rate, uses the nearest one that it accepts.
    ///
    /// [`Pipeline`]: super::Pipeline
    #[must_use]
    pub fn new(input_rate_hz: u32, chunk: ChunkLength) -> Self {
        let rate_hz = input_rate_hz.clamp(MIN_INPUT_RATE_HZ, MAX_INPUT_RATE_HZ);
        let ratio = Ratio::from_rate(rate_hz);
        let offset_frames = if ratio.outputs == ratio.inputs {
            0.0
        } else {
            // A chunk's last sample lies one sample before the chunk's end, at or after some frame.
            // It needs the filter's reach in frames after that one. The 0.001 keeps rounding from
            // placing a boundary one frame too early.
            let sample = f64::from(ratio.inputs) / f64::from(ratio.outputs);
            (filter::reach(rate_hz) as f64 - sample + 0.001).max(0.0)
        };
        let steps = (chunk.ms() / MIN_STEP_MS).max(1);
        let chunk_frames = chunk.samples() as f64 * f64::from(rate_hz) / f64::from(OUTPUT_RATE_HZ);
        Self {
            offset_frames,
            step_frames: chunk_frames / f64::from(steps),
        }
    }
}

/// Shortest step: at most 40 messages per second. Each message costs two threads some microseconds,
/// and the level meter shows fewer readings than that.
const MIN_STEP_MS: u32 = 25;
