//! The part of the turn that is recognised again as it grows, and where it is cut.

use inturn_moonshine::SAMPLE_RATE_HZ;

/// The open part of a turn.
#[derive(Default)]
pub(super) struct Piece {
    /// Its start, in milliseconds from the start of the turn.
    pub(super) start_ms: u64,
    pub(super) samples: Vec<i16>,
    /// Whether each frame of it is voiced.
    pub(super) voiced: Vec<bool>,
}

/// Where the first part of a piece ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cut {
    /// The frame after the first part.
    pub(super) frame: usize,
    /// Length of the pause around it, in frames; 0 without a pause.
    pub(super) pause: usize,
}

impl Piece {
    /// Adds a frame of 10 ms.
    pub(super) fn push(&mut self, samples: &[i16], voiced: bool) {
        self.samples.extend_from_slice(samples);
        self.voiced.push(voiced);
    }

    /// Returns the number of voiced frames.
    pub(super) fn voice(&self) -> usize {
        self.voiced.iter().filter(|it| **it).count()
    }

    /// Returns the end of the part that is settled, if the piece is long.
    pub(super) fn cut(&self) -> Option<Cut> {
        let length = self.voiced.len();
        if length < SETTLE_FRAMES {
            return None;
        }
        let softest = || Cut {
            frame: self.softest(),
            pause: 0,
        };
        self.last_pause()
            .or_else(|| (length >= LONGEST_FRAMES).then(softest))
    }

    /// Returns the middle of the last pause. It is not at the start, because a short rest would not
    /// be worth the work. A pause that goes on counts when it is as long as between sentences.
    fn last_pause(&self) -> Option<Cut> {
        let length = self.voiced.len();
        let shortest = if length < IMPATIENT_FRAMES {
            PAUSE_FRAMES
        } else {
            SHORT_PAUSE_FRAMES
        };
        let mut start = 0;
        let mut last = None;
        for run in self.voiced.chunk_by(|a, b| a == b) {
            let end = start + run.len();
            let needed = if end == length {
                SENTENCE_PAUSE_FRAMES
            } else {
                shortest
            };
            if !run[0] && run.len() >= needed && end > SETTLE_FRAMES / 3 {
                last = Some(Cut {
                    frame: start + run.len() / 2,
                    pause: run.len(),
                });
            }
            start = end;
        }
        last
    }

    /// Returns the softest place of the last seconds, but not at the end: the word there goes on.
    fn softest(&self) -> usize {
        let end = self.voiced.len() - 50;
        let power = |frame: &usize| {
            let frames = self.samples_until(*frame - 1)..self.samples_until(*frame + 1);
            let squares = self.samples[frames].iter().map(|it| i64::from(*it).pow(2));
            squares.sum::<i64>()
        };
        (end - 350..end).min_by_key(power).unwrap_or(end)
    }

    /// Returns the number of samples before a frame.
    pub(super) fn samples_until(&self, frame: usize) -> usize {
        (frame * FRAME_SAMPLES).min(self.samples.len())
    }

    pub(super) fn remove_first(&mut self, frames: usize) {
        self.samples.drain(..self.samples_until(frames));
        self.voiced.drain(..frames);
        self.start_ms += frames_ms(frames);
    }
}

pub(super) fn frames(ms: u32) -> usize {
    ms as usize / FRAME_MS as usize
}

pub(super) fn frames_ms(frames: usize) -> u64 {
    frames as u64 * FRAME_MS
}

/// Length of the turn engine's frames.
const FRAME_MS: u64 = 10;
pub(super) const FRAME_SAMPLES: usize = SAMPLE_RATE_HZ as usize / 100;

/// From 7 s on, a piece is settled up to its last pause. The work for a piece grows with its
/// length, and from 15 s on the library misses words. With 5 s, 12 words of 210 were wrong instead
/// of 10, when pieces were still recognised again after a fifth of them.
const SETTLE_FRAMES: usize = 700;
/// A pause between phrases: 0.3 s.
pub(super) const PAUSE_FRAMES: usize = 30;
/// From 9 s on, shorter pauses count too: 0.15 s.
const IMPATIENT_FRAMES: usize = 900;
const SHORT_PAUSE_FRAMES: usize = 15;
/// A piece without a pause is cut at 11 s.
const LONGEST_FRAMES: usize = 1_100;
/// A pause between sentences: 0.5 s.
pub(super) const SENTENCE_PAUSE_FRAMES: usize = 50;
