//! WAV, read by a public parser.

use std::io::Cursor;

use hound::{SampleFormat, WavReader, WavSpec};
use inturn_transcript::export::wav_header;

#[test]
fn a_file_has_its_samples() {
    let samples = [0, 1, -1, i16::MIN, i16::MAX];
    for count in 0..=samples.len() {
        let bytes: Vec<u8> = samples[..count]
            .iter()
            .flat_map(|it| it.to_le_bytes())
            .collect();
        let file = [&wav_header(bytes.len() as u64)[..], &bytes].concat();
        let mut reader = WavReader::new(Cursor::new(file)).expect("it is a WAV file");
        let spec = WavSpec {
            channels: 1,
            sample_rate: 16_000,
            bits_per_sample: 16,
            sample_format: SampleFormat::Int,
        };
        assert_eq!(reader.spec(), spec);
        let read: Vec<i16> = reader
            .samples()
            .collect::<Result<_, _>>()
            .expect("it is whole");
        assert_eq!(read, samples[..count]);
    }
}

#[test]
fn only_whole_samples_within_the_limit_of_the_format_count() {
    let longest = u64::from(u32::MAX) - HEADER_BYTES - 1;
    for (audio_bytes, counted) in [
        (1, 0),
        (3, 2),
        (longest, longest),
        (longest + 1, longest),
        (u64::from(u32::MAX), longest),
        (1 << 40, longest),
    ] {
        let header = wav_header(audio_bytes);
        let number = |at: usize| {
            let bytes = header[at..at + 4].try_into().expect("four bytes");
            u64::from(u32::from_le_bytes(bytes))
        };
        assert_eq!(number(40), counted, "{audio_bytes}");
        assert_eq!(number(4), counted + HEADER_BYTES - 8);
    }
}

const HEADER_BYTES: u64 = 44;
