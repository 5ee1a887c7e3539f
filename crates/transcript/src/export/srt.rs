//! SRT (SubRip).

use super::{
    arrows::push_without_arrows,
    cues::{NameIn, named_cues},
    options::CueOptions,
};
use crate::document::Document;

/// Writes a document as SRT. The name of a speaker stands before the first words, because SRT has
/// no field for it.
pub fn to_srt(document: &Document, options: &CueOptions) -> String {
    let mut file = String::new();
    for (at, cue) in named_cues(document, options, NameIn::Text)
        .iter()
        .enumerate()
    {
        let (start, end) = (time(cue.start_ms), time(cue.end_ms));
        let number = at + 1;
        file.push_str(&format!("{number}\n{start} --> {end}\n"));
        for line in &cue.lines {
            push_without_arrows(&mut file, line);
            file.push('\n');
        }
        file.push('\n');
    }
    file
}

/// Formats as `00:01:05,250`.
fn time(ms: u64) -> String {
    let (hours, minutes) = (ms / 3_600_000, ms / 60_000 % 60);
    let (secs, ms) = (ms / 1_000 % 60, ms % 1_000);
    format!("{hours:02}:{minutes:02}:{secs:02},{ms:03}")
}
