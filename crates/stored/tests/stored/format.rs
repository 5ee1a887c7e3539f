//! Files of earlier versions can be read.

use inturn_stored::{Record, StoredRecording, Unreadable, VERSION};
use inturn_transcript::TurnState;

use crate::values::{began, checksum, ended, gap, info, read, turn};

/// The file of a recording, as version 1 wrote it. It must be readable for ever.
const VERSION_1: &str = include_str!("version-1.hex");

/// The same, as version 2 writes it.
const VERSION_2: &str = include_str!("version-2.hex");

#[test]
fn each_version_is_read() {
    for (file, length_ms) in [(VERSION_1, None), (VERSION_2, Some(21_400))] {
        let read = read(&bytes(file));
        assert_eq!(read.records, records(length_ms));
        assert_eq!(read.damaged_bytes, 0);
    }
}

/// `store.js` of version 1 wrote a zero, the number of the recorder's state. The page wrote
/// nothing.
#[test]
fn no_end_of_version_1_has_a_length() {
    for content in [&[][..], &[0]] {
        let record = [&[4], content].concat();
        let mut file = vec![1];
        file.extend((record.len() as u32).to_le_bytes());
        file.extend(checksum(&record).to_le_bytes());
        file.extend(&record);
        assert_eq!(read(&file).records, [Record::Ended(None)]);
        assert!(StoredRecording::ends(&file));
    }
}

#[test]
fn a_file_of_version_1_is_written_as_the_current_version() {
    let written = read(&bytes(VERSION_1)).to_file();
    assert_eq!(written[0], VERSION);
    assert_eq!(read(&written).records, records(None));
}

/// If this fails, the encoding has changed: it needs a new version, a decoder of the old one, and a
/// file of the new version next to the old one.
#[test]
fn the_current_version_is_version_2() {
    let file = StoredRecording {
        records: records(Some(21_400)),
        damaged_bytes: 0,
    };
    assert_eq!(hex(&file.to_file()), VERSION_2);
}

#[test]
fn a_file_of_a_later_version_is_not_read() {
    let mut file = bytes(VERSION_2);
    file[0] = VERSION + 1;
    assert_eq!(StoredRecording::read(&file), Err(Unreadable::Newer));
}

#[test]
fn a_record_of_an_unknown_kind_is_skipped() {
    let mut file = bytes(VERSION_2);
    // Length 1, the checksum of the one byte, and kind 99.
    file.extend([1, 0, 0, 0]);
    file.extend(checksum(&[99]).to_le_bytes());
    file.push(99);
    let read = read(&file);
    let expected = records(Some(21_400));
    assert_eq!((read.records, read.damaged_bytes), (expected, 0));
}

fn records(length_ms: Option<u32>) -> Vec<Record> {
    vec![
        Record::Began(info(u128::MAX)),
        Record::Changed(began(1)),
        Record::Draft(turn(0, TurnState::Open, "hello")),
        Record::Changed(turn(0, TurnState::Formatted, "Hello, Zoë! 😀")),
        Record::Changed(gap()),
        Record::Changed(ended(1)),
        Record::Ended(length_ms),
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
