//! Validates audio frames: their size, duration and rate.

use std::time::Duration;

use inturn_protocol::{Encoding, FRAME_MS, MAX_MESSAGE_BYTES};

use crate::refusal::Refusal;

/// Validates and counts the audio frames of one session.
pub(crate) struct FrameValidator {
    encoding: SampleEncoding,
    rate_hz: u32,
    short_allowance_ms: f64,
    /// Duration of all frames under the lower bound.
    short_ms: f64,
    /// Number of frames under the lower bound.
    short_count: u64,
    samples: u64,
    /// Time of the first frame.
    first_at: Option<Duration>,
}

/// Encoding with a fixed number of bytes per sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SampleEncoding {
    S16le,
    Mulaw,
}

impl FrameValidator {
    pub(crate) fn new(encoding: SampleEncoding, rate_hz: u32, short_allowance_ms: u32) -> Self {
        Self {
            encoding,
            rate_hz,
            short_allowance_ms: f64::from(short_allowance_ms),
            short_ms: 0.0,
            short_count: 0,
            samples: 0,
            first_at: None,
        }
    }

    /// Validates a frame received at `now` and returns its samples.
    pub(crate) fn validate(&mut self, frame: &[u8], now: Duration) -> Result<Vec<i16>, Refusal> {
        if frame.len() > MAX_MESSAGE_BYTES {
            return Err(Refusal::too_big(frame.len()));
        }
        let samples = self
            .encoding
            .decode(frame)
            .ok_or_else(Refusal::half_a_sample)?;
        let ms = self.ms(samples.len() as u64);
        if ms > f64::from(*FRAME_MS.end()) {
            return Err(Refusal::duration(ms));
        }
        if ms < f64::from(*FRAME_MS.start()) {
            self.short_ms += ms;
            self.short_count += 1;
            // An empty frame has no duration, so it counts as the shortest frame that was measured.
            let counted_ms = self.short_ms.max(self.short_count as f64 * SHORTEST_MS);
            if counted_ms >= self.short_allowance_ms {
                return Err(Refusal::duration(ms));
            }
        }
        self.samples += samples.len() as u64;
        self.check_rate(now)?;
        Ok(samples)
    }

    /// Received audio, in milliseconds.
    pub(crate) fn audio_ms(&self) -> u64 {
        self.samples * 1_000 / u64::from(self.rate_hz)
    }

    /// Received audio, in samples.
    pub(crate) fn samples(&self) -> u64 {
        self.samples
    }

    /// Number of frames under the lower bound.
    pub(crate) fn short_count(&self) -> u64 {
        self.short_count
    }

    /// Checks how far the audio is ahead of real time.
    fn check_rate(&mut self, now: Duration) -> Result<(), Refusal> {
        let elapsed = now
            .saturating_sub(*self.first_at.get_or_insert(now))
            .as_secs_f64();
        let audio = self.ms(self.samples) / 1_000.0;
        if audio - elapsed * DRAIN_FACTOR > BACKLOG_SECS {
            return Err(Refusal::too_fast(audio, elapsed));
        }
        Ok(())
    }

    fn ms(&self, samples: u64) -> f64 {
        samples as f64 * 1_000.0 / f64::from(self.rate_hz)
    }
}

impl SampleEncoding {
    /// Returns `None` for encodings that this emulator can't decode.
    pub(crate) fn new(encoding: Encoding) -> Option<Self> {
        match encoding {
            Encoding::PcmS16le => Some(Self::S16le),
            Encoding::PcmMulaw => Some(Self::Mulaw),
            Encoding::Opus | Encoding::OggOpus | Encoding::Aac => None,
        }
    }

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::S16le => "pcm_s16le",
            Self::Mulaw => "pcm_mulaw",
        }
    }

    /// Returns `None` if the frame ends within a sample.
    fn decode(self, frame: &[u8]) -> Option<Vec<i16>> {
        match self {
            Self::S16le => {
                let (pairs, rest) = frame.as_chunks::<2>();
                rest.is_empty()
                    .then(|| pairs.iter().map(|pair| i16::from_le_bytes(*pair)).collect())
            }
            Self::Mulaw => Some(frame.iter().map(|&byte| expand_mulaw(byte)).collect()),
        }
    }
}

/// Decodes a byte of ITU-T G.711 μ-law: sign, exponent and mantissa, all bits inverted.
fn expand_mulaw(byte: u8) -> i16 {
    let bits = !byte;
    let mantissa = i16::from(bits & 0x0f);
    let exponent = (bits >> 4) & 0x07;
    let magnitude = (((mantissa << 3) + 0x84) << exponent) - 0x84;
    if bits & 0x80 == 0 {
        magnitude
    } else {
        -magnitude
    }
}

/// The service processes a backlog at this multiple of real time (measured).
const DRAIN_FACTOR: f64 = 1.25;
/// The service ends a session whose backlog is longer than this.
const BACKLOG_SECS: f64 = 300.0;
/// Measured: 49 frames of 20 ms were refused. An empty frame counts as one of these.
const SHORTEST_MS: f64 = 20.0;

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::ZERO;

    fn validator(allowance_ms: u32) -> FrameValidator {
        FrameValidator::new(SampleEncoding::S16le, 16_000, allowance_ms)
    }

    /// Number of the first frame of this size that is refused.
    fn refused_at(validator: &mut FrameValidator, bytes: usize) -> Option<usize> {
        (1..=100).find(|_| validator.validate(&vec![0; bytes], NOW).is_err())
    }

    #[test]
    fn both_bounds_are_allowed() {
        assert_eq!(refused_at(&mut validator(977), 1_600), None);
        assert_eq!(refused_at(&mut validator(977), 32_000), None);
    }

    #[test]
    fn a_frame_over_a_second_is_refused_at_once() {
        assert_eq!(refused_at(&mut validator(977), 32_002), Some(1));
    }

    #[test]
    fn short_frames_are_refused_after_a_second_of_them() {
        assert_eq!(refused_at(&mut validator(977), 640), Some(49));
        assert_eq!(refused_at(&mut validator(977), 1_568), Some(20));
        assert_eq!(refused_at(&mut validator(977), 0), Some(49));
    }

    #[test]
    fn good_frames_do_not_reset_the_count_of_short_ones() {
        let mut validator = validator(977);
        let refused = (1..=100).find(|_| {
            validator.validate(&[0; 3_200], NOW).is_err()
                || validator.validate(&[0; 1_568], NOW).is_err()
        });
        assert_eq!(refused, Some(20));
    }

    #[test]
    fn five_minutes_ahead_is_too_far() {
        let mut validator = validator(977);
        let frame = vec![0; 32_000];
        for _ in 0..300 {
            validator
                .validate(&frame, NOW)
                .expect("a backlog of 300 s is allowed");
        }
        let refusal = validator
            .validate(&frame, NOW)
            .expect_err("a backlog of 301 s is not");
        assert_eq!(refusal.code, 3007);
        assert!(
            validator.validate(&frame, Duration::from_secs(60)).is_ok(),
            "1.25 times 60 s have been processed"
        );
    }

    #[test]
    fn mulaw_decodes_as_in_the_standards_table() {
        let known = [
            (0xff, 0),
            (0x7f, 0),
            (0x80, 32_124),
            (0x00, -32_124),
            (0xf0, 120),
            (0x70, -120),
        ];
        for (byte, sample) in known {
            assert_eq!(expand_mulaw(byte), sample, "{byte:#x}");
        }
    }
}
