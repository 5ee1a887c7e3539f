//! The list of recordings, and how long they are kept.

use inturn_client_core::recording::{RecordingId, RecordingInfo};
use inturn_stored::{Listed, Record, Retention, StorageFailure, StoredRecording, Use};
use inturn_transcript::TurnState;

use crate::values::turn;

const DAY_MS: u64 = 86_400_000;
const NOW: u64 = 20_000 * DAY_MS;
const WEEK: Retention = Retention { days: Some(7) };

#[test]
fn recordings_are_deleted_after_their_days() {
    for (started, expired) in [
        (NOW - 7 * DAY_MS, false),
        (NOW - 7 * DAY_MS - 1, true),
        (NOW, false),
        // The clock was wrong.
        (NOW + DAY_MS, false),
    ] {
        let listed = listed(1, started, &[spoken()], false);
        assert_eq!(WEEK.has_expired(&listed, NOW), expired, "{started}");
        assert!(!Retention { days: None }.has_expired(&listed, NOW));
    }
}

#[test]
fn a_recording_without_words_is_deleted() {
    assert!(WEEK.has_expired(&listed(1, NOW, &[Record::Ended(None)], false), NOW));
}

#[test]
fn a_recording_without_words_is_kept_for_its_audio() {
    let heard = |days| Listed {
        audio_bytes: 2,
        ..listed(1, NOW - days * DAY_MS, &[], false)
    };
    assert!(!heard(6).has_nothing());
    assert!(!WEEK.has_expired(&heard(6), NOW));
    assert!(WEEK.has_expired(&heard(8), NOW));
}

#[test]
fn a_recording_that_goes_on_is_not_deleted() {
    for records in [&[spoken()][..], &[]] {
        let listed = listed(1, NOW - 9 * DAY_MS, records, true);
        assert_eq!(listed.usage, Use::Recording);
        assert!(!WEEK.has_expired(&listed, NOW));
    }
}

#[test]
fn a_recording_is_kept_for_thirty_days_by_default() {
    let retention = Retention::default();
    let listed = |days| listed(1, NOW - days * DAY_MS, &[spoken()], false);
    assert!(!retention.has_expired(&listed(30), NOW));
    assert!(retention.has_expired(&listed(31), NOW));
}

#[test]
fn the_latest_recording_is_the_first_of_the_list() {
    let mut list = Vec::new();
    for (id, started) in [(3, NOW), (1, NOW), (2, NOW + 5)] {
        listed(id, started, &[], false).insert_into(&mut list);
    }
    let ids = list.iter().map(|it| it.info.id.0);
    assert!(ids.eq([2, 1, 3]), "{list:?}");
}

#[test]
fn a_recording_was_interrupted_if_it_has_no_end_and_no_tab() {
    let usage = |records: &[Record], is_locked| listed(1, NOW, records, is_locked).usage;
    assert_eq!(usage(&[spoken()], false), Use::Interrupted);
    assert_eq!(usage(&[spoken()], true), Use::Recording);
    assert_eq!(usage(&[spoken(), Record::Ended(None)], false), Use::Ended);
}

#[test]
fn a_list_has_title_and_length() {
    let title = Record::Titled("Team".to_owned());
    let listed = listed(1, NOW, &[spoken(), Record::Ended(None), title], false);
    assert_eq!((listed.title.as_str(), listed.length_ms), ("Team", 180));
}

#[test]
fn exceptions_of_browsers_are_recognised() {
    for (name, failure) in [
        ("QuotaExceededError", StorageFailure::Full),
        ("SecurityError", StorageFailure::Unavailable),
        ("TypeError", StorageFailure::Unavailable),
        ("UnknownError", StorageFailure::Failed),
    ] {
        assert_eq!(StorageFailure::from_exception(name), failure, "{name}");
        let sentence = failure.sentence();
        assert!(
            sentence.ends_with('.') && !sentence.contains("  "),
            "{sentence}"
        );
    }
}

fn spoken() -> Record {
    Record::Changed(turn(0, TurnState::Formatted, "Two words."))
}

fn listed(id: u128, started_unix_ms: u64, records: &[Record], is_locked: bool) -> Listed {
    let info = RecordingInfo {
        id: RecordingId(id),
        started_unix_ms,
        utc_offset_min: 0,
    };
    let stored = StoredRecording {
        records: records.to_vec(),
        damaged_bytes: 0,
    };
    Listed::new(info, &stored.document(info), is_locked, 0)
}
