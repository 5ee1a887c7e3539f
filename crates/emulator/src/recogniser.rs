//! Recognisers: convert the samples of a turn to words.
//!
//! The turn engine decides by the audio's energy where a turn begins and ends. A recogniser gets
//! one turn at a time. Recognisers implement [`Recogniser`], so a more accurate one can be added.

mod interface;
mod pocketsphinx;
mod resample;
mod script;
mod tones;

use std::sync::Arc;

pub use self::{
    interface::{RecognisedWord, Recogniser, RecogniserKind, RecogniserSource, Voice},
    pocketsphinx::PocketSphinxPaths,
    tones::{TONE_WORDS, ToneSpeech, ToneWord},
};
use self::{pocketsphinx::PocketSphinxSource, script::ScriptSource, tones::TonesSource};

/// Which recogniser to use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum RecogniserChoice {
    /// PocketSphinx if it is installed, else the script.
    #[default]
    Auto,
    /// PocketSphinx; an error if it is not installed.
    #[value(name = "pocketsphinx")]
    PocketSphinx,
    /// The script.
    Script,
    /// The tones of [`ToneSpeech`], for tests.
    // Not in `--help`, since programs that mount the emulator for people have this flag too.
    #[value(hide = true)]
    Tones,
}

/// Creates the chosen source. With [`RecogniserChoice::Auto`], also returns the reason for a
/// fallback to the script.
///
/// # Errors
///
/// Returns an error if PocketSphinx was chosen but is not available.
pub(crate) fn choose(
    choice: RecogniserChoice,
    paths: &PocketSphinxPaths,
    text: &str,
) -> Result<(Arc<dyn RecogniserSource>, Option<String>), String> {
    let script = || Arc::new(ScriptSource::new(text)) as Arc<dyn RecogniserSource>;
    match choice {
        RecogniserChoice::Script => Ok((script(), None)),
        RecogniserChoice::Tones => Ok((Arc::new(TonesSource::new(text)), None)),
        RecogniserChoice::PocketSphinx => {
            let source = PocketSphinxSource::find(paths)?;
            Ok((Arc::new(source), None))
        }
        RecogniserChoice::Auto => Ok(match PocketSphinxSource::find(paths) {
            Ok(source) => (Arc::new(source), None),
            Err(reason) => (script(), Some(reason)),
        }),
    }
}
