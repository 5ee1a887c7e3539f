//! The cues of a document: the texts of SRT and WebVTT files, with the times when they are shown.

use super::{
    cue::Cue,
    cue_breaks::{cue_ranges, lines},
    cue_text::{of_name, speeches},
    cue_times::settle,
    options::CueOptions,
};
use crate::{document::Document, entry::Entry};

/// Where the name of a speaker goes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum NameIn {
    /// In [`Cue::name`] only.
    Field,
    /// At the start of the first line too, if the speaker changes.
    Text,
}

/// Returns the cues of a document. Of several recordings, each starts where the one before it ends.
pub fn cues(document: &Document, options: &CueOptions) -> Vec<Cue> {
    named_cues(document, options, NameIn::Field)
}

/// Returns the cues of a document, with names where `name_in` says.
pub(super) fn named_cues(document: &Document, options: &CueOptions, name_in: NameIn) -> Vec<Cue> {
    let mut cues: Vec<Cue> = Vec::new();
    let mut offset_ms = 0;
    for part in document.parts() {
        for entry in part.transcript.entries() {
            let Entry::Turn(turn) = entry else {
                continue;
            };
            for speech in speeches(part, turn, options) {
                let mut pieces = Vec::new();
                let has_changed = cues.last().is_none_or(|it| it.name != speech.name);
                if let Some(name) = &speech.name
                    && name_in == NameIn::Text
                    && has_changed
                {
                    let start_ms = speech.pieces.first().map_or(0, |it| it.start_ms);
                    pieces = of_name(name, start_ms, options.unicode);
                }
                pieces.extend(speech.pieces);
                for range in cue_ranges(&pieces) {
                    let pieces = &pieces[range];
                    let ends = pieces.iter().map(|it| it.end_ms);
                    cues.push(Cue {
                        start_ms: offset_ms + pieces[0].start_ms,
                        end_ms: offset_ms + ends.max().unwrap_or(0),
                        lines: lines(pieces),
                        name: speech.name.clone(),
                        language: speech.language.clone(),
                    });
                }
            }
        }
        offset_ms += u64::from(part.length_ms());
    }
    settle(&mut cues);
    cues
}
