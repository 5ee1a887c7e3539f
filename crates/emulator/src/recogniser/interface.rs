//! The interface of recognisers.

use std::{fmt, sync::Arc};

/// Converts the audio of one session to words, one turn at a time.
pub trait Recogniser: Send {
    /// Begins a new turn. The next samples are its first.
    fn begin_turn(&mut self);

    /// Processes the next 10 ms of the turn, at the session's rate. `voiced` is the result of the
    /// voice activity detection.
    fn process(&mut self, samples: &[i16], voiced: bool);

    /// Returns the words of the turn so far.
    ///
    /// # Errors
    ///
    /// Returns the reason if the recogniser can't be used any longer. This ends the session.
    fn words(&mut self) -> Result<Vec<RecognisedWord>, String>;

    /// Ends the turn and returns its words, all settled.
    ///
    /// # Errors
    ///
    /// As [`Self::words`].
    fn finish_turn(&mut self) -> Result<Vec<RecognisedWord>, String>;
}

/// Opens a [`Recogniser`] for each session.
pub trait RecogniserSource: Send + Sync {
    /// The kind of this recogniser.
    fn kind(&self) -> RecogniserKind;

    /// Opens a recogniser for audio at `rate_hz`. Can block if [`Self::needs_thread`].
    ///
    /// # Errors
    ///
    /// Returns the reason if the recogniser can't be opened.
    fn open(&self, rate_hz: u32) -> Result<Box<dyn Recogniser>, String>;

    /// Whether each session needs its own thread because the work would block the async runtime.
    fn needs_thread(&self) -> bool;
}

/// A recognised word, with times in milliseconds from the turn's first sample.
#[derive(Clone, Debug, PartialEq)]
pub struct RecognisedWord {
    /// The text, possibly with punctuation.
    pub text: String,
    /// Start time.
    pub start_ms: u64,
    /// End time.
    pub end_ms: u64,
    /// Confidence, 0 to 1.
    pub confidence: f64,
    /// Whether text and times can no longer change.
    pub settled: bool,
    /// Speaker and language, if the recogniser knows them.
    pub voice: Voice,
}

/// The speaker and the language of a word.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Voice {
    /// The speaker: a letter from `A`.
    pub speaker: Option<char>,
    /// The speaker after a later revision.
    pub revised_speaker: Option<char>,
    /// A language code.
    pub language: Option<Arc<str>>,
}

/// Kind of recogniser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecogniserKind {
    /// Moonshine, which recognises real words and writes punctuation.
    Moonshine,
    /// PocketSphinx, which recognises real words.
    PocketSphinx,
    /// The script: words of a text at the times of the voice.
    Script,
    /// The tones, which mean words in tests.
    Tones,
}

impl RecogniserKind {
    /// Returns the name used in flags, logs and the page's configuration.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Moonshine => "moonshine",
            Self::PocketSphinx => "pocketsphinx",
            Self::Script => "script",
            Self::Tones => "tones",
        }
    }

    /// Returns about how many of 100 words are wrong on clean English speech: of 222 words of
    /// LibriVox recordings and of other readers. Returns `None` if no word is one that was said.
    pub fn wrong_words_in_100(self) -> Option<u32> {
        match self {
            Self::Moonshine => Some(5),
            Self::PocketSphinx => Some(36),
            Self::Script | Self::Tones => None,
        }
    }
}

impl fmt::Display for RecogniserKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
