//! Where cues and their lines break.

use std::ops::Range;

use super::{
    cue::{MAX_COLUMNS, MAX_MS},
    cue_text::{End, Piece},
};

/// Divides pieces into cues.
pub(super) fn cue_ranges(pieces: &[Piece]) -> Vec<Range<usize>> {
    let mut cues = Vec::new();
    let mut from = 0;
    while from < pieces.len() {
        let most = longest(pieces, from);
        let to = match pieces.get(most) {
            Some(next) if !is_pause(&pieces[most - 1], next) => best_end(pieces, from..most),
            _ => most,
        };
        cues.push(from..to);
        from = to;
    }
    cues
}

/// Divides the pieces of a cue into one or two lines.
pub(super) fn lines(pieces: &[Piece]) -> Vec<String> {
    match line_break(pieces) {
        Some(at) if at < pieces.len() => vec![text(&pieces[..at]), text(&pieces[at..])],
        _ => vec![text(pieces)],
    }
}

/// Returns the end of the longest possible cue that starts with piece `from`.
fn longest(pieces: &[Piece], from: usize) -> usize {
    let start_ms = pieces[from].start_ms;
    let mut to = from + 1;
    while let Some(next) = pieces.get(to)
        && next.end_ms <= start_ms + MAX_MS
        && !is_pause(&pieces[to - 1], next)
        && line_break(&pieces[from..=to]).is_some()
    {
        to += 1;
    }
    to
}

/// Returns the best end of a cue that may have the pieces of `range`, if more pieces follow. The
/// numbers are columns: how much shorter a cue may be to end with a sentence or a clause.
fn best_end(pieces: &[Piece], range: Range<usize>) -> usize {
    let Range { start, end } = range;
    let full = width(&pieces[start..end]);
    let following = &pieces[end..pieces.len().min(end + SHORT_REST)];
    let rest = width(following);
    // A last cue of one or two short words would be hard to read.
    let is_almost_all = following.len() < SHORT_REST && rest < SHORT_REST_COLUMNS;
    let wanted = if is_almost_all {
        (full + rest) / 2
    } else {
        full
    };
    let ends = (start + 1..=end).filter(|at| {
        let here = width(&pieces[start..*at]);
        *at == end || here * 3 >= full
    });
    // The first of the best ones, so search from the last to the first.
    let best = ends.rev().max_by_key(|at| {
        let distance = width(&pieces[start..*at]).abs_diff(wanted);
        let quality = match pieces[*at - 1].end {
            End::Sentence => 90,
            End::Clause => 30,
            End::Word => 0,
        };
        quality - split_cost(pieces, *at) - distance as i64
    });
    best.unwrap_or(end)
}

/// Returns the index of the piece that begins the second line, or the number of pieces if they fit
/// in one line. Returns `None` if they do not fit in two lines. The numbers are columns: how
/// unequal the lines may be to end the first one with a sentence or a clause.
fn line_break(pieces: &[Piece]) -> Option<usize> {
    if width(pieces) <= MAX_COLUMNS {
        return Some(pieces.len());
    }
    let mut first = 0;
    let whole = width(pieces);
    let mut best = None;
    for at in 1..pieces.len() {
        let before = &pieces[at - 1];
        first += before.columns + usize::from(at > 1 && !before.is_joined);
        let space = usize::from(!pieces[at].is_joined);
        let second = whole - first - space;
        if first > MAX_COLUMNS {
            break;
        }
        if second <= MAX_COLUMNS {
            let quality = match pieces[at - 1].end {
                End::Sentence => 24,
                End::Clause => 16,
                End::Word => 0,
            };
            let difference = first.abs_diff(second) as i64;
            let score = quality - split_cost(pieces, at) - difference;
            if best.is_none_or(|(best, _)| score > best) {
                best = Some((score, at));
            }
        }
    }
    best.map(|(_, at)| at)
}

/// Returns how many columns shorter a line or a cue may be to break at a space instead.
fn split_cost(pieces: &[Piece], at: usize) -> i64 {
    let splits_word = pieces.get(at).is_some_and(|it| it.is_joined);
    if splits_word { 10 } else { 0 }
}

/// Returns the width of pieces in one line.
fn width(pieces: &[Piece]) -> usize {
    let spaces = pieces.iter().skip(1).filter(|it| !it.is_joined).count();
    spaces + pieces.iter().map(|it| it.columns).sum::<usize>()
}

fn is_pause(before: &Piece, after: &Piece) -> bool {
    after.start_ms.saturating_sub(before.end_ms) >= PAUSE_MS
}

fn text(pieces: &[Piece]) -> String {
    let mut text = String::new();
    for piece in pieces {
        if !text.is_empty() && !piece.is_joined {
            text.push(' ');
        }
        text.push_str(&piece.text);
    }
    text
}

/// A cue ends with such a silence: its words would stay in view while nothing is said.
const PAUSE_MS: u64 = 2_000;
/// How many pieces a short rest of a turn has at most, and how wide it is.
const SHORT_REST: usize = 4;
const SHORT_REST_COLUMNS: usize = 16;
