//! The words of a turn, in little memory.

use serde::{Deserialize, Serialize};

/// One word.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Word<'a> {
    /// The word, with its punctuation.
    pub text: &'a str,
    /// Where it begins, in milliseconds of the timeline.
    pub start_ms: u32,
    /// Where it ends, in milliseconds of the timeline.
    pub end_ms: u32,
    /// The service's confidence, 0 to 1.
    pub confidence: f32,
    /// Whether the service will not change it any more.
    pub is_final: bool,
    /// Who spoke it, as the service labels speakers.
    pub speaker: Option<&'a str>,
}

/// Words in the order in which they were said.
///
/// Their texts stand in one string, joined by single spaces.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Words {
    text: String,
    marks: Vec<Mark>,
    /// Each speaker once; a mark refers to its place.
    speakers: Vec<String>,
}

/// What is known of one word but its text.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Mark {
    /// Where the word ends in [`Words::text`], in bytes.
    text_end: u32,
    start_ms: u32,
    end_ms: u32,
    confidence: f32,
    is_final: bool,
    /// A place in [`Words::speakers`], from 1; 0 for no speaker.
    speaker: u16,
}

impl Words {
    /// Without words yet, with room for so many words of so many bytes together.
    pub fn with_capacity(words: usize, bytes: usize) -> Self {
        Self {
            text: String::with_capacity(bytes + words),
            marks: Vec::with_capacity(words),
            speakers: Vec::new(),
        }
    }

    /// Adds a word at the end. Space around its text is dropped; a word without text is not added.
    // It is called for each word of each partial, from another crate.
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

    /// All texts, joined by single spaces.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// How many words there are.
    pub fn len(&self) -> usize {
        self.marks.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.marks.is_empty()
    }

    /// How many words, from the first, the service will not change any more.
    pub fn leading_final(&self) -> usize {
        self.marks.iter().take_while(|mark| mark.is_final).count()
    }

    /// Where the first word begins, in milliseconds of the timeline.
    pub fn start_ms(&self) -> Option<u32> {
        self.marks.first().map(|mark| mark.start_ms)
    }

    /// Where the last of them ends, in milliseconds of the timeline.
    pub fn end_ms(&self) -> Option<u32> {
        self.marks.iter().map(|mark| mark.end_ms).max()
    }

    /// The words in order.
    pub fn iter(&self) -> impl Iterator<Item = Word<'_>> {
        let mut from = 0;
        self.marks.iter().map(move |mark| {
            let to = mark.text_end as usize;
            // A damaged log may hold any offsets: such a word has no text.
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

    /// The texts of the first `words` words, and of those behind them.
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

    fn speaker(&mut self, speaker: &str) -> u16 {
        let known = self.speakers.iter().position(|it| it == speaker);
        let place = known.unwrap_or_else(|| {
            self.speakers.push(speaker.to_owned());
            self.speakers.len() - 1
        });
        u16::try_from(place + 1).unwrap_or(0)
    }

    fn speaker_at(&self, speaker: u16) -> Option<&str> {
        let place = usize::from(speaker).checked_sub(1)?;
        self.speakers.get(place).map(String::as_str)
    }
}

/// Like `trim`, which decodes characters from both ends: twice the cost of all else that is done with a
/// word.
fn trimmed(text: &str) -> &str {
    match text.as_bytes() {
        [first, .., last] if first.is_ascii_graphic() && last.is_ascii_graphic() => text,
        _ => text.trim(),
    }
}
