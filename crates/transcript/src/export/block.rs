//! The blocks of a text: headings, paragraphs and gaps.

use super::{
    calendar::{LocalTime, clock},
    options::{TextOptions, Times},
};
use crate::{
    document::{Document, Part},
    entry::Entry,
    gap::Gap,
    turn::{Turn, TurnState},
};

/// A block of a text file. Texts contain no line breaks.
pub(super) enum Block {
    /// The document's title.
    Title(String),
    /// The date and the length of a recording.
    Recording(String),
    /// Consecutive words of a speaker.
    Speech {
        /// The time, if the options ask for one.
        time: Option<String>,
        /// The speaker's name, if it is known and the options ask for it.
        name: Option<String>,
        /// The words.
        text: String,
        /// A remark after the words.
        remark: Option<&'static str>,
    },
    /// A part that was not transcribed, with its times.
    Gap(String),
}

/// Returns the blocks of a document.
pub(super) fn blocks(document: &Document, options: &TextOptions) -> Vec<Block> {
    let mut blocks = Vec::new();
    if options.headings && !document.title().is_empty() {
        blocks.push(Block::Title(one_line(document.title())));
    }
    for part in document.parts() {
        if options.headings {
            blocks.push(Block::Recording(heading(part)));
        }
        for entry in part.transcript.entries() {
            match entry {
                Entry::Turn(turn) => push_turn(&mut blocks, part, turn, options),
                Entry::Gap(gap) => blocks.push(Block::Gap(of_gap(part, *gap, options))),
            }
        }
    }
    blocks
}

fn heading(part: &Part) -> String {
    let date = LocalTime::of(part.info, 0).date_and_time();
    let length = clock(part.length_ms());
    format!("{date} ({length})")
}

fn push_turn(blocks: &mut Vec<Block>, part: &Part, turn: &Turn, options: &TextOptions) {
    let transcript = &part.transcript;
    let Some(reading) = transcript.reading(turn.id) else {
        return;
    };
    let is_cut_off = turn.state == TurnState::Unfinished;
    for words in reading.by_speaker() {
        let Some(first) = reading.words().get(words.start) else {
            continue;
        };
        let label = first.speaker.filter(|_| options.names);
        let phrases = &options.phrases;
        let is_last = words.end == reading.words().len();
        blocks.push(Block::Speech {
            time: time(part, first.start_ms, options.times),
            name: label.map(|it| one_line(&phrases.speaker_name(transcript, turn.id.session, it))),
            text: one_line(reading.text_of(words)),
            remark: (is_cut_off && is_last).then_some(phrases.cut_off),
        });
    }
}

fn of_gap(part: &Part, gap: Gap, options: &TextOptions) -> String {
    let reason = options.phrases.gap(gap.reason);
    let from = time(part, gap.from_ms, options.times);
    let to = time(part, gap.to_ms, options.times);
    match from.zip(to) {
        Some((from, to)) => format!("[{from}–{to} {reason}]"),
        None => format!("[{reason}]"),
    }
}

fn time(part: &Part, ms: u32, times: Times) -> Option<String> {
    match times {
        Times::None => None,
        Times::Recording => Some(clock(ms)),
        Times::Day => Some(LocalTime::of(part.info, ms).time_of_day()),
    }
}

/// Returns `text` with a space for each line break and other control character.
pub(super) fn one_line(text: &str) -> String {
    let space = |it: char| {
        if it.is_control() || it.is_whitespace() {
            ' '
        } else {
            it
        }
    };
    text.trim().chars().map(space).collect()
}
