//! The streaming resampler: from any rate to 16 kHz, in pieces of any size.

use std::time::Duration;

use super::{
    bounds::{MAX_INPUT_RATE_HZ, MIN_INPUT_RATE_HZ},
    error::AudioError,
    filter::Filter,
    ratio::Ratio,
};

/// Resamples mono Float32 to 16 kHz, without aliases and without drift.
///
/// The input must be finite: one NaN would corrupt all samples within the filter's length. The
/// output is bit-identical for every way of cutting the input into pieces. Input at 16 kHz passes
/// unchanged.
#[derive(Debug)]
pub struct Resampler {
    rate_hz: u32,
    ratio: Ratio,
    /// `None` if the rates are the same.
    polyphase: Option<Polyphase>,
}

impl Resampler {
    /// Creates a resampler from `input_rate_hz` to 16 kHz.
    ///
    /// # Errors
    ///
    /// Returns [`AudioError::InputRate`] if the rate is not from 8 to 192 kHz.
    pub fn new(input_rate_hz: u32) -> Result<Self, AudioError> {
        if !(MIN_INPUT_RATE_HZ..=MAX_INPUT_RATE_HZ).contains(&input_rate_hz) {
            return Err(AudioError::InputRate {
                rate_hz: input_rate_hz,
            });
        }
        let ratio = Ratio::from_rate(input_rate_hz);
        let polyphase = (ratio.outputs != ratio.inputs)
            .then(|| Polyphase::new(Filter::design(input_rate_hz, ratio), ratio));
        Ok(Self {
            rate_hz: input_rate_hz,
            ratio,
            polyphase,
        })
    }

    /// Processes `input` and appends to `output` all samples that are now complete.
    ///
    /// Appends at most [`max_output_len`](Self::max_output_len) samples. With that much spare
    /// capacity, `output` does not allocate.
    pub fn process(&mut self, input: &[f32], output: &mut Vec<f32>) {
        match &mut self.polyphase {
            Some(polyphase) => polyphase.process(input, output),
            None => output.extend_from_slice(input),
        }
    }

    /// Appends the last samples, as if silence followed the input.
    pub fn flush(mut self, output: &mut Vec<f32>) {
        if let Some(polyphase) = &mut self.polyphase {
            polyphase.process_silence(polyphase.filter.reach(), output);
        }
    }

    /// Returns the maximum number of samples that one call with `input_len` frames appends.
    #[must_use]
    pub fn max_output_len(&self, input_len: usize) -> usize {
        self.ratio.samples_for(input_len as u64) as usize + 1
    }

    /// Returns the number of samples that `frames` input frames become after flushing: exactly
    /// `ceil(frames · 16000 / rate)`.
    #[must_use]
    pub fn samples_for(&self, frames: u64) -> u64 {
        self.ratio.samples_for(frames)
    }

    /// Returns the greatest delay between a sound and its sample: half the filter's length.
    #[must_use]
    pub fn delay(&self) -> Duration {
        let reach = self
            .polyphase
            .as_ref()
            .map_or(0, |polyphase| polyphase.filter.reach());
        Duration::from_secs(1) * reach as u32 / self.rate_hz
    }

    /// Returns the memory of the filter's coefficients, in bytes.
    #[must_use]
    pub fn table_bytes(&self) -> usize {
        self.polyphase
            .as_ref()
            .map_or(0, |polyphase| polyphase.filter.table_bytes())
    }
}

/// The filter, the frames that it still needs, and its position in time.
#[derive(Debug)]
struct Polyphase {
    filter: Filter,
    ratio: Ratio,
    frames: Box<[f32]>,
    /// Number of frames in `frames`.
    filled: usize,
    /// Start of the next sample's window in `frames`; may be beyond `filled`.
    start: usize,
    /// Distance of the next sample from its frame, in units of `1 / ratio.outputs`.
    phase: u32,
}

impl Polyphase {
    fn new(filter: Filter, ratio: Ratio) -> Self {
        // Starts with silence, so that the first sample lies exactly on the first frame.
        let filled = filter.reach() - 1;
        let frames = vec![0.0; filter.taps() + ROOM_FRAMES].into();
        Self {
            filter,
            ratio,
            frames,
            filled,
            start: 0,
            phase: 0,
        }
    }

    fn process(&mut self, mut input: &[f32], output: &mut Vec<f32>) {
        while !input.is_empty() {
            self.make_room();
            let (now, later) = input.split_at(input.len().min(self.frames.len() - self.filled));
            self.frames[self.filled..][..now.len()].copy_from_slice(now);
            self.filled += now.len();
            self.emit(output);
            input = later;
        }
    }

    fn process_silence(&mut self, mut len: usize, output: &mut Vec<f32>) {
        let silence = [0.0; 64];
        while len > 0 {
            let now = len.min(silence.len());
            self.process(&silence[..now], output);
            len -= now;
        }
    }

    fn emit(&mut self, output: &mut Vec<f32>) {
        while let Some(window) = self.frames[..self.filled].get(self.start..)
            && let Some(window) = window.get(..self.filter.taps())
        {
            output.push(self.filter.apply(window, self.phase));
            let (phase, passed) = self.ratio.advance(self.phase);
            self.phase = phase;
            self.start += passed;
        }
    }

    /// Drops the frames that no later sample needs, but only when the buffer is full. This copies
    /// the remaining frames, and small blocks would cause many copies.
    fn make_room(&mut self) {
        if self.filled == self.frames.len() {
            let dropped = self.start.min(self.filled);
            self.frames.copy_within(dropped..self.filled, 0);
            self.filled -= dropped;
            self.start -= dropped;
        }
    }
}

/// Number of frames buffered in addition to the filter's length before old ones are dropped: a few
/// blocks.
const ROOM_FRAMES: usize = 2_048;
