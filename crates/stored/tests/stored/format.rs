//! Files of earlier versions can be read.

use inturn_stored::{Record, StoredRecording, Unreadable, VERSION};
use inturn_transcript::TurnState;

use crate::values::{began, ended, gap, info, read, turn};

/// The file of a recording, as version 1 writes it. It must be readable for ever.
const VERSION_1: &str = include_str!("version-1.hex");

#[test]
fn version_1_is_read() {
    let read = read(&bytes(VERSION_1));
    assert_eq!(read.records, records());
    assert_eq!(read.damaged_bytes, 0);
}

/// If this fails, the encoding has changed: it needs a new version, a decoder of the old one, and a
/// file of the new version next to the old one.
#[test]
fn the_current_version_is_version_1() {
    let file = StoredRecording {
        records: records(),
        damaged_bytes: 0,
    };
    assert_eq!(hex(&file.to_file()), VERSION_1);
}

#[test]
fn a_file_of_a_later_version_is_not_read() {
    let mut file = bytes(VERSION_1);
    file[0] = VERSION + 1;
    assert_eq!(StoredRecording::read(&file), Err(Unreadable::Newer));
}

#[test]
fn a_record_of_an_unknown_kind_is_skipped() {
    let mut file = bytes(VERSION_1);
    // Length 1, the checksum of the one byte, and kind 99.
    let sum = (0x811c_9dc5_u32 ^ 99).wrapping_mul(0x0100_0193);
    file.extend([1, 0, 0, 0]);
    file.extend(sum.to_le_bytes());
    file.push(99);
    let read = read(&file);
    assert_eq!((read.records, read.damaged_bytes), (records(), 0));
}

fn records() -> Vec<Record> {
    vec![
        Record::Began(info(u128::MAX)),
        Record::Changed(began(1)),
        Record::Draft(turn(0, TurnState::Open, "hello")),
        Record::Changed(turn(0, TurnState::Formatted, "Hello, Zoë! 😀")),
        Record::Changed(gap()),
        Record::Changed(ended(1)),
        Record::Ended,
        Record::Titled("Besprechung mit Zoë".to_owned()),
    ]
}

fn hex(bytes: &[u8]) -> String {
    let lines = bytes.chunks(32).map(|line| {
        let digits: String = line.iter().map(|byte| format!("{byte:02x}")).collect();
        format!("{digits}\n")
    });
    lines.collect()
}

fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.bytes().filter(u8::is_ascii_hexdigit).collect();
    let bytes = digits.chunks(2).map(|digits| {
        let digits = str::from_utf8(digits).expect("digits are ASCII");
        u8::from_str_radix(digits, 16).expect("a byte has two digits")
    });
    bytes.collect()
}
