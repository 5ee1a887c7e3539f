//! Formatting of times.

/// Formats seconds as `m:ss`, or `h:mm:ss` from an hour on.
pub(crate) fn clock(secs: u64) -> String {
    let (hours, minutes, secs) = (secs / 3_600, secs / 60 % 60, secs % 60);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{secs:02}")
    } else {
        format!("{minutes}:{secs:02}")
    }
}
