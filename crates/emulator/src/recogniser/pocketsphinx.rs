//! PocketSphinx, loaded at run time.
//!
//! A live pass decodes the words while they are spoken, and usually the final words too. It starts
//! with the model's default cepstral mean, so at first it misrecognises a soft voice. Therefore the
//! first turns are decoded again as a whole when they end, until [`CALIBRATION_MS`] of audio were
//! decoded this way. From a whole turn the decoder measures the mean of this voice, and keeps it.

mod library;

use std::{path::PathBuf, sync::Arc};

use self::library::{Decoder, Library, Segment};
use super::{
    interface::{RecognisedWord, Recogniser, RecogniserKind, RecogniserSource, Voice},
    resample::Resampler,
};

/// The library and its model, after a successful test.
pub(crate) struct PocketSphinxSource {
    library: Arc<Library>,
    paths: PocketSphinxPaths,
}

/// Where PocketSphinx is installed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PocketSphinxPaths {
    /// `libpocketsphinx.so.3`: a library name for the loader, or a path.
    pub library: PathBuf,
    /// `libsphinxbase.so.3`: a library name for the loader, or a path.
    pub base_library: PathBuf,
    /// Folder with `en-us/`, `en-us.lm.bin` and `cmudict-en-us.dict`.
    pub model: PathBuf,
}

impl Default for PocketSphinxPaths {
    /// The paths of Debian's packages.
    fn default() -> Self {
        Self {
            library: PathBuf::from("libpocketsphinx.so.3"),
            base_library: PathBuf::from("libsphinxbase.so.3"),
            model: PathBuf::from("/usr/share/pocketsphinx/model/en-us"),
        }
    }
}

impl PocketSphinxSource {
    /// Finds the library and the model, and opens a decoder once to test them.
    pub(crate) fn find(paths: &PocketSphinxPaths) -> Result<Self, String> {
        if cfg!(all(target_os = "linux", target_feature = "crt-static")) {
            return Err(
                "this program is statically linked, so it can't load PocketSphinx: use a build for \
                 this system's C library"
                    .to_owned(),
            );
        }
        let with_install_hint =
            |error: String| format!("{error} (on Debian or Ubuntu: apt-get install {PACKAGES})");
        for name in [
            "en-us/mdef",
            "en-us/means",
            "en-us.lm.bin",
            "cmudict-en-us.dict",
        ] {
            let file = paths.model.join(name);
            // The library exits the process if a file is missing, so check first.
            if !file.is_file() {
                return Err(with_install_hint(format!(
                    "the PocketSphinx model has no {}",
                    file.display()
                )));
            }
        }
        let library = Library::load(&paths.library, &paths.base_library)
            .map_err(|error| with_install_hint(format!("cannot load PocketSphinx: {error}")))?;
        let library = Arc::new(library);
        Decoder::open(&library, &paths.model)?;
        Ok(Self {
            library,
            paths: paths.clone(),
        })
    }
}

impl RecogniserSource for PocketSphinxSource {
    fn kind(&self) -> RecogniserKind {
        RecogniserKind::PocketSphinx
    }

    fn open(&self, rate_hz: u32) -> Result<Box<dyn Recogniser>, String> {
        Ok(Box::new(PocketSphinxRecogniser {
            decoder: Decoder::open(&self.library, &self.paths.model)?,
            resampler: (rate_hz != MODEL_RATE_HZ).then(|| Resampler::new(rate_hz, MODEL_RATE_HZ)),
            block: Vec::new(),
            turn: Vec::new(),
            calibration_samples: 0,
            processed_ms: 0,
            hypothesis: Vec::new(),
        }))
    }

    fn needs_thread(&self) -> bool {
        true
    }
}

/// The recogniser of one session.
struct PocketSphinxRecogniser {
    decoder: Decoder,
    resampler: Option<Resampler>,
    block: Vec<i16>,
    /// The turn's audio, while it may be decoded again as a whole.
    turn: Vec<i16>,
    /// Samples decoded as whole turns so far.
    calibration_samples: usize,
    processed_ms: u64,
    /// The last hypothesis. Each word has the time since which it has not changed.
    hypothesis: Vec<(RecognisedWord, u64)>,
}

impl PocketSphinxRecogniser {
    fn live_words(&mut self) -> Vec<RecognisedWord> {
        without_fillers(self.decoder.segments())
            .map(|segment| segment.to_word(LIVE_CONFIDENCE))
            .collect()
    }

    /// Decodes the whole turn again. Returns no words if that is not needed, or if the turn is too
    /// long.
    fn whole_words(&mut self) -> Vec<RecognisedWord> {
        if self.turn.len() > samples_of(WHOLE_TURN_MS) || self.is_calibrated() {
            return Vec::new();
        }
        self.decoder.start();
        self.decoder.process(&self.turn, true);
        self.decoder.end();
        let words = self.final_words();
        // A turn without words, such as a cough or a closing door, does not calibrate the voice.
        if !words.is_empty() {
            self.calibration_samples += self.turn.len();
        }
        words
    }

    fn is_calibrated(&self) -> bool {
        self.calibration_samples >= samples_of(CALIBRATION_MS)
    }

    fn final_words(&mut self) -> Vec<RecognisedWord> {
        without_fillers(self.decoder.segments())
            .map(|segment| RecognisedWord {
                settled: true,
                ..segment.to_word(segment.confidence)
            })
            .collect()
    }
}

impl Recogniser for PocketSphinxRecogniser {
    fn begin_turn(&mut self) {
        self.turn.clear();
        self.hypothesis.clear();
        self.processed_ms = 0;
        self.decoder.start();
    }

    fn process(&mut self, samples: &[i16], _voiced: bool) {
        self.block.clear();
        match &mut self.resampler {
            Some(resampler) => resampler.push(samples, &mut self.block),
            None => self.block.extend_from_slice(samples),
        }
        self.decoder.process(&self.block, false);
        // At most one block beyond the bound is kept, which shows that the turn is too long.
        if !self.is_calibrated() && self.turn.len() <= samples_of(WHOLE_TURN_MS) {
            self.turn.extend_from_slice(&self.block);
        }
        self.processed_ms += FRAME_MS;
    }

    fn words(&mut self) -> Result<Vec<RecognisedWord>, String> {
        let words = self.live_words();
        let now = self.processed_ms;
        let previous = std::mem::take(&mut self.hypothesis);
        self.hypothesis = words
            .into_iter()
            .enumerate()
            .map(|(index, word)| {
                let since = match previous.get(index) {
                    Some((before, since)) if is_same_word(before, &word) => *since,
                    _ => now,
                };
                (word, since)
            })
            .collect();
        let last_safe = self.hypothesis.len().saturating_sub(UNSTABLE_WORDS);
        let words = self.hypothesis.iter().enumerate();
        let words = words.map(|(index, (word, since))| RecognisedWord {
            settled: index < last_safe && now - since >= SETTLE_MS,
            ..word.clone()
        });
        Ok(words.collect())
    }

    fn finish_turn(&mut self) -> Result<Vec<RecognisedWord>, String> {
        self.decoder.end();
        let live = self.final_words();
        let whole = self.whole_words();
        Ok(if whole.is_empty() { live } else { whole })
    }
}

impl Segment {
    fn to_word(&self, confidence: f64) -> RecognisedWord {
        RecognisedWord {
            // The dictionary numbers alternative pronunciations: "read(2)".
            text: self.word.split('(').next().unwrap_or_default().to_owned(),
            start_ms: u64::from(self.first_frame) * FRAME_MS,
            end_ms: (u64::from(self.last_frame) + 1) * FRAME_MS,
            confidence,
            settled: false,
            voice: Voice::default(),
        }
    }
}

/// Removes silence, breath and noise, which the decoder writes as `<sil>`, `[NOISE]`, `++um++`.
fn without_fillers(segments: Vec<Segment>) -> impl Iterator<Item = Segment> {
    segments
        .into_iter()
        .filter(|segment| !segment.word.starts_with(['<', '[', '+']))
}

fn is_same_word(a: &RecognisedWord, b: &RecognisedWord) -> bool {
    a.text == b.text && a.start_ms.abs_diff(b.start_ms) <= 50
}

fn samples_of(ms: u64) -> usize {
    (ms * u64::from(MODEL_RATE_HZ) / 1_000) as usize
}

/// The rate of Debian's acoustic model.
const MODEL_RATE_HZ: u32 = 16_000;
/// Frame length of the decoder and of the turn engine.
const FRAME_MS: u64 = 10;
/// Longest turn that is decoded again. On an idle core that takes about a seventh of the turn's
/// length: 1.1 s for this.
const WHOLE_TURN_MS: u64 = 8_000;
/// Audio that is decoded as whole turns: about a sentence, enough to measure the mean.
const CALIBRATION_MS: u64 = 3_000;
/// Confidence of words from the live pass, which computes no posterior probability.
const LIVE_CONFIDENCE: f64 = 0.5;
/// A word that has not changed for this long hardly ever changes later.
const SETTLE_MS: u64 = 500;
/// Number of words at the end that never count as settled: the search changes them most.
const UNSTABLE_WORDS: usize = 2;
/// Packages to install on Debian or Ubuntu.
pub(crate) const PACKAGES: &str = "libpocketsphinx3 pocketsphinx-en-us";
