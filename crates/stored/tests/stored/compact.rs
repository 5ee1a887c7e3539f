//! Compacting leaves out drafts without changing the document.

use inturn_stored::{Record, StoredRecording};
use inturn_transcript::TurnState;
use proptest::prelude::*;

use crate::values::{began, info, records, turn};

proptest! {
    #[test]
    fn the_document_stays_the_same(records in records()) {
        let before = StoredRecording { records, damaged_bytes: 0 };
        let mut after = before.clone();
        after.compact();
        prop_assert_eq!(after.document(info(9)), before.document(info(9)));
        prop_assert!(after.records.len() <= before.records.len());
    }
}

#[test]
fn replaced_drafts_are_left_out() {
    let draft = |number, text| Record::Draft(turn(number, TurnState::Open, text));
    let began = [Record::Began(info(1)), Record::Changed(began(1))];
    let last = [
        Record::Changed(turn(0, TurnState::Formatted, "One two.")),
        draft(1, "three four"),
    ];
    let drafts = [draft(0, "one"), draft(0, "one two")];
    let mut stored = StoredRecording {
        records: [
            &began[..],
            &drafts,
            &[last[0].clone(), draft(1, "three"), last[1].clone()],
        ]
        .concat(),
        damaged_bytes: 3,
    };
    stored.compact();
    assert_eq!(stored.records, [&began[..], &last].concat());
    assert_eq!(stored.damaged_bytes, 0);
}
