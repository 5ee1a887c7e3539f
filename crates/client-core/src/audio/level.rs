//! The loudness of a block, for a level meter.

/// The loudness of a block after the mix-down. 1.0 is full scale.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Level {
    /// The greatest absolute sample, 0 to 1.
    pub peak: f32,
    /// The root mean square, 0 to 1. A sine at full scale has 0.707.
    pub rms: f32,
}

impl Level {
    /// Returns the peak in dBFS: 0 or less, negative infinity for silence.
    #[must_use]
    pub fn peak_dbfs(self) -> f32 {
        20.0 * self.peak.log10()
    }

    /// Returns the root mean square in dBFS: 0 or less, negative infinity for silence.
    #[must_use]
    pub fn rms_dbfs(self) -> f32 {
        20.0 * self.rms.log10()
    }

    /// Returns the reading of a level meter, 0 to 1: the root mean square on a decibel scale, which
    /// matches how people hear loudness.
    #[must_use]
    pub fn meter(self) -> f32 {
        (1.0 - self.rms_dbfs() / METER_FLOOR_DBFS).clamp(0.0, 1.0)
    }
}

/// Computes the level of one block, piece by piece.
#[derive(Debug, Default)]
pub(super) struct LevelAccumulator {
    peak: f32,
    squares: f64,
    samples: usize,
}

impl LevelAccumulator {
    pub(super) fn add(&mut self, mono: &[f32]) {
        // Eight lanes, so that the compiler can keep them in vector registers.
        let mut peaks = [0.0_f32; 8];
        let mut squares = [0.0_f32; 8];
        for piece in mono.chunks(8) {
            for ((&sample, peak), square) in piece.iter().zip(&mut peaks).zip(&mut squares) {
                *peak = peak.max(sample.abs());
                *square += sample * sample;
            }
        }
        self.peak = peaks.into_iter().fold(self.peak, f32::max);
        self.squares += squares.into_iter().map(f64::from).sum::<f64>();
        self.samples += mono.len();
    }

    pub(super) fn level(&self) -> Level {
        let mean = self.squares / self.samples.max(1) as f64;
        Level {
            peak: self.peak.min(1.0),
            rms: mean.sqrt().min(1.0) as f32,
        }
    }
}

/// Lower end of the meter's scale: about the noise of a quiet room through a laptop's microphone.
const METER_FLOOR_DBFS: f32 = -60.0;

#[cfg(test)]
mod tests {
    use super::*;

    fn level_of(mono: &[f32]) -> Level {
        let mut accumulator = LevelAccumulator::default();
        accumulator.add(mono);
        accumulator.level()
    }

    #[test]
    fn a_square_wave_has_equal_peak_and_rms() {
        let level = level_of(&[0.5, -0.5, 0.5, -0.5, 0.5, -0.5, 0.5, -0.5, 0.5]);
        assert_eq!(
            level,
            Level {
                peak: 0.5,
                rms: 0.5
            }
        );
        assert!((level.rms_dbfs() + 6.02).abs() < 0.01);
    }

    #[test]
    fn silence_is_the_bottom_of_the_meter() {
        assert_eq!(level_of(&[0.0; 20]).meter(), 0.0);
        assert_eq!(level_of(&[]).meter(), 0.0);
        assert_eq!(level_of(&[0.0; 20]).peak_dbfs(), f32::NEG_INFINITY);
    }

    #[test]
    fn full_scale_is_the_top_of_the_meter() {
        assert_eq!(
            level_of(&[2.0; 9]),
            Level {
                peak: 1.0,
                rms: 1.0
            }
        );
        assert_eq!(level_of(&[2.0; 9]).meter(), 1.0);
    }

    #[test]
    fn thirty_decibels_down_is_the_middle() {
        assert!((level_of(&[0.031_622_8; 100]).meter() - 0.5).abs() < 1e-4);
    }
}
