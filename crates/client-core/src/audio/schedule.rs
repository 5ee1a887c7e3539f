//! When the worklet hands a block over, so that no chunk waits for more than it needs.

use super::{
    bounds::{MAX_INPUT_RATE_HZ, MIN_INPUT_RATE_HZ, OUTPUT_RATE_HZ},
    chunk::ChunkLength,
    filter,
    ratio::Ratio,
};

/// The boundaries of the worklet's blocks, in frames of the device's own rate from the first one
/// on: `offset_frames` and each `step_frames` after it.
///
/// A block ends with the rendering quantum that a boundary lies in. Every so many of them one lies
/// where the resampler can finish a chunk: blocks of any other length would let the chunk wait for
/// the end of a block that it needs the beginning of, 10 ms in the mean where blocks take 20.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BlockSchedule {
    /// How far behind a chunk's last frame the resampler still reads.
    pub offset_frames: f64,
    /// From one boundary to the next. A chunk is a whole number of steps.
    pub step_frames: f64,
}

impl BlockSchedule {
    /// The boundaries for a device that runs at `input_rate_hz`; for a rate that no [`Pipeline`]
    /// takes, those for the nearest that it does.
    ///
    /// [`Pipeline`]: super::Pipeline
    #[must_use]
    pub fn new(input_rate_hz: u32, chunk: ChunkLength) -> Self {
        let rate_hz = input_rate_hz.clamp(MIN_INPUT_RATE_HZ, MAX_INPUT_RATE_HZ);
        let ratio = Ratio::from_rate(rate_hz);
        let offset_frames = if ratio.outputs == ratio.inputs {
            0.0
        } else {
            // A chunk's last sample lies one sample before the chunk's end, somewhere behind a
            // frame, and needs the filter's reach behind that frame. A trifle more, so that
            // rounding never puts a boundary one frame too early.
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

/// At most forty messages a second: each costs two threads some microseconds, and the meter shows
/// fewer readings.
const MIN_STEP_MS: u32 = 25;
