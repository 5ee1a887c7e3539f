//! The audio pipeline: takes the microphone's blocks of Float32 at the device's own rate and
//! returns chunks of Int16 at 16 kHz, the format that the service accepts.
//!
//! ```
//! use inturn_client_core::audio::{ChunkLength, Pipeline};
//!
//! let mut pipeline = Pipeline::new(48_000, ChunkLength::default())?;
//! let block = vec![0.0; 2 * 9_600]; // 200 ms of stereo, the left channel's frames first
//! pipeline.push_block(&block, 2);
//! while let Some(chunk) = pipeline.next_chunk() {
//!     assert_eq!(chunk.len(), 1_600); // send it
//! }
//! let mut tail = pipeline.flush();
//! while let Some(chunk) = tail.next_chunk() {
//!     assert!((800..=1_600).contains(&chunk.len())); // send it
//! }
//! # Ok::<(), inturn_client_core::audio::AudioError>(())
//! ```
//!
//! # Lengths and times
//!
//! Sample `k` of the output is the sound at `k / 16000` seconds of the input: the filter's delay is
//! removed and adds no silence at the start. After [`Pipeline::flush`], `n` input frames at `rate`
//! hertz have become exactly `ceil(n · 16000 / rate)` samples. The tail may add silence at its end.
//! The output is bit-identical for every way of cutting the input into blocks.

mod bounds;
mod chunk;
mod convert;
mod dot;
mod error;
mod filter;
mod level;
mod mixer;
mod ratio;
mod resampler;
mod schedule;

use std::time::Duration;

pub use bounds::{MAX_INPUT_RATE_HZ, MIN_INPUT_RATE_HZ, OUTPUT_RATE_HZ};
pub use chunk::ChunkLength;
pub use convert::to_int16;
pub use error::AudioError;
pub use level::Level;
pub use resampler::Resampler;
pub use schedule::BlockSchedule;

/// Turns blocks into chunks: mixes down, resamples, rounds to Int16 and cuts.
///
/// Does not allocate after construction, as long as the caller takes the finished chunks after each
/// block and no block is longer than one second. Otherwise the queue grows; no sample is lost.
#[derive(Debug)]
pub struct Pipeline {
    input_rate_hz: u32,
    mixer: mixer::Mixer,
    resampler: Resampler,
    mono: Box<[f32]>,
    resampled: Vec<f32>,
    queue: ChunkQueue,
    level: Level,
}

impl Pipeline {
    /// Creates a pipeline for one recording from a device that runs at `input_rate_hz`.
    ///
    /// # Errors
    ///
    /// Returns [`AudioError::InputRate`] if the rate is below [`MIN_INPUT_RATE_HZ`] or above
    /// [`MAX_INPUT_RATE_HZ`].
    pub fn new(input_rate_hz: u32, chunk: ChunkLength) -> Result<Self, AudioError> {
        let resampler = Resampler::new(input_rate_hz)?;
        Ok(Self {
            input_rate_hz,
            mixer: mixer::Mixer::new(input_rate_hz),
            resampled: Vec::with_capacity(resampler.max_output_len(PIECE_FRAMES)),
            resampler,
            mono: vec![0.0; PIECE_FRAMES].into(),
            queue: ChunkQueue::new(chunk.samples()),
            level: Level::default(),
        })
    }

    /// Processes one block: `planar` holds the first channel's frames, then the second's, and so
    /// on.
    ///
    /// Mixes the channels down to their average. If the average is far softer than the loudest
    /// channel, as with channels in opposite phase, uses that channel instead. The number of
    /// channels may change from block to block. NaN counts as silence, and an infinity as a very
    /// loud sample. Ignores an empty block, a block without channels, and samples at the end that
    /// don't fill a frame of all channels.
    pub fn push_block(&mut self, planar: &[f32], channels: usize) {
        let Some(frames) = planar
            .len()
            .checked_div(channels)
            .filter(|&frames| frames > 0)
        else {
            return;
        };
        self.queue.compact();
        let mut level = level::LevelAccumulator::default();
        for start in (0..frames).step_by(PIECE_FRAMES) {
            let mono = &mut self.mono[..PIECE_FRAMES.min(frames - start)];
            self.mixer.mix(planar, channels, start, mono);
            level.add(mono);
            self.resampled.clear();
            self.resampler.process(mono, &mut self.resampled);
            self.queue.extend(&self.resampled);
        }
        self.level = level.level();
    }

    /// Returns the next finished chunk, of exactly the chunk length. Call it until it returns
    /// `None`.
    pub fn next_chunk(&mut self) -> Option<&[i16]> {
        self.queue.next_full()
    }

    /// Ends the recording and returns the rest of it, up to the last frame that was pushed.
    #[must_use]
    pub fn flush(mut self) -> Tail {
        self.resampled.clear();
        self.resampler.flush(&mut self.resampled);
        self.queue.extend(&self.resampled);
        self.queue.pad();
        Tail { queue: self.queue }
    }

    /// Returns the greatest delay between a sound and its sample: the filter looks this far ahead.
    /// The time until a block and a chunk are full is not included.
    #[must_use]
    pub fn delay(&self) -> Duration {
        self.resampler.delay()
    }

    /// Returns the rate of the input, in Hz.
    #[must_use]
    pub fn input_rate_hz(&self) -> u32 {
        self.input_rate_hz
    }

    /// Returns the loudness of the last block.
    #[must_use]
    pub fn level(&self) -> Level {
        self.level
    }

    /// Returns the number of samples that `frames` input frames become, with the flushed ones and
    /// without padding.
    #[must_use]
    pub fn samples_for(&self, frames: u64) -> u64 {
        self.resampler.samples_for(frames)
    }
}

/// The end of a recording: the chunks that were not taken yet, then the last one.
#[derive(Debug)]
pub struct Tail {
    queue: ChunkQueue,
}

impl Tail {
    /// Returns the next chunk. The last one may be shorter than the chunk length. It is padded with
    /// silence to 50 ms, the shortest chunk that the service accepts. An empty recording has no
    /// chunks.
    pub fn next_chunk(&mut self) -> Option<&[i16]> {
        self.queue.next_any()
    }
}

/// Queued samples, taken one chunk at a time.
#[derive(Debug)]
struct ChunkQueue {
    samples: Vec<i16>,
    taken: usize,
    chunk: usize,
}

impl ChunkQueue {
    fn new(chunk: usize) -> Self {
        let samples = Vec::with_capacity(chunk + OUTPUT_RATE_HZ as usize);
        Self {
            samples,
            taken: 0,
            chunk,
        }
    }

    fn compact(&mut self) {
        self.samples.drain(..self.taken);
        self.taken = 0;
    }

    fn extend(&mut self, resampled: &[f32]) {
        self.samples.extend(resampled.iter().copied().map(to_int16));
    }

    fn pad(&mut self) {
        let last = (self.samples.len() - self.taken) % self.chunk;
        if last > 0 {
            let silence = ChunkLength::MIN.samples().saturating_sub(last);
            self.samples.resize(self.samples.len() + silence, 0);
        }
    }

    fn next_full(&mut self) -> Option<&[i16]> {
        let chunk = self.samples[self.taken..].get(..self.chunk)?;
        self.taken += chunk.len();
        Some(chunk)
    }

    fn next_any(&mut self) -> Option<&[i16]> {
        let waiting = &self.samples[self.taken..];
        let chunk = &waiting[..waiting.len().min(self.chunk)];
        self.taken += chunk.len();
        (!chunk.is_empty()).then_some(chunk)
    }
}

/// Number of frames mixed and resampled at a time: small enough for the CPU's L1 cache.
const PIECE_FRAMES: usize = 1_024;
