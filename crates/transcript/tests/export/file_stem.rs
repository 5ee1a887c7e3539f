//! Names of files.

use inturn_transcript::{
    Document, DocumentChange, RecordingInfo,
    export::{file_stem, recording_file_stem},
};

fn document(title: &str) -> Document {
    let mut document = Document::default();
    document.apply(&DocumentChange::RecordingBegan(RecordingInfo {
        started_unix_ms: 1_795_561_500_000,
        utc_offset_min: 60,
        ..RecordingInfo::default()
    }));
    document.apply(&DocumentChange::Titled(title.to_owned()));
    document
}

#[test]
fn a_file_is_named_by_date_time_and_title() {
    for (title, expected) in [
        ("", "2026-11-25 00.05 Transcript"),
        ("Harbour meeting", "2026-11-25 00.05 Harbour meeting"),
        ("Q&A: 4/5 <\"why?\">", "2026-11-25 00.05 Q&A. 4-5 --why---"),
        ("...", "2026-11-25 00.05 Transcript"),
        ("a\nb", "2026-11-25 00.05 a b"),
    ] {
        assert_eq!(file_stem(&document(title)), expected);
    }
    assert_eq!(file_stem(&Document::default()), "Transcript");
}

#[test]
fn the_file_of_a_later_recording_has_its_own_time() {
    let later = RecordingInfo {
        started_unix_ms: 1_795_568_700_000,
        ..RecordingInfo::default()
    };
    let stem = recording_file_stem(&document("Team"), later);
    assert_eq!(stem, "2026-11-25 01.05 Team");
}

#[test]
fn a_long_title_fits_into_a_name() {
    let stem = file_stem(&document(&"👩".repeat(300)));
    assert!(stem.len() < 255 - ".json".len(), "{}", stem.len());
}
