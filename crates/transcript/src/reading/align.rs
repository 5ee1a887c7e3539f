//! Finds the words of a turn in its text.

use std::ops::Range;

use super::shown::ShownWord;
use crate::{turn::Turn, words::Word};

/// Returns the words of `turn` with their places in its text.
pub(super) fn words(turn: &Turn) -> Vec<ShownWord<'_>> {
    let Some(places) = turn.words.places_in(turn.text()) else {
        return spread(turn);
    };
    let words = turn.words.iter().zip(places).enumerate();
    let shown = words.map(|(at, (word, bytes))| {
        let is_firm = turn.has_ended() || at < turn.firm_words as usize;
        ShownWord {
            is_firm,
            ..shown(turn, word, at..at + 1, bytes, at)
        }
    });
    shown.collect()
}

/// Divides the text at its spaces and derives the times from the places of the letters: a formatted
/// text has other words than the recogniser ("25" for "twenty five").
fn spread(turn: &Turn) -> Vec<ShownWord<'_>> {
    let text = turn.text();
    let text_len = letters(text).max(1);
    let source: Vec<Word<'_>> = turn.words.iter().collect();
    let ends: Vec<usize> = source
        .iter()
        .scan(0, |end, word| {
            *end += letters(word.text);
            Some(*end)
        })
        .collect();
    let source_len = ends.last().copied().unwrap_or(0);
    let mut passed = 0;
    let mut words = Vec::new();
    for (at, token) in text.split_whitespace().enumerate() {
        let start = token.as_ptr() as usize - text.as_ptr() as usize;
        let bytes = start..start + token.len();
        let from = passed * source_len / text_len;
        passed += letters(token);
        // At least one letter long, so that each word has a source.
        let to = (passed * source_len / text_len).max(from + 1);
        let first = ends.partition_point(|end| *end <= from);
        let last = ends.partition_point(|end| *end < to);
        let last = last.min(source.len().saturating_sub(1)).max(first);
        let Some((first_word, last_word)) = source.get(first).zip(source.get(last)) else {
            let word = Word {
                start_ms: turn.start_ms,
                end_ms: turn.start_ms,
                ..Word::default()
            };
            words.push(shown(turn, word, 0..0, bytes, at));
            continue;
        };
        let word = Word {
            start_ms: at_letter(first_word, from, ends[first]),
            end_ms: at_letter(last_word, to, ends[last]),
            ..*first_word
        };
        words.push(shown(turn, word, first..last + 1, bytes, at));
    }
    words
}

fn shown<'a>(
    turn: &'a Turn,
    word: Word<'a>,
    source: Range<usize>,
    bytes: Range<usize>,
    index: usize,
) -> ShownWord<'a> {
    ShownWord {
        bytes,
        start_ms: word.start_ms,
        end_ms: word.end_ms.max(word.start_ms),
        confidence: word.confidence,
        speaker: word.speaker.or(turn.speaker.as_deref()),
        is_firm: turn.has_ended(),
        correction: None,
        base: index..index + 1,
        source,
    }
}

/// Returns the time at which `letter` of all letters is spoken. `word` contains it and ends before
/// letter `end`.
fn at_letter(word: &Word<'_>, letter: usize, end: usize) -> u32 {
    let len = letters(word.text).max(1);
    let done = len.saturating_sub(end.saturating_sub(letter)).min(len);
    part_ms(word.start_ms, word.end_ms, done, len)
}

/// Returns the time after `done` of `all` equal parts.
pub(super) fn part_ms(start_ms: u32, end_ms: u32, done: usize, all: usize) -> u32 {
    let length = u64::from(end_ms.saturating_sub(start_ms));
    let ms = length * done as u64 / (all as u64).max(1);
    start_ms.saturating_add(u32::try_from(ms).unwrap_or(u32::MAX))
}

/// Returns the number of characters without spaces.
pub(super) fn letters(text: &str) -> usize {
    text.chars().filter(|it| !it.is_whitespace()).count()
}
