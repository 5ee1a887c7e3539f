//! The lines of a transcript's entries.

use std::ops::Range;

use inturn_transcript::{Entry, Gap, Phrases, Reading, Turn, TurnState, export::clock};

use super::layout::{Ink, Span};
use crate::track::{Side, Track};

/// A line before it is broken into rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) spans: Vec<Span>,
    /// The indentation of all rows but the first.
    pub(super) indent: usize,
}

impl Line {
    /// Returns the line of a message.
    pub(super) fn message(ink: Ink, text: &str) -> Self {
        Self {
            spans: vec![Span::new(ink, text)],
            indent: 0,
        }
    }

    /// Returns the line of an entry that was removed after it was printed.
    pub(super) fn removed(track: &Track<'_>, start_ms: u32, text: &str) -> Self {
        let mut line = timed(track.shared_ms(start_ms));
        line.push_side(track.side);
        line.spans.push(Span::new(Ink::Quiet, text));
        line.mark("(removed)");
        line
    }

    fn push_side(&mut self, side: Option<Side>) {
        let label = side.map(|it| Span::new(Ink::Name, &format!("{}:", it.label())));
        self.spans.extend(label);
    }

    /// Puts a mark after the time.
    pub(super) fn mark(&mut self, mark: &str) {
        let at = self.spans.len().min(1);
        self.spans.insert(at, Span::new(Ink::Quiet, mark));
    }
}

/// Returns the lines of an entry: one for each speaker of a turn, or one for a gap.
pub(super) fn lines(track: &Track<'_>, entry: &Entry) -> Vec<Line> {
    match entry {
        Entry::Turn(turn) => turn_lines(track, turn),
        Entry::Gap(gap) => vec![gap_line(track, *gap)],
    }
}

fn turn_lines(track: &Track<'_>, turn: &Turn) -> Vec<Line> {
    let Some(reading) = track.transcript.reading(turn.id) else {
        return Vec::new();
    };
    let mut lines = Vec::new();
    for words in reading.by_speaker() {
        let Some(first) = reading.words().get(words.start) else {
            continue;
        };
        let mut line = timed(track.shared_ms(first.start_ms));
        if let Some(name) = track.name(turn.id.session, first.speaker) {
            line.spans.push(Span::new(Ink::Name, &(name + ":")));
        }
        line.spans.extend(text(turn, &reading, words));
        lines.push(line);
    }
    let spans = lines.last_mut().map(|it| &mut it.spans);
    match (turn.state, spans) {
        (TurnState::Open, Some(spans)) => {
            // Not a span of its own: it must not begin a row.
            if let Some(last) = spans.last_mut() {
                last.text.push('…');
            }
        }
        (TurnState::Unfinished, Some(spans)) => {
            let remark = format!("[{}]", Phrases::ENGLISH.cut_off);
            spans.push(Span::new(Ink::Quiet, &remark));
        }
        _ => {}
    }
    lines
}

/// Returns the text of some words: what is firm, and what is tentative.
fn text(turn: &Turn, reading: &Reading<'_>, words: Range<usize>) -> Vec<Span> {
    if turn.has_ended() {
        return vec![Span::new(Ink::Firm, reading.text_of(words))];
    }
    let shown = reading.words();
    let firm = shown.iter().take_while(|it| it.is_firm).count();
    let seam = firm.clamp(words.start, words.end);
    let mut spans = Vec::new();
    if seam > words.start {
        let text = reading.text_of(words.start..seam);
        spans.push(Span::new(Ink::Open, text));
    }
    if seam < words.end {
        let end = seam.checked_sub(1).filter(|_| seam > words.start);
        let end = end.and_then(|it| shown.get(it)).map(|it| it.bytes.end);
        spans.push(Span {
            is_joined: end == shown.get(seam).map(|it| it.bytes.start),
            ..Span::new(Ink::Tentative, reading.text_of(seam..words.end))
        });
    }
    spans
}

fn gap_line(track: &Track<'_>, gap: Gap) -> Line {
    let mut line = timed(track.shared_ms(gap.from_ms));
    line.push_side(track.side);
    line.spans
        .push(Span::new(Ink::Quiet, &gap_text(track, gap)));
    line
}

/// Returns the end of a gap, and why there are no words.
pub(super) fn gap_text(track: &Track<'_>, gap: Gap) -> String {
    let to = clock(track.shared_ms(gap.to_ms));
    let reason = Phrases::ENGLISH.gap(gap.reason);
    format!("[until {to} {reason}]")
}

fn timed(start_ms: u32) -> Line {
    let time = clock(start_ms);
    Line {
        // With the space after it.
        indent: time.len() + 1,
        spans: vec![Span::new(Ink::Quiet, &time)],
    }
}
