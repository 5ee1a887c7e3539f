//! Recognisers: convert the samples of a turn to words.
//!
//! The turn engine decides by the audio's energy where a turn begins and ends. A recogniser gets
//! one turn at a time. Recognisers implement [`Recogniser`], so a more accurate one can be added.

mod interface;
mod moonshine;
mod pocketsphinx;
mod resample;
mod script;
mod tones;

use std::sync::Arc;

pub use self::{
    interface::{RecognisedWord, Recogniser, RecogniserKind, RecogniserSource, Voice},
    moonshine::MoonshinePaths,
    pocketsphinx::PocketSphinxPaths,
    tones::{TONE_WORDS, ToneSpeech, ToneWord},
};
use self::{
    moonshine::MoonshineSource, pocketsphinx::PocketSphinxSource, script::ScriptSource,
    tones::TonesSource,
};

/// Which recogniser to use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum RecogniserChoice {
    /// The most accurate one that is installed: Moonshine, else PocketSphinx, else the script.
    #[default]
    Auto,
    /// Moonshine; an error if it is not installed.
    Moonshine,
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

/// Creates the chosen source. With [`RecogniserChoice::Auto`], also returns why a more accurate
/// recogniser is not used.
///
/// # Errors
///
/// Returns an error if a recogniser was chosen that is not available.
pub(crate) fn choose(
    choice: RecogniserChoice,
    moonshine: &MoonshinePaths,
    pocketsphinx: &PocketSphinxPaths,
    text: &str,
) -> Result<(Arc<dyn RecogniserSource>, Option<String>), String> {
    let moonshine = || Ok::<_, String>(as_source(MoonshineSource::find(moonshine)?));
    let pocketsphinx = || Ok::<_, String>(as_source(PocketSphinxSource::find(pocketsphinx)?));
    let script = || as_source(ScriptSource::new(text));
    match choice {
        RecogniserChoice::Script => Ok((script(), None)),
        RecogniserChoice::Tones => Ok((as_source(TonesSource::new(text)), None)),
        RecogniserChoice::PocketSphinx => Ok((pocketsphinx()?, None)),
        RecogniserChoice::Moonshine => Ok((moonshine()?, None)),
        RecogniserChoice::Auto => Ok(match moonshine() {
            Ok(source) => (source, None),
            Err(no_moonshine) => match pocketsphinx() {
                Ok(source) => (source, Some(no_moonshine)),
                Err(reason) => (script(), Some(format!("{no_moonshine}; {reason}"))),
            },
        }),
    }
}

fn as_source(source: impl RecogniserSource + 'static) -> Arc<dyn RecogniserSource> {
    Arc::new(source)
}
