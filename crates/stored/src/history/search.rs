//! Searching all past transcripts.

use inturn_transcript::{Document, Query};

/// What a search finds in the words of a recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hits {
    /// The number of places.
    pub count: usize,
    /// The first place, if there is one.
    pub first: Option<Snippet>,
}

/// A place with the words around it, without line breaks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snippet {
    /// The words before the place. They begin with `…` if the turn has more.
    pub before: String,
    /// The place.
    pub found: String,
    /// The words after the place. They end with `…` if the turn has more.
    pub after: String,
}

impl Hits {
    /// Searches a recording. `title` is what the list shows as its title. Returns `None` if neither
    /// title nor words have the text.
    pub fn find(query: &Query, title: &str, document: &Document) -> Option<Self> {
        let places = query.in_document(document);
        let first = places.first().and_then(|place| {
            let part = document.part(place.recording)?;
            let reading = part.transcript.reading(place.entry.turn()?)?;
            let text = reading.text();
            Some(Snippet {
                before: last_words(text.get(..place.bytes.start)?),
                found: text.get(place.bytes.clone())?.to_owned(),
                after: first_words(text.get(place.bytes.end..)?),
            })
        });
        let count = places.len();
        (count > 0 || query.is_in(title)).then_some(Self { count, first })
    }
}

/// Returns the end of a text, from the start of a word on.
fn last_words(text: &str) -> String {
    let mut starts = text.char_indices().rev().map(|(at, _)| at);
    let Some(from) = starts.nth(BEFORE_CHARS) else {
        return text.to_owned();
    };
    let kept = text.get(from..).unwrap_or_default();
    // Languages without spaces are cut anywhere.
    let words = kept.split_once(' ').map_or(kept, |(_, words)| words);
    ["…", words].concat()
}

/// Returns the start of a text, up to the end of a word.
fn first_words(text: &str) -> String {
    let Some((to, _)) = text.char_indices().nth(AFTER_CHARS) else {
        return text.to_owned();
    };
    let kept = text.get(..to).unwrap_or_default();
    let words = kept.rsplit_once(' ').map_or(kept, |(words, _)| words);
    [words, "…"].concat()
}

/// A row of the list has about 45 characters in a line. The place is in the first one, and there is
/// a second one at most.
const BEFORE_CHARS: usize = 24;
const AFTER_CHARS: usize = 48;
