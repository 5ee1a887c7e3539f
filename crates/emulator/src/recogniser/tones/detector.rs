//! Detects which word sounds in a frame of audio.

use super::alphabet::{self, BANDS, DIGITS};

/// Detects chords by the Goertzel algorithm, which measures the power at single frequencies.
pub(super) struct ToneDetector {
    /// `2 cos ω` of each tone.
    coefficients: [[f64; DIGITS]; BANDS],
    frame_len: usize,
}

impl ToneDetector {
    pub(super) fn new(rate_hz: u32) -> Self {
        let mut coefficients = [[0.0; DIGITS]; BANDS];
        for (band, row) in coefficients.iter_mut().enumerate() {
            for (digit, coefficient) in row.iter_mut().enumerate() {
                let turns = alphabet::frequency_hz(band, digit) / f64::from(rate_hz);
                *coefficient = 2.0 * (std::f64::consts::TAU * turns).cos();
            }
        }
        Self {
            coefficients,
            frame_len: (rate_hz / 100) as usize,
        }
    }

    /// Returns the word in a frame of 10 ms. Returns `None` if there is none, or only for a small
    /// part of the frame.
    pub(super) fn word_in(&self, frame: &[i16]) -> Option<u32> {
        // A shorter frame, at the end of a session, can't tell the tones apart.
        if frame.len() < self.frame_len {
            return None;
        }
        let energy = energy(frame);
        if energy == 0.0 {
            return None;
        }
        let mut digits = [0; BANDS];
        let mut strongest = [0.0; BANDS];
        for (band, row) in self.coefficients.iter().enumerate() {
            let shares = row.map(|coefficient| share(frame, coefficient, energy));
            let sum: f64 = shares.iter().sum();
            for (digit, share) in shares.into_iter().enumerate() {
                if share > strongest[band] {
                    strongest[band] = share;
                    digits[band] = digit;
                }
            }
            if strongest[band] < MIN_SHARE * sum {
                return None;
            }
        }
        let chord: f64 = strongest.iter().sum();
        let balanced = strongest.iter().all(|share| *share >= MIN_BALANCE * chord);
        (balanced && chord >= MIN_SHARE).then(|| alphabet::word(digits))
    }
}

/// Returns the energy of the frame without its mean.
fn energy(frame: &[i16]) -> f64 {
    let samples = || frame.iter().map(|&sample| f64::from(sample));
    let mean = samples().sum::<f64>() / frame.len() as f64;
    samples().map(|sample| (sample - mean).powi(2)).sum()
}

/// Returns the share of one tone in the energy of a frame.
fn share(frame: &[i16], coefficient: f64, energy: f64) -> f64 {
    let (mut last, mut before) = (0.0, 0.0);
    for &sample in frame {
        let next = f64::from(sample) + coefficient * last - before;
        before = last;
        last = next;
    }
    let power = last * last + before * before - coefficient * last * before;
    // A sine of amplitude A has the power (A n / 2)² here, and the energy A² n / 2.
    power * 2.0 / frame.len() as f64 / energy
}

/// Lowest share of the chord in the frame, and of the strongest tone in its band. With 0.6, a chord
/// with a jump in its phase could be taken for another: a jump moves up to 0.41 of a tone's power
/// to its neighbour.
const MIN_SHARE: f64 = 0.75;
/// Lowest share of each tone in the chord, where all should have a third: 10 dB less, for the
/// response of microphones and filters.
const MIN_BALANCE: f64 = 1.0 / 30.0;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recogniser::tones::ToneSpeech;

    /// A chord whose sign changes in the middle of the frame, as where a browser has lost samples.
    #[test]
    fn a_jump_of_the_phase_makes_no_other_word() {
        let detector = ToneDetector::new(16_000);
        for number in 0..1_000 {
            let word = ToneSpeech::new(number..number + 1, 16_000).samples();
            let frame = &word[1_600..1_760];
            for jump in (10..160).step_by(10) {
                let sample = |(index, &sample): (usize, &f32)| {
                    let gain = if index < jump { 16_384.0 } else { -16_384.0 };
                    (sample * gain) as i16
                };
                let frame: Vec<i16> = frame.iter().enumerate().map(sample).collect();
                let found = detector.word_in(&frame);
                assert!(
                    found.is_none_or(|found| found == number),
                    "{number}: {found:?}"
                );
            }
        }
    }
}
