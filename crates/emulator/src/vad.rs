//! Where somebody speaks: energy against a noise floor, on the audio's own clock.
//!
//! Energy is all it looks at. A tone or a noise louder than [`ALWAYS_VOICE_DB`] counts as a voice for
//! as long as it lasts; anything under [`NEVER_VOICE_DB`] never does; between the two the floor
//! decides, which follows a steady sound within a few seconds. The same samples give the same
//! answers, however they were cut into messages.

use std::collections::VecDeque;

/// Tells voiced frames of 10 ms from the others.
pub(crate) struct Vad {
    floor_db: f32,
    peak_db: f32,
    /// The power of the last frames: one frame of noise alone says little about the noise.
    recent: VecDeque<f32>,
    voiced_in_a_row: u32,
}

/// What a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sound {
    /// Nobody speaks.
    Quiet,
    /// Loud enough, but too short to be more than a click.
    Burst,
    /// Somebody speaks.
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

    /// Judges the next frame. Within a turn, what is far softer than the voice so far is not part of
    /// it: breath and the room's echo would otherwise keep turns open.
    pub(crate) fn judge(&mut self, frame: &[i16], in_turn: bool) -> Sound {
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
            return Sound::Quiet;
        }
        self.voiced_in_a_row += 1;
        if self.voiced_in_a_row < ONSET_FRAMES {
            Sound::Burst
        } else {
            Sound::Voice
        }
    }
}

/// The frame's power without its mean; 1 is full scale.
fn power(frame: &[i16]) -> f32 {
    let count = frame.len().max(1) as f32;
    let scaled = || frame.iter().map(|&sample| f32::from(sample) / 32_768.0);
    let mean = scaled().sum::<f32>() / count;
    scaled().map(|sample| (sample - mean).powi(2)).sum::<f32>() / count
}

fn decibel(power: f32) -> f32 {
    (10.0 * power.log10()).max(SILENCE_DB)
}

/// 16 bits reach no lower than this.
const SILENCE_DB: f32 = -100.0;
/// A soft voice at a badly set microphone; recordings of quiet rooms lie below.
const NEVER_VOICE_DB: f32 = -56.0;
/// The loudest room noise that a noise floor may explain away.
const ALWAYS_VOICE_DB: f32 = -38.0;
/// Speech stands out of its room by more than this.
const MARGIN_DB: f32 = 9.0;
/// 3 dB a second: slower than a breath between sentences, faster than a fan is switched on.
const FLOOR_RISE_DB: f32 = 0.03;
/// A voice's own softest sounds lie within this of its loudest.
const DYNAMICS_DB: f32 = 30.0;
/// 50 ms: steadies a noise's level and blurs no syllable.
const SMOOTH_FRAMES: usize = 5;
/// How far one frame of a voice may fall under the level around it.
const RIPPLE_DB: f32 = 10.0;
/// 30 ms: longer than a click of a key or a mouse.
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

    fn voiced(vad: &mut Vad, frames: &[Vec<i16>]) -> usize {
        let judged = frames.iter().map(|frame| vad.judge(frame, false));
        judged.filter(|sound| *sound == Sound::Voice).count()
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
    fn a_click_is_no_voice() {
        let mut vad = Vad::new();
        let sounds: Vec<Sound> = tone(8_000.0, 2)
            .iter()
            .map(|f| vad.judge(f, false))
            .collect();
        assert_eq!(sounds, [Sound::Burst, Sound::Burst]);
        assert_eq!(vad.judge(&[0; 160], false), Sound::Quiet);
    }

    #[test]
    fn a_steady_fan_becomes_part_of_the_room() {
        let mut vad = Vad::new();
        let fan = tone(150.0, 1_500);
        voiced(&mut vad, &fan);
        assert_eq!(voiced(&mut vad, &fan), 0);
        assert!(voiced(&mut vad, &tone(3_000.0, 20)) > 15, "a voice over it");
    }
}
