//! Recognisers: from the samples of a turn to words.
//!
//! Where a turn begins and ends is decided outside, by the audio's energy; a recogniser gets one turn
//! at a time. Each sits behind [`Recogniser`], so a more accurate one can be added beside these.

mod interface;
mod pocketsphinx;
mod resample;
mod script;

use std::sync::Arc;

pub use interface::{HeardWord, Recogniser, RecogniserKind, RecogniserSource, Voice};
pub use pocketsphinx::PocketSphinxPaths;

use pocketsphinx::PocketSphinx;
use script::Script;

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
