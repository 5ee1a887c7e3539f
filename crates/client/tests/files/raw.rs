//! Samples without a header.

use std::io::Cursor;

use inturn_client::{Encoding, FileSource, RawFormat};
use proptest::prelude::*;

use super::sound::Played;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn samples_of_each_encoding_are_decoded(
        samples in prop::collection::vec(any::<i16>(), 1..9_000),
        channels in 1_u16..5,
        rate_hz in 8_000_u32..50_000,
        encoding in prop::sample::select(EXACT),
        cut in 0_usize..8,
    ) {
        let whole = samples.len() - samples.len() % usize::from(channels);
        let encoded = samples[..whole].iter().map(|sample| encode(*sample, encoding));
        let mut bytes: Vec<u8> = encoded.flatten().collect();
        // A part of a frame at the end is no sound.
        bytes.extend(vec![0; cut.min(usize::from(channels) * encoding.bytes() - 1)]);
        let format = RawFormat { rate_hz, channels, encoding };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let source = FileSource::from_reader("pipe", Cursor::new(bytes), Some(format));
        let played = runtime.block_on(Played::all(source));

        prop_assert_eq!(played.rate_hz, rate_hz);
        let expected: Vec<Vec<f32>> = (0..usize::from(channels))
            .map(|channel| {
                let plane = samples[..whole].iter().skip(channel).step_by(channels.into());
                plane.map(|sample| value(*sample, encoding)).collect()
            })
            .collect();
        let is_silent = whole == 0;
        prop_assert_eq!(played.planes, if is_silent { Vec::new() } else { expected });
    }
}

#[tokio::test]
async fn telephone_encodings_have_their_values() {
    // The values of ITU-T G.711 as 16 bit: the largest, and the smallest around zero.
    for (encoding, bytes, values) in [
        (
            Encoding::MuLaw,
            [0x00, 0x80, 0xFE, 0x7E],
            [-32_124, 32_124, 8, -8],
        ),
        (
            Encoding::ALaw,
            [0x2A, 0xAA, 0xD5, 0x55],
            [-32_256, 32_256, 8, -8],
        ),
    ] {
        let format = RawFormat {
            rate_hz: 8_000,
            channels: 1,
            encoding,
        };
        let reader = Cursor::new(bytes);
        let played = Played::all(FileSource::from_reader("pipe", reader, Some(format))).await;
        let expected = values.map(|value: i16| f32::from(value) / 32_768.0);
        assert_eq!(played.planes, [expected.to_vec()], "{encoding:?}");
    }
}

fn encode(sample: i16, encoding: Encoding) -> Vec<u8> {
    let long = i32::from(sample) << 16;
    match encoding {
        Encoding::U8 => vec![(sample >> 8) as u8 ^ 0x80],
        Encoding::S16Le => sample.to_le_bytes().into(),
        Encoding::S16Be => sample.to_be_bytes().into(),
        Encoding::S24Le => long.to_le_bytes()[1..].into(),
        Encoding::S32Le => long.to_le_bytes().into(),
        Encoding::F32Le => value(sample, encoding).to_le_bytes().into(),
        Encoding::F64Le => f64::from(value(sample, encoding)).to_le_bytes().into(),
        other => panic!("{other:?} is not exact"),
    }
}

fn value(sample: i16, encoding: Encoding) -> f32 {
    match encoding {
        Encoding::U8 => f32::from(sample >> 8) / 128.0,
        _ => f32::from(sample) / 32_768.0,
    }
}

const EXACT: &[Encoding] = &[
    Encoding::U8,
    Encoding::S16Le,
    Encoding::S16Be,
    Encoding::S24Le,
    Encoding::S32Le,
    Encoding::F32Le,
    Encoding::F64Le,
];
