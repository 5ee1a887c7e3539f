//! PocketSphinx, loaded at run time.
//!
//! A live pass gives the words while they are spoken, and mostly the final ones too. It starts from
//! the model's own idea of a microphone, though, and mishears a soft voice at first. So the first
//! turns are decoded once more as a whole when they end, until [`CALIBRATION_MS`] have been: only a
//! whole turn lets the decoder measure this sound's own mean, which it keeps from then on.

mod library;

use std::path::PathBuf;
use std::sync::Arc;

use library::{Decoder, Library, Segment};

use super::interface::{HeardWord, Recogniser, RecogniserKind, RecogniserSource, Voice};
use super::resample::Resampler;

/// The library and its model, found and tried.
pub(crate) struct PocketSphinx {
    library: Arc<Library>,
    paths: PocketSphinxPaths,
}

/// Where PocketSphinx is looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PocketSphinxPaths {
    /// `libpocketsphinx.so.3`: a name for the loader to find, or a path.
    pub library: PathBuf,
    /// `libsphinxbase.so.3`, likewise.
    pub base_library: PathBuf,
    /// The folder that holds `en-us/`, `en-us.lm.bin` and `cmudict-en-us.dict`.
    pub model: PathBuf,
}

impl Default for PocketSphinxPaths {
    /// Where Debian's packages put them.
    fn default() -> Self {
        Self {
            library: PathBuf::from("libpocketsphinx.so.3"),
            base_library: PathBuf::from("libsphinxbase.so.3"),
            model: PathBuf::from("/usr/share/pocketsphinx/model/en-us"),
        }
    }
}

impl PocketSphinx {
    /// Looks for library and model and opens a decoder once, so that later sessions can rely on it.
    pub(crate) fn find(paths: &PocketSphinxPaths) -> Result<Self, String> {
        if cfg!(all(target_os = "linux", target_feature = "crt-static")) {
            return Err(
                "this program is fully static, so it can't load PocketSphinx: take one that is built \
                 for this system's own C library"
                    .to_owned(),
            );
        }
        let absent =
            |what: String| format!("{what} (on Debian or Ubuntu: apt-get install {PACKAGES})");
        for name in [
            "en-us/mdef",
            "en-us/means",
            "en-us.lm.bin",
            "cmudict-en-us.dict",
        ] {
            let file = paths.model.join(name);
            // The library ends the whole process over a missing file, so look before it does.
            if !file.is_file() {
                return Err(absent(format!(
                    "the PocketSphinx model lacks {}",
                    file.display()
                )));
            }
        }
        let library = Library::load(&paths.library, &paths.base_library)
            .map_err(|error| absent(format!("PocketSphinx cannot be loaded: {error}")))?;
        let library = Arc::new(library);
        Decoder::open(&library, &paths.model)?;
        Ok(Self {
            library,
            paths: paths.clone(),
        })
    }
}

impl RecogniserSource for PocketSphinx {
    fn kind(&self) -> RecogniserKind {
        RecogniserKind::PocketSphinx
    }

    fn open(&self, rate_hz: u32) -> Result<Box<dyn Recogniser>, String> {
        Ok(Box::new(Listening {
            decoder: Decoder::open(&self.library, &self.paths.model)?,
            resampler: (rate_hz != MODEL_RATE_HZ).then(|| Resampler::new(rate_hz, MODEL_RATE_HZ)),
            block: Vec::new(),
            turn: Vec::new(),
            calibrated: 0,
            heard_ms: 0,
            held: Vec::new(),
        }))
    }

    fn is_heavy(&self) -> bool {
        true
    }
}

/// One session's decoder.
struct Listening {
    decoder: Decoder,
    resampler: Option<Resampler>,
    block: Vec<i16>,
    /// The turn's audio, as long as it may still be decoded as a whole.
    turn: Vec<i16>,
    /// How much has been decoded as a whole, in samples.
    calibrated: usize,
    heard_ms: u64,
    /// The last hypothesis, each word with the time since which it has not changed.
    held: Vec<(HeardWord, u64)>,
}

impl Listening {
    fn live_words(&mut self) -> Vec<HeardWord> {
        spoken(self.decoder.segments())
            .map(|segment| segment.to_word(LIVE_CONFIDENCE))
            .collect()
    }

    fn whole_words(&mut self) -> Vec<HeardWord> {
        if self.turn.len() > samples_of(WHOLE_TURN_MS) || self.is_calibrated() {
            return Vec::new();
        }
        self.decoder.start();
        self.decoder.process(&self.turn, true);
        self.decoder.end();
        let words = self.final_words();
        // A cough or a closing door says nothing about the speaker.
        if !words.is_empty() {
            self.calibrated += self.turn.len();
        }
        words
    }

    fn is_calibrated(&self) -> bool {
        self.calibrated >= samples_of(CALIBRATION_MS)
    }

    fn final_words(&mut self) -> Vec<HeardWord> {
        spoken(self.decoder.segments())
            .map(|segment| HeardWord {
                settled: true,
                ..segment.to_word(segment.confidence)
            })
            .collect()
    }
}

impl Recogniser for Listening {
    fn begin_turn(&mut self) {
        self.turn.clear();
        self.held.clear();
        self.heard_ms = 0;
        self.decoder.start();
    }

    fn hear(&mut self, samples: &[i16], _voiced: bool) {
        self.block.clear();
        match &mut self.resampler {
            Some(resampler) => resampler.push(samples, &mut self.block),
            None => self.block.extend_from_slice(samples),
        }
        self.decoder.process(&self.block, false);
        // One block over the bound is enough to know that the turn is too long.
        if !self.is_calibrated() && self.turn.len() <= samples_of(WHOLE_TURN_MS) {
            self.turn.extend_from_slice(&self.block);
        }
        self.heard_ms += FRAME_MS;
    }

    fn words(&mut self) -> Vec<HeardWord> {
        let words = self.live_words();
        let now = self.heard_ms;
        let held = std::mem::take(&mut self.held);
        self.held = words
            .into_iter()
            .enumerate()
            .map(|(index, word)| {
                let since = match held.get(index) {
                    Some((before, since)) if same(before, &word) => *since,
                    _ => now,
                };
                (word, since)
            })
            .collect();
        let last_safe = self.held.len().saturating_sub(RESTLESS_WORDS);
        self.held
            .iter()
            .enumerate()
            .map(|(index, (word, since))| HeardWord {
                settled: index < last_safe && now - since >= SETTLE_MS,
                ..word.clone()
            })
            .collect()
    }

    fn finish_turn(&mut self) -> Vec<HeardWord> {
        self.decoder.end();
        let live = self.final_words();
        let whole = self.whole_words();
        if whole.is_empty() { live } else { whole }
    }
}

impl Segment {
    fn to_word(&self, confidence: f64) -> HeardWord {
        HeardWord {
            // The dictionary numbers its pronunciations: "read(2)".
            text: self.word.split('(').next().unwrap_or_default().to_owned(),
            start_ms: u64::from(self.first_frame) * FRAME_MS,
            end_ms: (u64::from(self.last_frame) + 1) * FRAME_MS,
            confidence,
            settled: false,
            voice: Voice::default(),
        }
    }
}

/// Leaves out silence, breath and noise, which the decoder writes as `<sil>`, `[NOISE]`, `++um++`.
fn spoken(segments: Vec<Segment>) -> impl Iterator<Item = Segment> {
    segments
        .into_iter()
        .filter(|segment| !segment.word.starts_with(['<', '[', '+']))
}

fn same(a: &HeardWord, b: &HeardWord) -> bool {
    a.text == b.text && a.start_ms.abs_diff(b.start_ms) <= 50
}

fn samples_of(ms: u64) -> usize {
    (ms * u64::from(MODEL_RATE_HZ) / 1_000) as usize
}

/// The rate of Debian's acoustic model.
const MODEL_RATE_HZ: u32 = 16_000;
/// The decoder's frame, and the engine's.
const FRAME_MS: u64 = 10;
/// The second pass takes about a seventh of the turn's length on an idle core: 1.1 s for this.
const WHOLE_TURN_MS: u64 = 8_000;
/// A sentence: enough for a mean.
const CALIBRATION_MS: u64 = 3_000;
/// The live pass gives no posterior; this says no more than "tentative".
const LIVE_CONFIDENCE: f64 = 0.5;
/// A word that stood still this long has hardly ever changed again.
const SETTLE_MS: u64 = 500;
/// The search rewrites its last words most.
const RESTLESS_WORDS: usize = 2;
/// What a Debian or Ubuntu machine must install.
pub(crate) const PACKAGES: &str = "libpocketsphinx3 pocketsphinx-en-us";
