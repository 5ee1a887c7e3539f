//! When the open piece is recognised again.
//!
//! Each frame of audio adds to a budget of work, from which each recognition is paid. So short
//! pieces are recognised often and long ones rarely, and the work for a person who speaks without a
//! pause is bounded. For the recordings of the benchmark: processor time for one person, and the
//! delays from a word to its text (median and 95th percentile), computed from the work as measured
//! on two cores. A is with pauses, B the same sentences without, C a page of a novel:
//!
//! | Again after | A | B | C | Wrong words of 210 |
//! | --- | --- | --- | --- | --- |
//! | 0.4 s or a fifth of it | 0.34: 0.36, 1.38 s | 0.39: 0.81, 2.07 s | 0.42: 0.47, 1.28 s | 10 |
//! | 0.4 s or a tenth of it | 0.47: 0.28, 0.84 s | 0.63: 0.51, 1.37 s | 0.64: 0.35, 0.82 s | 8 |
//! | 0.3 s or a 14th of it | 0.62: 0.19, 0.69 s | 0.86: 0.41, 0.94 s | 0.87: 0.33, 0.72 s | 11 |
//! | a budget, shorter pieces | 0.54: 0.21, 0.84 s | 0.58: 0.40, 1.17 s | 0.57: 0.38, 0.87 s | 8 |

/// The budget, and what is new since the last recognition.
pub(super) struct Pace {
    /// Processor time that may be used, in microseconds.
    budget_us: i64,
    /// Voiced frames that were not recognised yet.
    new_voice: usize,
    /// Frames without voice since the last voiced one.
    quiet: usize,
}

impl Pace {
    pub(super) fn new() -> Self {
        Self {
            budget_us: FIRST_BUDGET_US,
            new_voice: 0,
            quiet: 0,
        }
    }

    /// Adds a frame of 10 ms.
    pub(super) fn push(&mut self, voiced: bool) {
        self.budget_us = (self.budget_us + BUDGET_OF_FRAME_US).min(LARGEST_BUDGET_US);
        if voiced {
            self.new_voice += 1;
            self.quiet = 0;
        } else {
            self.quiet += 1;
        }
    }

    /// Whether a piece of `frames` is recognised again: after enough new voice, or in the first
    /// pause after some.
    pub(super) fn is_due(&self, frames: usize) -> bool {
        let is_enough =
            self.new_voice >= MIN_NEW_FRAMES || (self.new_voice > 0 && self.quiet >= PAUSE_FRAMES);
        is_enough && self.budget_us >= work_us(frames)
    }

    /// Pays for the recognition of a piece, after which `new_voice` voiced frames are left.
    pub(super) fn recognised(&mut self, frames: usize, new_voice: usize) {
        self.budget_us -= work_us(frames);
        self.new_voice = new_voice;
    }
}

/// Returns the processor time to recognise a piece, about as measured on two cores at 2.5 GHz.
fn work_us(frames: usize) -> i64 {
    45_000 + 670 * frames as i64
}

/// 0.6 of a core.
const BUDGET_OF_FRAME_US: i64 = 6_000;
/// Enough for the first words of a turn, when no work has been saved.
const FIRST_BUDGET_US: i64 = 300_000;
/// More is not saved, since it would be used at once.
const LARGEST_BUDGET_US: i64 = 1_000_000;
/// Shorter than most words: 0.3 s.
const MIN_NEW_FRAMES: usize = 30;
/// Longer than the stops within words: 0.15 s.
const PAUSE_FRAMES: usize = 15;

#[cfg(test)]
mod tests {
    use super::*;

    /// Frames at which a piece that grows without end is recognised.
    fn times(voice: impl Iterator<Item = bool>) -> Vec<usize> {
        let mut pace = Pace::new();
        let mut times = Vec::new();
        for (index, voiced) in voice.enumerate() {
            pace.push(voiced);
            if pace.is_due(index + 1) {
                pace.recognised(index + 1, 0);
                times.push(index + 1);
            }
        }
        times
    }

    #[test]
    fn a_piece_is_recognised_more_rarely_the_longer_it_is() {
        let times = times([true].into_iter().cycle().take(1_100));
        assert_eq!(times[..3], [30, 60, 90]);
        let steps: Vec<usize> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert!(steps.is_sorted(), "{steps:?}");
        assert!(
            steps.iter().all(|step| (30..150).contains(step)),
            "{steps:?}"
        );
    }

    #[test]
    fn the_work_is_bounded_by_the_audio() {
        for frames in [100, 500, 1_100] {
            let times = times([true].into_iter().cycle().take(frames));
            let work: i64 = times.into_iter().map(work_us).sum();
            let allowed = FIRST_BUDGET_US + frames as i64 * BUDGET_OF_FRAME_US;
            assert!(work <= allowed, "{work} of {allowed} in {frames} frames");
        }
    }

    #[test]
    fn the_last_word_before_a_pause_is_recognised_in_it_and_silence_is_not() {
        let times = times((0..500).map(|frame| frame < 70));
        assert_eq!(times, [30, 60, 85]);
    }
}
