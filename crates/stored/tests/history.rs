//! The list of past transcripts.

use inturn_client_core::recording::{RecordingId, RecordingInfo};
use inturn_stored::{
    Listed, Retention, Use,
    history::{PERIODS, RowView, found, length, recovered, when},
};

/// Saturday, 2026-11-28 20:00 UTC.
const NOW: u64 = 1_795_896_000_000;
const HOUR_MS: u64 = 3_600_000;

#[test]
fn a_start_is_named_by_its_local_day() {
    for (hours_ago, utc_offset_min, expected) in [
        (0, 0, "Today 20:00"),
        (20, 0, "Today 00:00"),
        (21, 0, "Yesterday 23:00"),
        (21, 60, "Today 00:00"),
        (48, 0, "Thursday 20:00"),
        (4 * 24, -330, "Tuesday 14:30"),
        (6 * 24, 0, "Sunday 20:00"),
        (7 * 24, 0, "2026-11-21 20:00"),
        (400 * 24, 0, "2025-10-24 20:00"),
    ] {
        let started = info(NOW - hours_ago * HOUR_MS, utc_offset_min);
        assert_eq!(when(started, NOW), expected);
    }
    assert_eq!(when(info(NOW + 24 * HOUR_MS, 0), NOW), "2026-11-29 20:00");
}

#[test]
fn a_length_has_one_or_two_units() {
    for (secs, expected) in [
        (0, "0 s"),
        (59, "59 s"),
        (60, "1 min"),
        (32 * 60 + 59, "32 min"),
        (3_600, "1 h 0 min"),
        (3 * 3_600 + 65, "3 h 1 min"),
    ] {
        assert_eq!(length(secs * 1_000), expected);
    }
}

#[test]
fn a_row_has_title_details_and_what_can_be_done() {
    let row = |title, usage| {
        let row = RowView::new(&listed(title, usage), NOW);
        assert_eq!(row.is_interrupted, usage == Use::Interrupted);
        (row.title, row.details, row.can_change)
    };
    let expected =
        |title: &str, details: &str, can_change| (title.to_owned(), details.to_owned(), can_change);
    for (title, usage, expected) in [
        ("", Use::Ended, expected("Tuesday 14:05", "32 min", true)),
        (
            "Team",
            Use::Ended,
            expected("Team", "Tuesday 14:05, 32 min", true),
        ),
        (
            "",
            Use::Interrupted,
            expected("Tuesday 14:05", "32 min, interrupted", true),
        ),
        (
            "Team",
            Use::Recording,
            expected("Team", "Tuesday 14:05, 32 min, recording now", false),
        ),
    ] {
        assert_eq!(row(title, usage), expected);
    }
}

#[test]
fn a_row_says_how_much_audio_was_kept() {
    for (audio_bytes, expected) in [
        (0, "32 min, interrupted"),
        (2, "32 min, interrupted, audio 1 MB"),
        (61_440_000, "32 min, interrupted, audio 62 MB"),
    ] {
        let listed = Listed {
            audio_bytes,
            ..listed("", Use::Interrupted)
        };
        assert_eq!(RowView::new(&listed, NOW).details, expected);
    }
}

#[test]
fn a_recovered_recording_is_named_by_start_and_length() {
    for (has_others, expected) in [
        (false, "Recovered: Tuesday 14:05, 32 min"),
        (
            true,
            "Recovered: Tuesday 14:05, 32 min. More are in Past transcripts.",
        ),
    ] {
        let sentence = recovered(&listed("Team", Use::Interrupted), has_others, NOW);
        assert_eq!(sentence, expected);
    }
}

#[test]
fn the_default_period_can_be_chosen() {
    let default = Retention::default().days;
    assert!(PERIODS.iter().any(|(days, _)| *days == default));
}

#[test]
fn found_places_are_counted() {
    assert_eq!(
        [0, 1, 12].map(found),
        ["Nothing found", "1 place", "12 places"]
    );
}

fn info(started_unix_ms: u64, utc_offset_min: i16) -> RecordingInfo {
    RecordingInfo {
        id: RecordingId(1),
        started_unix_ms,
        utc_offset_min,
    }
}

fn listed(title: &str, usage: Use) -> Listed {
    Listed {
        info: info(NOW - (4 * 24 + 5) * HOUR_MS - 55 * 60_000, 0),
        title: title.to_owned(),
        length_ms: 32 * 60_000,
        is_empty: false,
        usage,
        audio_bytes: 0,
    }
}
