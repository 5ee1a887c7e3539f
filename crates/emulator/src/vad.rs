//! Voice activity detection: compares the audio's energy with a noise floor.
//!
//! It evaluates only energy. Any sound louder than [`ALWAYS_VOICE_DB`] counts as a voice, however
//! long it lasts. Sound under [`NEVER_VOICE_DB`] never counts as one. Between the two, a sound
//! counts if it is louder than the noise floor, which rises to a steady sound within a few seconds.
//! The result does not depend on how the samples were split into messages.

use std::collections::VecDeque;

/// Classifies frames of 10 ms as voiced or not.
pub(crate) struct Vad {
    /// Level of the noise floor.
    floor_db: f32,
    /// Highest level in the open turn.
    peak_db: f32,
    /// Power of the last frames. Their average is a steadier measure of noise than one frame.
    recent: VecDeque<f32>,
    voiced_in_a_row: u32,
}

/// Result for one frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FrameKind {
    /// No voice.
    Quiet,
    /// Loud enough for a voice, but so far too short: possibly a click.
    Burst,
    /// A voice.
    Voice,
}

impl Vad {
    pub(crate) fn new() -> Self {
        Self {
            floor_db: NEVER_VOICE_DB - MARGIN_DB,
            peak_db: SILENCE_DB,
            recent: VecDeque::with_capacity(SMOOTH_FRAMES + 1),
            voiced_in_a_row: 0,
        }
    }

    /// Classifies the next frame.
    ///
    /// Within a turn, sound far softer than the voice so far counts as quiet. Otherwise breath and
    /// the room's echo would keep turns open.
    pub(crate) fn classify(&mut self, frame: &[i16], in_turn: bool) -> FrameKind {
        let power = power(frame);
        self.recent.push_back(power);
        if self.recent.len() > SMOOTH_FRAMES {
            self.recent.pop_front();
        }
        let smooth_db = decibel(self.recent.iter().sum::<f32>() / self.recent.len() as f32);
        let mut threshold_db = (self.floor_db + MARGIN_DB).clamp(NEVER_VOICE_DB, ALWAYS_VOICE_DB);
        if in_turn {
            self.peak_db = self.peak_db.max(smooth_db);
            threshold_db = threshold_db.max((self.peak_db - DYNAMICS_DB).min(ALWAYS_VOICE_DB));
        } else {
            self.peak_db = SILENCE_DB;
        }
        self.floor_db = if smooth_db < self.floor_db {
            smooth_db.max(NEVER_VOICE_DB - MARGIN_DB)
        } else {
            (self.floor_db + FLOOR_RISE_DB).min(ALWAYS_VOICE_DB - MARGIN_DB)
        };
        if smooth_db < threshold_db || decibel(power) < threshold_db - RIPPLE_DB {
            self.voiced_in_a_row = 0;
            return FrameKind::Quiet;
        }
        self.voiced_in_a_row += 1;
        if self.voiced_in_a_row < ONSET_FRAMES {
            FrameKind::Burst
        } else {
            FrameKind::Voice
        }
    }
}

/// Returns the frame's power without its mean. 1 is full scale.
fn power(frame: &[i16]) -> f32 {
    let count = frame.len().max(1) as f32;
    let scaled = || frame.iter().map(|&sample| f32::from(sample) / 32_768.0);
    let mean = scaled().sum::<f32>() / count;
    scaled().map(|sample| (sample - mean).powi(2)).sum::<f32>() / count
}

fn decibel(power: f32) -> f32 {
    (10.0 * power.log10()).max(SILENCE_DB)
}

/// Lowest level that is distinguished; 16 bits can't represent less.
const SILENCE_DB: f32 = -100.0;
/// Level of a soft voice at a microphone with low gain. Recordings of quiet rooms are below it.
const NEVER_VOICE_DB: f32 = -56.0;
/// Highest level that can count as noise of the room.
const ALWAYS_VOICE_DB: f32 = -38.0;
/// Speech is louder than the noise floor by more than this.
const MARGIN_DB: f32 = 9.0;
/// Rise of the floor per frame, 3 dB a second. So a word does not raise it, but a fan that was
/// switched on becomes part of it within seconds.
const FLOOR_RISE_DB: f32 = 0.03;
/// The softest sounds of a voice are within this range below its loudest.
const DYNAMICS_DB: f32 = 30.0;
/// 50 ms: long enough for a steady level of noise, shorter than a syllable.
const SMOOTH_FRAMES: usize = 5;
/// How far a single frame of a voice can be below the threshold.
const RIPPLE_DB: f32 = 10.0;
/// 30 ms: longer than the click of a key or a mouse.
const ONSET_FRAMES: u32 = 3;

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(amplitude: f64, frames: usize) -> Vec<Vec<i16>> {
        let sample = |index: usize| {
            let phase = index as f64 * 937.0 / 16_000.0 * std::f64::consts::TAU;
            (amplitude * phase.sin()) as i16
        };
        (0..frames)
            .map(|frame| (frame * 160..(frame + 1) * 160).map(sample).collect())
            .collect()
    }

    /// Number of voiced frames.
    fn voiced(vad: &mut Vad, frames: &[Vec<i16>]) -> usize {
        let kinds = frames.iter().map(|frame| vad.classify(frame, false));
        kinds.filter(|kind| *kind == FrameKind::Voice).count()
    }

    #[test]
    fn a_loud_tone_is_a_voice_for_as_long_as_it_lasts() {
        let mut vad = Vad::new();
        assert_eq!(voiced(&mut vad, &tone(8_000.0, 6_000)), 5_998);
    }

    #[test]
    fn zeros_are_quiet_and_so_is_a_faint_hum() {
        let mut vad = Vad::new();
        assert_eq!(voiced(&mut vad, &vec![vec![0; 160]; 300]), 0);
        assert_eq!(voiced(&mut vad, &tone(40.0, 300)), 0);
    }

    #[test]
    fn a_click_is_not_a_voice() {
        let mut vad = Vad::new();
        let sounds: Vec<FrameKind> = tone(8_000.0, 2)
            .iter()
            .map(|f| vad.classify(f, false))
            .collect();
        assert_eq!(sounds, [FrameKind::Burst, FrameKind::Burst]);
        assert_eq!(vad.classify(&[0; 160], false), FrameKind::Quiet);
    }

    #[test]
    fn a_steady_fan_becomes_part_of_the_noise_floor() {
        let mut vad = Vad::new();
        let fan = tone(150.0, 1_500);
        voiced(&mut vad, &fan);
        assert_eq!(voiced(&mut vad, &fan), 0);
        assert!(voiced(&mut vad, &tone(3_000.0, 20)) > 15, "a voice over it");
    }
}
