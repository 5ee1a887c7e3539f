//! The words of a turn, in a compact form.

use std::ops::Range;

use serde::{Deserialize, Serialize};

/// A word.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Word<'a> {
    /// The word, with its punctuation.
    pub text: &'a str,
    /// Start, in milliseconds of the timeline.
    pub start_ms: u32,
    /// End, in milliseconds of the timeline.
    pub end_ms: u32,
    /// The service's confidence, 0 to 1.
    pub confidence: f32,
    /// `true` if the service will not change it any more.
    pub is_final: bool,
    /// The service's label of the speaker.
    pub speaker: Option<&'a str>,
}

/// Words in spoken order.
///
/// All texts are stored in one string, joined by single spaces.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Words {
    text: String,
    marks: Vec<Mark>,
    /// All speakers, each once. Marks refer to them by index.
    speakers: Vec<String>,
}

/// All data of a word except its text.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Mark {
    /// End of the word in [`Words::text`], in bytes.
    text_end: u32,
    start_ms: u32,
    end_ms: u32,
    confidence: f32,
    is_final: bool,
    /// Index in [`Words::speakers`] plus 1; 0 for no speaker.
    speaker: u16,
}

impl Word<'_> {
    /// Returns the middle of the word, in milliseconds of the timeline.
    pub fn midpoint_ms(&self) -> u32 {
        self.start_ms.midpoint(self.end_ms)
    }
}

impl Words {
    /// Creates an empty list with capacity for `words` words of `bytes` bytes in total.
    pub fn with_capacity(words: usize, bytes: usize) -> Self {
        Self {
            text: String::with_capacity(bytes + words),
            marks: Vec::with_capacity(words),
            speakers: Vec::new(),
        }
    }

    /// Adds a word at the end. Trims its text, and ignores a word without text.
    // Inlined because another crate calls it for each word of each partial.
    #[inline]
    pub fn push(&mut self, word: Word<'_>) {
        let text = trimmed(word.text);
        if text.is_empty() {
            return;
        }
        if !self.text.is_empty() {
            self.text.push(' ');
        }
        self.text.push_str(text);
        let speaker = word.speaker.map_or(0, |speaker| self.speaker(speaker));
        self.marks.push(Mark {
            text_end: self.text.len() as u32,
            start_ms: word.start_ms,
            end_ms: word.end_ms,
            confidence: word.confidence,
            is_final: word.is_final,
            speaker,
        });
    }

    /// Returns all texts, joined by single spaces.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns the number of words.
    pub fn len(&self) -> usize {
        self.marks.len()
    }

    /// Returns `true` if there are no words.
    pub fn is_empty(&self) -> bool {
        self.marks.is_empty()
    }

    /// Returns the number of leading words that the service will not change any more.
    pub fn leading_final(&self) -> usize {
        self.marks.iter().take_while(|mark| mark.is_final).count()
    }

    /// Returns the start of the first word, in milliseconds of the timeline.
    pub fn start_ms(&self) -> Option<u32> {
        self.marks.first().map(|mark| mark.start_ms)
    }

    /// Returns the latest end of a word, in milliseconds of the timeline.
    pub fn end_ms(&self) -> Option<u32> {
        self.marks.iter().map(|mark| mark.end_ms).max()
    }

    /// Returns the words in order.
    pub fn iter(&self) -> impl Iterator<Item = Word<'_>> {
        let mut from = 0;
        self.marks.iter().map(move |mark| {
            let to = mark.text_end as usize;
            // A corrupt log may hold invalid offsets. Such a word has no text.
            let text = self.text.get(from..to).unwrap_or_default();
            from = to + 1;
            Word {
                text,
                start_ms: mark.start_ms,
                end_ms: mark.end_ms,
                confidence: mark.confidence,
                is_final: mark.is_final,
                speaker: self.speaker_at(mark.speaker),
            }
        })
    }

    /// Returns the midpoints of the words, in milliseconds of the timeline.
    pub(crate) fn midpoints_ms(&self) -> impl Iterator<Item = u32> {
        self.marks
            .iter()
            .map(|mark| mark.start_ms.midpoint(mark.end_ms))
    }

    /// Returns the text of the first `words` words, and the text of the rest.
    pub fn split(&self, words: usize) -> (&str, &str) {
        let Some(last) = words.checked_sub(1) else {
            return ("", &self.text);
        };
        let Some(mark) = self.marks.get(last) else {
            return (&self.text, "");
        };
        let parts = self.text.split_at_checked(mark.text_end as usize);
        let (first, second) = parts.unwrap_or((&self.text, ""));
        (first, second.trim_start())
    }

    /// Returns the part of `text` with the first `words` words, and the rest. If the words are not
    /// found in `text`, all of it is the rest.
    pub(crate) fn split_of<'a>(&self, text: &'a str, words: usize) -> (&'a str, &'a str) {
        let mut rest = text;
        for word in self.iter().take(words) {
            match rest.trim_start().strip_prefix(word.text) {
                Some(after) => rest = after,
                None => return ("", text),
            }
        }
        let firm = text.get(..text.len() - rest.len()).unwrap_or_default();
        (firm, rest.trim_start())
    }

    /// Returns all labels of speakers, each once.
    pub(crate) fn speakers(&self) -> impl Iterator<Item = &str> {
        self.speakers.iter().map(String::as_str)
    }

    /// Returns the place of each word in `text`, in bytes. Returns `None` if `text` is not these
    /// words with only spaces between them.
    pub(crate) fn places_in(&self, text: &str) -> Option<Vec<Range<usize>>> {
        let mut places = Vec::with_capacity(self.len());
        let mut rest = text;
        for word in self.iter() {
            rest = rest.trim_start();
            let from = text.len() - rest.len();
            rest = rest.strip_prefix(word.text)?;
            places.push(from..text.len() - rest.len());
        }
        let is_whole = rest.trim_start().is_empty();
        is_whole.then_some(places)
    }

    fn speaker(&mut self, speaker: &str) -> u16 {
        let known = self.speakers.iter().position(|it| it == speaker);
        let index = known.unwrap_or_else(|| {
            self.speakers.push(speaker.to_owned());
            self.speakers.len() - 1
        });
        u16::try_from(index + 1).unwrap_or(0)
    }

    fn speaker_at(&self, speaker: u16) -> Option<&str> {
        let index = usize::from(speaker).checked_sub(1)?;
        self.speakers.get(index).map(String::as_str)
    }
}

/// Trims like `str::trim`, with a fast path for ASCII. `trim` decodes characters from both ends,
/// which costs twice as much as everything else that is done with a word.
fn trimmed(text: &str) -> &str {
    match text.as_bytes() {
        [first, .., last] if first.is_ascii_graphic() && last.is_ascii_graphic() => text,
        _ => text.trim(),
    }
}
