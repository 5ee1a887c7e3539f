//! Dates and lengths, for people.

use inturn_transcript::{RecordingInfo, export::date_and_time};

/// Returns when a recording began, in the person's local time at its start: `Today 14:05`,
/// `Tuesday 14:05`, or `2026-11-24 14:05` if that was a week or longer ago.
pub fn when(info: RecordingInfo, now_unix_ms: u64) -> String {
    let date = date_and_time(info);
    let offset_ms = i64::from(info.utc_offset_min) * 60_000;
    let day = |unix_ms: u64| {
        (unix_ms as i64)
            .saturating_add(offset_ms)
            .div_euclid(DAY_MS)
    };
    let started = day(info.started_unix_ms);
    let name = match day(now_unix_ms).saturating_sub(started) {
        0 => "Today",
        1 => "Yesterday",
        2..=6 => WEEKDAYS[started.rem_euclid(7) as usize],
        // A start in the future: a clock was wrong.
        _ => return date,
    };
    // The date ends with hours and minutes.
    let time = date.get(date.len() - "14:05".len()..).unwrap_or_default();
    [name, " ", time].concat()
}

/// Returns the length of a recording: `45 s`, `32 min`, `1 h 5 min`.
pub fn length(ms: u32) -> String {
    let secs = ms / 1_000;
    let minutes = secs / 60;
    match (minutes / 60, minutes % 60) {
        (0, 0) => [&secs.to_string(), " s"].concat(),
        (0, minutes) => [&minutes.to_string(), " min"].concat(),
        (hours, minutes) => [&hours.to_string(), " h ", &minutes.to_string(), " min"].concat(),
    }
}

/// From 1970-01-01 on, which was a Thursday.
const WEEKDAYS: [&str; 7] = [
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
];

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;
