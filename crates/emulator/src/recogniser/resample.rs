//! Resamples from the session's rate to the 16 kHz that speech models are trained on.
//!
//! This is deliberately not the client's filter: the client is tested against the emulator, and the
//! same bug on both sides would stay hidden.

/// A polyphase windowed-sinc filter for one stream. Its stop band attenuation, about 60 dB,
/// suffices for a recogniser.
pub(crate) struct Resampler {
    up: usize,
    down: usize,
    /// One row of taps for each of the `up` phases.
    phases: Vec<Vec<f32>>,
    history: Vec<f32>,
    /// Position of the next output, in input samples times `up`, from the start of `history`.
    position: usize,
}

impl Resampler {
    pub(crate) fn new(from_hz: u32, to_hz: u32) -> Self {
        let divisor = greatest_common_divisor(from_hz, to_hz);
        let up = (to_hz / divisor) as usize;
        let down = (from_hz / divisor) as usize;
        // The cutoff is below the lower Nyquist frequency, with room for the transition band.
        let cutoff = 0.92 * (f64::from(to_hz) / f64::from(from_hz)).min(1.0);
        let half = (f64::from(HALF_TAPS) / cutoff).ceil() as usize;
        let phases = (0..up)
            .map(|phase| taps(phase as f64 / up as f64, half, cutoff))
            .collect();
        Self {
            up,
            down,
            phases,
            history: vec![0.0; half],
            position: 0,
        }
    }

    /// Processes samples and appends the result to `output`. The last few samples are kept until
    /// the next call.
    pub(crate) fn push(&mut self, samples: &[i16], output: &mut Vec<i16>) {
        self.history
            .extend(samples.iter().map(|&sample| f32::from(sample)));
        let length = self.phases[0].len();
        while self.position / self.up + length <= self.history.len() {
            let start = self.position / self.up;
            let taps = &self.phases[self.position % self.up];
            let window = &self.history[start..start + length];
            let sum: f32 = window
                .iter()
                .zip(taps)
                .map(|(sample, tap)| sample * tap)
                .sum();
            // The cast from float to integer saturates, so a peak can't wrap.
            output.push(sum.round() as i16);
            self.position += self.down;
        }
        let consumed = (self.position / self.up).min(self.history.len());
        self.history.drain(..consumed);
        self.position -= consumed * self.up;
    }
}

/// Returns the taps for the value at `fraction` of a sample after the window's middle.
fn taps(fraction: f64, half: usize, cutoff: f64) -> Vec<f32> {
    let width = half as f64 + 1.0;
    let raw: Vec<f64> = (0..2 * half)
        .map(|index| {
            let x = index as f64 - (half as f64 - 1.0) - fraction;
            let sinc = if x == 0.0 {
                1.0
            } else {
                let angle = std::f64::consts::PI * x * cutoff;
                angle.sin() / angle
            };
            sinc * (0.5 + 0.5 * (std::f64::consts::PI * x / width).cos())
        })
        .collect();
    let sum: f64 = raw.iter().sum();
    raw.into_iter().map(|tap| (tap / sum) as f32).collect()
}

fn greatest_common_divisor(a: u32, b: u32) -> u32 {
    if b == 0 {
        a
    } else {
        greatest_common_divisor(b, a % b)
    }
}

/// Taps on each side, at the lower of the two rates.
const HALF_TAPS: u32 = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn length_and_level_are_kept_at_every_common_rate() {
        for rate_hz in [8_000_u32, 11_025, 22_050, 44_100, 48_000, 96_000] {
            let tone: Vec<i16> = (0..rate_hz)
                .map(|index| {
                    let phase = f64::from(index) * 440.0 / f64::from(rate_hz);
                    (10_000.0 * (phase * std::f64::consts::TAU).sin()) as i16
                })
                .collect();
            let mut resampler = Resampler::new(rate_hz, 16_000);
            let mut output = Vec::new();
            for block in tone.chunks(137) {
                resampler.push(block, &mut output);
            }
            assert!(
                output.len().abs_diff(16_000) < 40,
                "{rate_hz}: {}",
                output.len()
            );
            let power: f64 = output[100..].iter().map(|&s| f64::from(s).powi(2)).sum();
            let rms = (power / (output.len() - 100) as f64).sqrt();
            assert!((rms - 7_071.0).abs() < 100.0, "{rate_hz}: {rms}");
        }
    }
}
