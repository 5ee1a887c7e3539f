//! When cues are shown.

use super::cue::{Cue, MAX_MS, MIN_MS};

/// Sets the times of cues whose times are those of their words, in the order of the transcript: no
/// cue overlaps another, and each is shown for 1 to 7 s and long enough to read. A cue starts with
/// its first word, unless the cue before it needs its second.
pub(super) fn settle(cues: &mut [Cue]) {
    let mut free_ms = 0;
    for at in 0..cues.len() {
        let next_ms = cues.get(at + 1).map_or(u64::MAX, |it| it.start_ms);
        let cue = &mut cues[at];
        let spoken_ms = cue.end_ms;
        cue.start_ms = cue.start_ms.max(free_ms);
        let shortest = cue.start_ms + MIN_MS;
        let columns: usize = cue.lines.iter().map(|it| it.chars().count()).sum();
        let readable = cue.start_ms + columns as u64 * 1_000 / LETTERS_PER_SEC;
        let wanted = spoken_ms.max(readable).min(next_ms).max(shortest);
        cue.end_ms = wanted.min(cue.start_ms + MAX_MS);
        free_ms = cue.end_ms;
    }
}

/// How fast adults read subtitles. Source: Netflix' timed text style guide for English, 20
/// characters per second.
const LETTERS_PER_SEC: u64 = 20;
