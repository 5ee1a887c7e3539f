//! Which chunks are silent, and which probably contain speech.

/// The loudness of a chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Loudness {
    /// The greatest absolute sample.
    pub(super) peak: u16,
    /// Whether it is much louder than the background.
    pub(super) is_speech: bool,
}

impl Loudness {
    /// Returns `true` if there can be no word in it.
    pub(super) fn is_silent(self) -> bool {
        self.peak <= SILENT_PEAK
    }
}

/// Follows the loudness of the background: it falls at once, and rises slowly. A constant noise is
/// background, but speech has pauses.
#[derive(Debug, Default)]
pub(super) struct SpeechDetector {
    /// Mean square of the background. `None` until the first sound: a device that starts delivers
    /// digital silence, which says nothing about the room. Later digital silence is a noise gate's.
    background: Option<f64>,
}

impl SpeechDetector {
    /// Adds a chunk.
    pub(super) fn add(&mut self, samples: &[i16]) -> Loudness {
        let peak = samples
            .iter()
            .map(|it| it.unsigned_abs())
            .max()
            .unwrap_or(0);
        let squares = samples.iter().map(|it| f64::from(*it) * f64::from(*it));
        let mean_square = squares.sum::<f64>() / samples.len().max(1) as f64;
        if peak > 0 || self.background.is_some() {
            let risen = self.background.map(|it| it * BACKGROUND_RISE);
            let background = mean_square.min(risen.unwrap_or(mean_square));
            self.background = Some(background.max(MIN_BACKGROUND));
        }
        let speech_from = self.background.map(|it| it * SPEECH_RATIO);
        Loudness {
            peak,
            is_speech: speech_from.is_some_and(|it| mean_square > it),
        }
    }
}

/// Greatest sample of a silent chunk: -54 dBFS. The noise of a quiet room is at about -60 dBFS;
/// a whisper reaches -40 dBFS.
const SILENT_PEAK: u16 = 64;

/// Minimum mean square of the background, about -64 dBFS.
const MIN_BACKGROUND: f64 = 400.0;

/// How much louder than the background speech is: 12 dB in power.
const SPEECH_RATIO: f64 = 16.0;

/// Rise of the background per chunk: with chunks of 100 ms, by 12 dB in about 6 s, so that speech
/// stays speech from one breath to the next.
const BACKGROUND_RISE: f64 = 1.05;

#[cfg(test)]
mod tests {
    use super::*;

    fn speech(detector: &mut SpeechDetector, amplitude: i16, chunks: usize) -> usize {
        let chunk = [amplitude; 1_600];
        let added = (0..chunks).map(|_| detector.add(&chunk).is_speech);
        added.filter(|is_speech| *is_speech).count()
    }

    #[test]
    fn words_with_pauses_are_speech() {
        let mut detector = SpeechDetector::default();
        for _ in 0..100 {
            assert_eq!(speech(&mut detector, 30, 2), 0);
            assert_eq!(speech(&mut detector, 3_000, 8), 8);
        }
    }

    #[test]
    fn words_behind_a_noise_gate_are_speech() {
        let mut detector = SpeechDetector::default();
        speech(&mut detector, 3_000, 8);
        for _ in 0..100 {
            assert_eq!(speech(&mut detector, 0, 2), 0);
            assert_eq!(speech(&mut detector, 3_000, 8), 8);
        }
    }

    #[test]
    fn constant_noise_becomes_background() {
        let mut detector = SpeechDetector::default();
        assert_eq!(speech(&mut detector, 0, 6), 0);
        assert_eq!(speech(&mut detector, 3_000, 600), 0);
        assert_eq!(speech(&mut detector, 20_000, 3), 3);
        // A louder noise that stays becomes background too.
        speech(&mut detector, 20_000, 100);
        assert_eq!(speech(&mut detector, 20_000, 100), 0);
    }

    #[test]
    fn a_quiet_room_is_silent_and_a_whisper_is_not() {
        let mut detector = SpeechDetector::default();
        assert!(detector.add(&[33, -33]).is_silent());
        assert!(!detector.add(&[330, -330]).is_silent());
    }
}
