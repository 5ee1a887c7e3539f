//! Sounds for the microphone: voices, tones, noise and silence, with WAV files.

use std::{f64::consts::PI, io, path::Path};

use inturn_emulator::ToneSpeech;

use crate::sinc::Sinc;

/// A mono sound. Full scale is from −1 to 1.
#[derive(Clone, Debug)]
pub struct Sound {
    /// Sample rate.
    pub rate_hz: u32,
    /// The samples.
    pub samples: Vec<f64>,
}

impl Sound {
    /// Creates silence.
    pub fn silence(rate_hz: u32, seconds: f64) -> Self {
        Self {
            rate_hz,
            samples: vec![0.0; sample_count(rate_hz, seconds)],
        }
    }

    /// Creates a sine with half of full scale that begins at zero.
    pub fn tone(rate_hz: u32, tone_hz: f64, seconds: f64) -> Self {
        let step = 2.0 * PI * tone_hz / f64::from(rate_hz);
        let samples = (0..sample_count(rate_hz, seconds))
            .map(|n| 0.5 * (step * n as f64).sin())
            .collect();
        Self { rate_hz, samples }
    }

    /// Creates words as tones, which the service understands with
    /// [`Setting::with_tones`](crate::stage::Setting::with_tones).
    pub fn tone_words(speech: &ToneSpeech) -> Self {
        Self {
            rate_hz: speech.rate_hz(),
            samples: speech.samples().into_iter().map(f64::from).collect(),
        }
    }

    /// Creates noise up to `top_hz`, always the same. No two parts of it are alike.
    pub fn noise(rate_hz: u32, top_hz: u32, seconds: f64) -> Self {
        let rough_hz = top_hz * 2;
        let mut state = 0x9E37_79B9_7F4A_7C15_u64;
        let rough: Vec<f64> = (0..=sample_count(rough_hz, seconds))
            .map(|_| {
                // Marsaglia's xorshift64: random enough, without a dependency.
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                ((state >> 11) as f64 / (1_u64 << 53) as f64 - 0.5) * 0.6
            })
            .collect();
        let mut samples = Sinc::between(rough_hz, rate_hz).resample(&rough, rough_hz, rate_hz);
        samples.truncate(sample_count(rate_hz, seconds));
        Self { rate_hz, samples }
    }

    /// Reads 16-bit mono samples without a header.
    ///
    /// # Errors
    ///
    /// If the file can't be read.
    pub fn read_raw(path: &Path, rate_hz: u32) -> io::Result<Self> {
        let bytes = std::fs::read(path)?;
        let samples = bytes
            .chunks_exact(2)
            .map(|pair| f64::from(i16::from_le_bytes([pair[0], pair[1]])) / FULL_SCALE)
            .collect();
        Ok(Self { rate_hz, samples })
    }

    /// Reads a 16-bit mono WAV file.
    ///
    /// # Errors
    ///
    /// If the file can't be read, or has another format.
    pub fn read_wav(path: &Path) -> Result<Self, hound::Error> {
        let mut reader = hound::WavReader::open(path)?;
        let spec = reader.spec();
        if spec.channels != 1 || spec.bits_per_sample != 16 {
            return Err(hound::Error::Unsupported);
        }
        let samples = reader
            .samples::<i16>()
            .map(|sample| sample.map(|sample| f64::from(sample) / FULL_SCALE))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            rate_hz: spec.sample_rate,
            samples,
        })
    }

    /// Writes a 16-bit mono WAV file.
    ///
    /// # Errors
    ///
    /// If the file can't be written.
    pub fn write_wav(&self, path: &Path) -> Result<(), hound::Error> {
        let spec = hound::WavSpec {
            channels: 1,
            sample_rate: self.rate_hz,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let mut writer = hound::WavWriter::create(path, spec)?;
        for sample in self.to_int16() {
            writer.write_sample(sample)?;
        }
        writer.finalize()
    }

    /// Appends `next`, resampled to this sound's rate.
    #[must_use]
    pub fn then(mut self, next: &Self) -> Self {
        self.samples.extend(next.at_rate(self.rate_hz).samples);
        self
    }

    /// Returns the part between two times, in seconds.
    #[must_use]
    pub fn part(&self, from: f64, to: f64) -> Self {
        let end = sample_count(self.rate_hz, to).min(self.samples.len());
        let start = sample_count(self.rate_hz, from).min(end);
        Self {
            rate_hz: self.rate_hz,
            samples: self.samples[start..end].to_vec(),
        }
    }

    /// Returns the sound at another rate.
    pub fn at_rate(&self, rate_hz: u32) -> Self {
        if rate_hz == self.rate_hz {
            return self.clone();
        }
        let samples =
            Sinc::between(self.rate_hz, rate_hz).resample(&self.samples, self.rate_hz, rate_hz);
        Self { rate_hz, samples }
    }

    /// Converts to 16-bit samples, clamped.
    pub fn to_int16(&self) -> Vec<i16> {
        self.samples
            .iter()
            .map(|sample| {
                (sample * FULL_SCALE)
                    .round()
                    .clamp(-FULL_SCALE, FULL_SCALE - 1.0) as i16
            })
            .collect()
    }

    /// Returns the duration in seconds.
    pub fn seconds(&self) -> f64 {
        self.samples.len() as f64 / f64::from(self.rate_hz)
    }
}

fn sample_count(rate_hz: u32, seconds: f64) -> usize {
    (f64::from(rate_hz) * seconds).round() as usize
}

const FULL_SCALE: f64 = 32_768.0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wav_file_round_trips() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("noise.wav");
        let noise = Sound::noise(44_100, 6_000, 0.5);
        noise.write_wav(&path).expect("the folder is writable");
        let read = Sound::read_wav(&path).expect("the file was just written");
        assert_eq!(read.rate_hz, 44_100);
        assert_eq!(read.to_int16(), noise.to_int16());
    }

    #[test]
    fn sounds_are_joined_without_a_gap() {
        let both = Sound::silence(44_100, 0.5).then(&Sound::tone(16_000, 937.0, 1.0));
        assert_eq!(both.samples.len(), 66_150);
        assert_eq!(both.samples[22_049], 0.0);
        // A quarter of the tone's period after its start.
        assert!((both.samples[22_050 + 12] - 0.5).abs() < 0.02);
    }
}
