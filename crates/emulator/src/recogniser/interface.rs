//! What a recogniser is, and what it hears.

use std::fmt;
use std::sync::Arc;

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
