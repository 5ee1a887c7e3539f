//! Recordings, changes and records.

use inturn_client_core::recording::{RecordingId, RecordingInfo};
use inturn_stored::{Record, StoredRecording};
use inturn_transcript::{
    Change, Gap, GapReason, Session, SessionEnd, Turn, TurnId, TurnState, Word, Words,
};
use proptest::prelude::*;

pub(crate) fn info(id: u128) -> RecordingInfo {
    RecordingInfo {
        id: RecordingId(id),
        started_unix_ms: 1_790_000_000_000,
        utc_offset_min: 60,
    }
}

pub(crate) fn began(number: u32) -> Change {
    Change::SessionBegan(Session {
        number,
        start_ms: 0,
        end_ms: None,
    })
}

pub(crate) fn turn(turn: u32, state: TurnState, text: &str) -> Change {
    let mut words = Words::default();
    for (index, text) in text.split_whitespace().enumerate() {
        words.push(Word {
            text,
            start_ms: 1_000 * turn + 100 * index as u32,
            end_ms: 1_000 * turn + 100 * index as u32 + 80,
            confidence: 0.75,
            is_final: state != TurnState::Open,
            speaker: Some("A"),
        });
    }
    Change::Turn(Turn {
        state,
        start_ms: 1_000 * turn,
        words,
        language: Some("en".to_owned()),
        ..Turn::new(TurnId { session: 1, turn })
    })
}

pub(crate) fn gap() -> Change {
    Change::Gap(Gap {
        from_ms: 7_000,
        to_ms: 9_500,
        reason: GapReason::Paused,
    })
}

pub(crate) fn ended(session: u32) -> Change {
    let end = SessionEnd::Clean;
    Change::SessionEnded { session, end }
}

/// Generates changes as a recorder sends them.
pub(crate) fn changes() -> impl Strategy<Value = Vec<Change>> {
    let state = prop_oneof![Just(TurnState::Open), Just(TurnState::Formatted)];
    let spoken = (0_u32..9, state, "[a-zé€😀 ]{0,40}")
        .prop_map(|(number, state, text)| turn(number, state, &text));
    let change = prop_oneof![9 => spoken, 1 => Just(gap()), 1 => Just(began(1))];
    prop::collection::vec(change, 1..20)
}

/// Returns the records of a recording that goes on.
pub(crate) fn records() -> impl Strategy<Value = Vec<Record>> {
    changes().prop_map(|changes| {
        let began = Record::Began(info(1));
        let changes = changes.into_iter().map(|change| match &change {
            Change::Turn(turn) if !turn.has_ended() => Record::Draft(change),
            _ => Record::Changed(change),
        });
        [began].into_iter().chain(changes).collect()
    })
}

/// Returns the bytes of a file, and its lengths after each record.
pub(crate) fn written(records: &[Record]) -> (Vec<u8>, Vec<usize>) {
    let mut file = StoredRecording::default().to_file();
    let lengths = records.iter().map(|record| {
        record.append(&mut file);
        file.len()
    });
    let lengths = lengths.collect();
    (file, lengths)
}

/// FNV-1a, as in the frames of records.
pub(crate) fn checksum(record: &[u8]) -> u32 {
    record.iter().fold(0x811c_9dc5, |sum, byte| {
        (sum ^ u32::from(*byte)).wrapping_mul(0x0100_0193)
    })
}

/// Reads a file of this version.
pub(crate) fn read(file: &[u8]) -> StoredRecording {
    StoredRecording::read(file).expect("the file is of this version")
}
