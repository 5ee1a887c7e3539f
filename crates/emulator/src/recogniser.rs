//! Recognisers: from the samples of a turn to words.
//!
//! Where a turn begins and ends is decided outside, by the audio's energy; a recogniser gets one turn
//! at a time. Each sits behind [`Recogniser`], so a more accurate one can be added beside these.

mod pocketsphinx;
mod resample;
mod script;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

pub(crate) use pocketsphinx::PocketSphinx;
pub(crate) use script::Script;

/// Turns the sound of one session into words, a turn at a time.
pub trait Recogniser: Send {
    /// A new turn begins; its first sample comes next.
    fn begin_turn(&mut self);

    /// Takes the next 10 ms of the turn, at the session's rate. `voiced` is the energy's verdict.
    fn hear(&mut self, samples: &[i16], voiced: bool);

    /// The words of the turn as far as they can be told now.
    fn words(&mut self) -> Vec<HeardWord>;

    /// The turn is over: its words, all settled.
    fn finish_turn(&mut self) -> Vec<HeardWord>;
}

/// Opens a [`Recogniser`] for each session.
pub trait RecogniserSource: Send + Sync {
    /// Which one this is.
    fn kind(&self) -> RecogniserKind;

    /// Opens a recogniser for audio at `rate_hz`. May take long; runs where [`Self::is_heavy`] says.
    ///
    /// # Errors
    /// A sentence, when it cannot be had.
    fn open(&self, rate_hz: u32) -> Result<Box<dyn Recogniser>, String>;

    /// Whether each session needs a thread of its own, for the work would hold the runtime up.
    fn is_heavy(&self) -> bool;
}

/// A word, with times in milliseconds from the turn's first sample.
#[derive(Clone, Debug, PartialEq)]
pub struct HeardWord {
    /// As the recogniser writes it; may carry punctuation.
    pub text: String,
    /// Where it begins.
    pub start_ms: u64,
    /// Where it ends.
    pub end_ms: u64,
    /// 0 to 1.
    pub confidence: f64,
    /// Whether text and times will stay as they are.
    pub settled: bool,
    /// Who says it, and in which language, as far as the recogniser can tell.
    pub voice: Voice,
}

/// The speaker and the language of a word.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Voice {
    /// The speaker: a letter from `A`.
    pub speaker: Option<char>,
    /// The speaker that a later look finds instead.
    pub revised_speaker: Option<char>,
    /// A language code.
    pub language: Option<Arc<str>>,
}

/// The recognisers there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecogniserKind {
    /// Real words, from PocketSphinx.
    PocketSphinx,
    /// Words of a text, timed to the voice.
    Script,
}

/// Which recogniser to use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum RecogniserChoice {
    /// PocketSphinx where it is found, else the script.
    #[default]
    Auto,
    /// PocketSphinx, or fail.
    #[value(name = "pocketsphinx")]
    PocketSphinx,
    /// The script.
    Script,
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

impl RecogniserKind {
    /// The name used in flags, logs and the page's configuration.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PocketSphinx => "pocketsphinx",
            Self::Script => "script",
        }
    }
}

impl fmt::Display for RecogniserKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
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

/// Makes the source that was chosen. With [`RecogniserChoice::Auto`], also says why it had to be the
/// script.
///
/// # Errors
/// When PocketSphinx was asked for by name and cannot be had.
pub(crate) fn choose(
    choice: RecogniserChoice,
    paths: &PocketSphinxPaths,
    script: &str,
) -> Result<(Arc<dyn RecogniserSource>, Option<String>), String> {
    let scripted = || Arc::new(Script::new(script)) as Arc<dyn RecogniserSource>;
    match choice {
        RecogniserChoice::Script => Ok((scripted(), None)),
        RecogniserChoice::PocketSphinx => {
            let source = PocketSphinx::find(paths)?;
            Ok((Arc::new(source), None))
        }
        RecogniserChoice::Auto => Ok(match PocketSphinx::find(paths) {
            Ok(source) => (Arc::new(source), None),
            Err(why) => (scripted(), Some(why)),
        }),
    }
}
