//! The mix-down to mono: the channels' average, or the loudest channel if they cancel each other.
//!
//! Some devices deliver the same voice on two channels in opposite phase, whose average is silence.
//! Others deliver a voice on one of eight channels, which the average makes 18 dB softer. So the
//! mixer compares the energies of the average and of each channel, window by window. Windows are
//! counted in frames from the first one on, so that the output does not depend on the block size.

use super::convert::{mix_down, sanitize};

/// Mixes the channels of one recording.
#[derive(Debug)]
pub(super) struct Mixer {
    /// Length of a window, in frames.
    window: usize,
    /// Frames of the current window so far.
    passed: usize,
    channels: usize,
    /// The source at the start of the current window.
    from: Source,
    /// The source at the end of the current window.
    to: Source,
    /// Energies of the current window: of the average, then of each channel.
    squares: Energies,
    /// Energies of the earlier windows, with exponential decay.
    recent: Energies,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    Average,
    Channel(usize),
}

#[derive(Debug)]
struct Energies {
    average: f32,
    channels: [f32; MAX_CHANNELS],
}

impl Mixer {
    /// Creates a mixer for a device that runs at `rate_hz`.
    pub(super) fn new(rate_hz: u32) -> Self {
        Self {
            window: (rate_hz / WINDOWS_PER_SECOND) as usize,
            passed: 0,
            channels: 0,
            from: Source::Average,
            to: Source::Average,
            squares: Energies::ZERO,
            recent: Energies::ZERO,
        }
    }

    /// Fills `mono` with mixed samples, starting at frame `start` of the block.
    pub(super) fn mix(
        &mut self,
        planar: &[f32],
        channels: usize,
        mut start: usize,
        mut mono: &mut [f32],
    ) {
        if channels == 1 {
            return mix_down(planar, channels, start, mono);
        }
        if channels != self.channels {
            self.reset(channels);
        }
        while !mono.is_empty() {
            let len = mono.len().min(self.window - self.passed);
            let (now, later) = mono.split_at_mut(len);
            mix_down(planar, channels, start, now);
            self.add_energies(planar, start, now);
            self.fade(planar, start, now);
            self.passed += len;
            if self.passed == self.window {
                self.passed = 0;
                self.choose_source();
            }
            start += len;
            mono = later;
        }
    }

    /// Discards the measured energies after the number of channels has changed.
    fn reset(&mut self, channels: usize) {
        self.channels = channels;
        self.passed = 0;
        self.squares = Energies::ZERO;
        self.recent = Energies::ZERO;
        if matches!(self.to, Source::Channel(channel) if channel >= channels) {
            self.to = Source::Average;
        }
        self.from = self.to;
    }

    fn add_energies(&mut self, planar: &[f32], start: usize, average: &[f32]) {
        // The sums go on sample by sample, so that the rounding does not depend on the block size.
        for &sample in average {
            self.squares.average += sample * sample;
        }
        let channels = planar.chunks_exact(planar.len() / self.channels);
        for (sum, channel) in self.squares.channels.iter_mut().zip(channels) {
            for &sample in &channel[start..][..average.len()] {
                let sample = sanitize(sample);
                *sum += sample * sample;
            }
        }
    }

    /// Replaces the average in `mono` by the selected source. A change of source fades over one
    /// window.
    fn fade(&self, planar: &[f32], start: usize, mono: &mut [f32]) {
        if self.from == Source::Average && self.to == Source::Average {
            return;
        }
        let frames = planar.len() / self.channels;
        for (index, sample) in mono.iter_mut().enumerate() {
            let sample_of = |source| match source {
                Source::Average => *sample,
                Source::Channel(channel) => sanitize(planar[channel * frames + start + index]),
            };
            let (from, to) = (sample_of(self.from), sample_of(self.to));
            *sample = if self.from == self.to {
                to
            } else {
                let part = (self.passed + index + 1) as f32 / self.window as f32;
                from + (to - from) * part
            };
        }
    }

    /// Chooses the source at the end of the next window.
    fn choose_source(&mut self) {
        self.recent.absorb(&mut self.squares);
        self.from = self.to;
        let mut loudest = match self.to {
            Source::Channel(channel) => channel,
            Source::Average => 0,
        };
        for (channel, energy) in self.recent.channels.iter().enumerate() {
            if *energy > self.recent.channels[loudest] * LOUDER_FACTOR {
                loudest = channel;
            }
        }
        let energy = self.recent.channels[loudest];
        if energy < MIN_MEAN_SQUARE * self.window as f32 {
            return;
        }
        let share = self.recent.average / energy;
        self.to = match self.to {
            Source::Average if share < CANCELLATION_RATIO => Source::Channel(loudest),
            Source::Channel(_) if share < RECOVERY_RATIO => Source::Channel(loudest),
            _ => Source::Average,
        };
    }
}

impl Energies {
    const ZERO: Self = Self {
        average: 0.0,
        channels: [0.0; MAX_CHANNELS],
    };

    /// Adds the energies of `window` to the decayed earlier ones, and resets `window`.
    fn absorb(&mut self, window: &mut Self) {
        let old = std::iter::once(&mut self.average).chain(&mut self.channels);
        let new = std::iter::once(&mut window.average).chain(&mut window.channels);
        for (old, new) in old.zip(new) {
            let kept = *old * ENERGY_DECAY;
            // Denormal numbers would slow the CPU down.
            *old = std::mem::take(new) + if kept > ENERGY_FLOOR { kept } else { 0.0 };
        }
    }
}

/// Windows of 10 ms. A shorter fade would be audible as a click. A longer window would lose more at
/// the start of a recording whose channels cancel from the first sample on.
const WINDOWS_PER_SECOND: u32 = 100;

/// Decay of the energy per window: half is gone after 24 ms. So one window in which two voices
/// happen to cancel does not change the source.
const ENERGY_DECAY: f32 = 0.75;

/// Maximum number of channels in Web Audio, <https://webaudio.github.io/web-audio-api/#audionode>.
/// Further channels count for the average only.
const MAX_CHANNELS: usize = 32;

/// The mixer leaves the average below this share of the loudest channel's energy: -8 dB. The
/// average of a voice on one of two channels has -6 dB, and of two voices on one channel each -3
/// dB. Both are ordinary stereo and stay averaged.
const CANCELLATION_RATIO: f32 = 0.158;

/// The mixer returns to the average above this share: -7 dB, a little more than
/// [`CANCELLATION_RATIO`]. The hysteresis prevents toggling.
const RECOVERY_RATIO: f32 = 0.2;

/// A channel must be louder than the selected one by 0.9 dB to replace it. Of two channels in
/// opposite phase, neither stays louder for long.
const LOUDER_FACTOR: f32 = 1.23;

/// -90 dB: the noise in a converter's last bit carries no information about the channels.
const MIN_MEAN_SQUARE: f32 = 1e-9;

/// Energies below this become 0. It is far below the square of any sample that is not silence.
const ENERGY_FLOOR: f32 = 1e-30;
