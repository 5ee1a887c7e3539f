//! The text of cues: what is said without a change of speaker, in pieces that can be broken over
//! cues and lines.

use super::{block::one_line, columns::breakable, cue::MAX_COLUMNS, options::CueOptions};
use crate::{document::Part, reading::Reading, turn::Turn, unicode::Unicode};

/// Consecutive words of a turn and a speaker.
pub(super) struct Speech {
    /// The speaker's name, if it is known and the options ask for it.
    pub(super) name: Option<String>,
    /// The language as the service reports it.
    pub(super) language: Option<String>,
    /// The text, in order. Their starts never decrease.
    pub(super) pieces: Vec<Piece>,
}

/// A word, or a part of a word that is longer than a line.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    pub(super) text: String,
    pub(super) columns: usize,
    /// Whether there is no space between it and the piece before it.
    pub(super) is_joined: bool,
    /// What ends with it.
    pub(super) end: End,
    pub(super) start_ms: u64,
    pub(super) end_ms: u64,
}

/// What ends with a piece: the later in this list, the better to break there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum End {
    Word,
    Clause,
    Sentence,
}

/// Returns what is said in a turn, by speaker.
pub(super) fn speeches(part: &Part, turn: &Turn, options: &CueOptions) -> Vec<Speech> {
    let transcript = &part.transcript;
    let Some(reading) = transcript.reading(turn.id) else {
        return Vec::new();
    };
    let groups = reading.by_speaker().map(|words| {
        let label = reading.words()[words.start].speaker;
        let label = label.filter(|_| options.names);
        let name = |it| {
            let phrases = &options.phrases;
            one_line(&phrases.speaker_name(transcript, turn.id.session, it))
        };
        let mut pieces = Vec::new();
        for at in words {
            push_word(&mut pieces, &reading, at, options.unicode);
        }
        Speech {
            name: label.map(name),
            language: turn.language.clone(),
            pieces,
        }
    });
    groups.filter(|it| !it.pieces.is_empty()).collect()
}

/// Returns the pieces of a speaker's name in front of what starts at `ms`.
pub(super) fn of_name(name: &str, ms: u64, unicode: Unicode) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut texts = name.split_whitespace().peekable();
    while let Some(text) = texts.next() {
        let mut text = text.to_owned();
        if texts.peek().is_none() {
            text.push(':');
        }
        push_text(&mut pieces, &text, false, (ms, ms), unicode);
    }
    // The words follow without a break after the name.
    for piece in &mut pieces {
        piece.end = End::Word;
    }
    pieces
}

fn push_word(pieces: &mut Vec<Piece>, reading: &Reading<'_>, at: usize, unicode: Unicode) {
    let word = &reading.words()[at];
    // The times of words may overlap or run backwards.
    let earliest = pieces.last().map_or(0, |it: &Piece| it.start_ms);
    let start_ms = u64::from(word.start_ms).max(earliest);
    let end_ms = u64::from(word.end_ms).max(start_ms);
    let text = one_line(reading.word(at));
    let mut is_joined = reading.is_joined(at) && !pieces.is_empty();
    for text in text.split_whitespace() {
        push_text(pieces, text, is_joined, (start_ms, end_ms), unicode);
        is_joined = false;
    }
}

fn push_text(
    pieces: &mut Vec<Piece>,
    text: &str,
    is_joined: bool,
    times_ms: (u64, u64),
    unicode: Unicode,
) {
    let (start_ms, end_ms) = times_ms;
    let parts = breakable(text, MAX_COLUMNS, unicode);
    let count = parts.len() as u64;
    let time_ms = |at: usize| start_ms + (end_ms - start_ms) * at as u64 / count;
    for (at, part) in parts.into_iter().enumerate() {
        pieces.push(Piece {
            text: part.text.to_owned(),
            columns: part.columns,
            is_joined: is_joined || at > 0,
            end: end(part.text),
            start_ms: time_ms(at),
            end_ms: time_ms(at + 1),
        });
    }
}

fn end(text: &str) -> End {
    let is_quote = |it: char| matches!(it, '"' | '\'' | '”' | '’' | ')' | ']' | '」' | '』' | '）');
    match text.trim_end_matches(is_quote).chars().next_back() {
        Some('.' | '!' | '?' | '…' | '。' | '！' | '？' | '؟' | '।' | '۔') => {
            End::Sentence
        }
        Some(',' | ';' | ':' | '、' | '，' | '；' | '：' | '،' | '؛' | '—' | '–') => {
            End::Clause
        }
        _ => End::Word,
    }
}
