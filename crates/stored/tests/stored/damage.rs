//! A file that is cut off or damaged keeps all records that are whole.

use proptest::prelude::*;

use crate::values::{read, records, written};

proptest! {
    #[test]
    fn a_cut_keeps_the_records_before_it(
        records in records(),
        cut in any::<prop::sample::Index>(),
        filler in prop_oneof![Just(None), any::<u8>().prop_map(Some)],
    ) {
        let (mut file, lengths) = written(&records);
        let len = file.len();
        let cut = 1 + cut.index(len - 1);
        file.truncate(cut);
        // After a power failure, a file may have its length but not its content.
        if let Some(byte) = filler {
            file.resize(len, byte);
        }
        let whole = lengths.iter().filter(|len| **len <= cut).count();
        let read = read(&file);
        // The filler may happen to be what was there.
        prop_assert!(read.records.len() >= whole);
        prop_assert_eq!(&read.records[..], &records[..read.records.len()]);
        if filler.is_none() {
            prop_assert_eq!(read.records.len(), whole);
            let end = lengths[..whole].last().copied().unwrap_or(1);
            prop_assert_eq!(read.damaged_bytes, cut - end);
        }
    }

    #[test]
    fn a_flipped_bit_costs_one_record(
        records in records(),
        at in any::<prop::sample::Index>(),
        bit in 0..8_u8,
    ) {
        let (mut file, lengths) = written(&records);
        // The first byte is the version of the format.
        let at = 1 + at.index(file.len() - 1);
        file[at] ^= 1 << bit;
        let damaged = lengths.iter().filter(|len| **len <= at).count();
        let mut expected = records;
        expected.remove(damaged);
        let read = read(&file);
        prop_assert_eq!(read.records, expected);
        prop_assert!(read.damaged_bytes > 0);
    }

    #[test]
    fn records_after_a_frame_that_was_cut_off_are_read(
        before in records(),
        after in records(),
        cut in any::<prop::sample::Index>(),
    ) {
        let (mut file, lengths) = written(&before);
        file.truncate(1 + cut.index(file.len() - 1));
        let whole = lengths.iter().filter(|len| **len <= file.len()).count();
        for record in &after {
            record.append(&mut file);
        }
        prop_assert_eq!(read(&file).records, [&before[..whole], &after[..]].concat());
    }

    #[test]
    fn any_bytes_can_be_read(mut file in prop::collection::vec(any::<u8>(), 0..2_000)) {
        if let Some(version) = file.first_mut() {
            *version = 1;
        }
        read(&file);
    }
}
