//! Many channels to one: their average, or the loudest of them where the average cancels.
//!
//! Some devices give the same voice on two channels in opposite phase, whose average is silence, or
//! a voice on one of eight channels, which the average makes 18 dB softer. So the energies of the
//! average and of each channel are compared, window by window. Windows are counted in frames from
//! the first one on, so that blocks of any size give the same bits.

use super::convert::{mix_down, tame};

/// Mixes the channels of one recording.
#[derive(Debug)]
pub(super) struct Mixer {
    /// Frames in a window.
    window: usize,
    /// Frames of the present window so far.
    passed: usize,
    channels: usize,
    /// What was heard up to the present window, and what is heard at its end.
    from: Source,
    to: Source,
    /// Squares of the present window: the average's, then each channel's.
    squares: Energies,
    /// The same of the windows before, the older the less.
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
    /// For a device that runs at `rate_hz`.
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

    /// Fills `mono` from frame `start` of the block on.
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
            self.start_over(channels);
        }
        while !mono.is_empty() {
            let len = mono.len().min(self.window - self.passed);
            let (now, later) = mono.split_at_mut(len);
            mix_down(planar, channels, start, now);
            self.measure(planar, start, now);
            self.fade(planar, start, now);
            self.passed += len;
            if self.passed == self.window {
                self.passed = 0;
                self.choose();
            }
            start += len;
            mono = later;
        }
    }

    /// What was measured is of other channels.
    fn start_over(&mut self, channels: usize) {
        self.channels = channels;
        self.passed = 0;
        self.squares = Energies::ZERO;
        self.recent = Energies::ZERO;
        if matches!(self.to, Source::Channel(channel) if channel >= channels) {
            self.to = Source::Average;
        }
        self.from = self.to;
    }

    fn measure(&mut self, planar: &[f32], start: usize, average: &[f32]) {
        // Sums are carried on sample by sample, so that no cut between blocks rounds differently.
        for &sample in average {
            self.squares.average += sample * sample;
        }
        let channels = planar.chunks_exact(planar.len() / self.channels);
        for (sum, channel) in self.squares.channels.iter_mut().zip(channels) {
            for &sample in &channel[start..][..average.len()] {
                let sample = tame(sample);
                *sum += sample * sample;
            }
        }
    }

    /// Turns the average in `mono` into what is to be heard. A change of source takes one window.
    fn fade(&self, planar: &[f32], start: usize, mono: &mut [f32]) {
        if self.from == Source::Average && self.to == Source::Average {
            return;
        }
        let frames = planar.len() / self.channels;
        for (index, sample) in mono.iter_mut().enumerate() {
            let heard = |source| match source {
                Source::Average => *sample,
                Source::Channel(channel) => tame(planar[channel * frames + start + index]),
            };
            let (from, to) = (heard(self.from), heard(self.to));
            *sample = if self.from == self.to {
                to
            } else {
                let part = (self.passed + index + 1) as f32 / self.window as f32;
                from + (to - from) * part
            };
        }
    }

    /// Chooses what is to be heard at the end of the next window.
    fn choose(&mut self) {
        self.recent.take(&mut self.squares);
        self.from = self.to;
        let mut loudest = match self.to {
            Source::Channel(channel) => channel,
            Source::Average => 0,
        };
        for (channel, energy) in self.recent.channels.iter().enumerate() {
            if *energy > self.recent.channels[loudest] * LOUDER {
                loudest = channel;
            }
        }
        let energy = self.recent.channels[loudest];
        if energy < INAUDIBLE * self.window as f32 {
            return;
        }
        let share = self.recent.average / energy;
        self.to = match self.to {
            Source::Average if share < CANCELS => Source::Channel(loudest),
            Source::Channel(_) if share < ADDS_UP => Source::Channel(loudest),
            _ => Source::Average,
        };
    }
}

impl Energies {
    const ZERO: Self = Self {
        average: 0.0,
        channels: [0.0; MAX_CHANNELS],
    };

    /// Adds those of a window, and forgets some of those before.
    fn take(&mut self, window: &mut Self) {
        let old = std::iter::once(&mut self.average).chain(&mut self.channels);
        let new = std::iter::once(&mut window.average).chain(&mut window.channels);
        for (old, new) in old.zip(new) {
            let kept = *old * KEPT;
            // Numbers that fade away would slow the processor down.
            *old = std::mem::take(new) + if kept > TOO_SMALL { kept } else { 0.0 };
        }
    }
}

/// 10 ms each: as short as a fade can be without being heard as a click, and the most that is lost of
/// a recording whose channels cancel from its first sample on.
const WINDOWS_PER_SECOND: u32 = 100;

/// What is kept of a window's energy in the next: half is gone after 24 ms, so that no single
/// window in which two voices happen to cancel changes the source.
const KEPT: f32 = 0.75;

/// The most channels that Web Audio has, <https://webaudio.github.io/web-audio-api/#audionode>.
/// Channels beyond are averaged only.
const MAX_CHANNELS: usize = 32;

/// -8 dB. A voice on one of two channels is averaged to -6 dB, and two voices on a channel each to
/// -3 dB; that is ordinary stereo and stays as it is.
const CANCELS: f32 = 0.158;

/// -7 dB: a little more than [`CANCELS`], so that nothing on the edge goes to and fro.
const ADDS_UP: f32 = 0.2;

/// 0.9 dB. A channel that is louder by less than that takes no other's place: of two in opposite
/// phase neither is louder for long.
const LOUDER: f32 = 1.23;

/// -90 dB: noise in a converter's last bit tells nothing about the channels.
const INAUDIBLE: f32 = 1e-9;

/// Far below the square of any sample that is not silence.
const TOO_SMALL: f32 = 1e-30;
