//! Invalid settings give a precise error, and odd audio does no harm.

mod audio_support;

use inturn_bench_kit::{noise, sine};
use inturn_client_core::audio::{AudioError, ChunkLength, Level, Pipeline};

use self::audio_support::chunks;

#[test]
fn an_unsupported_rate_is_an_error_with_the_rate() {
    for rate_hz in [0, 7_999, 192_001, u32::MAX] {
        let error = Pipeline::new(rate_hz, ChunkLength::default()).expect_err("out of range");
        assert_eq!(error, AudioError::InputRate { rate_hz });
        let message = format!(
            "The microphone runs at {rate_hz} Hz: choose one that runs at 8000 to 192000 Hz."
        );
        assert_eq!(error.to_string(), message);
    }
}

#[test]
fn an_unsupported_chunk_length_is_an_error_with_the_length() {
    for ms in [0, 49, 1_001, u32::MAX] {
        let error = ChunkLength::from_ms(ms).expect_err("out of range");
        assert_eq!(error, AudioError::ChunkLength { ms });
        let message = format!("The chunk length is {ms} ms: choose one from 50 to 1000 ms.");
        assert_eq!(error.to_string(), message);
    }
}

#[test]
fn chunk_lengths_are_whole_samples() {
    let samples = |ms| ChunkLength::from_ms(ms).map(ChunkLength::samples);
    assert_eq!(samples(50), Ok(800));
    assert_eq!(samples(51), Ok(816));
    assert_eq!(samples(1_000), Ok(16_000));
    assert_eq!(ChunkLength::default().samples(), 1_600);
}

#[test]
fn the_last_chunk_is_padded_to_50_ms_at_most() {
    let lengths = |frames: usize| -> Vec<usize> {
        let input = noise(5, frames);
        chunks(16_000, ChunkLength::default(), [&input[..]])
            .iter()
            .map(Vec::len)
            .collect()
    };
    assert!(lengths(0).is_empty());
    assert_eq!(lengths(1), [800]);
    assert_eq!(lengths(799), [800]);
    assert_eq!(lengths(801), [801]);
    assert_eq!(lengths(1_600), [1_600]);
    assert_eq!(lengths(1_601), [1_600, 800]);
    assert_eq!(lengths(3_199), [1_600, 1_599]);
}

#[test]
fn chunks_not_taken_before_the_end_are_in_the_tail() {
    let input = noise(6, 48_000 * 3);
    let mut pipeline = Pipeline::new(48_000, ChunkLength::default()).expect("a common rate");
    pipeline.push_block(&input, 1);
    let first = pipeline.next_chunk().map(<[i16]>::to_vec);
    let mut tail = pipeline.flush();
    let mut found: Vec<_> = first.into_iter().collect();
    while let Some(chunk) = tail.next_chunk() {
        found.push(chunk.to_vec());
    }
    assert!(found == chunks(48_000, ChunkLength::default(), [&input[..]]));
}

#[test]
fn blocks_without_audio_are_ignored() {
    let mut pipeline = Pipeline::new(48_000, ChunkLength::default()).expect("a common rate");
    pipeline.push_block(&[0.5; 96], 2);
    let level = pipeline.level();
    pipeline.push_block(&[], 1);
    pipeline.push_block(&[], 0);
    pipeline.push_block(&[0.25; 128], 0);
    pipeline.push_block(&[0.25; 2], 3);
    pipeline.push_block(&[0.25; 2], usize::MAX);
    assert_eq!(pipeline.level(), level);
    let mut tail = pipeline.flush();
    let chunk = tail.next_chunk().expect("a millisecond of audio");
    assert!(chunk[..16].iter().all(|&sample| sample != 0));
    assert!(chunk[16..].iter().all(|&sample| sample == 0));
}

#[test]
fn nan_and_infinity_corrupt_only_the_filters_length() {
    for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, f32::MAX] {
        let mut input = vec![0.0; 48_000];
        input[24_000] = bad;
        let chunks = chunks(48_000, ChunkLength::default(), [&input[..]]);
        let samples: Vec<i16> = chunks.concat();
        let affected = 8_000 - 62..=8_000 + 62;
        assert!(
            samples
                .iter()
                .enumerate()
                .all(|(at, &s)| s == 0 || affected.contains(&at)),
            "{bad}"
        );
        assert_eq!(
            samples.iter().all(|&sample| sample == 0),
            bad.is_nan(),
            "{bad}"
        );
    }
}

#[test]
fn loud_input_clamps_and_does_not_wrap() {
    for rate in [8_000, 16_000, 44_100, 96_000] {
        let input = sine(rate, 100.0, 3.0, rate as usize);
        let samples = chunks(rate, ChunkLength::default(), [&input[..]]).concat();
        assert_eq!(
            (samples.iter().min(), samples.iter().max()),
            (Some(&-32_768), Some(&32_767))
        );
        let steps = samples
            .windows(2)
            .map(|pair| i32::from(pair[1]) - i32::from(pair[0]));
        assert!(steps.map(i32::abs).max() < Some(8_000), "{rate} Hz");
    }
}

#[test]
fn the_level_is_that_of_the_last_block() {
    let mut pipeline = Pipeline::new(48_000, ChunkLength::default()).expect("a common rate");
    assert_eq!(pipeline.level(), Level::default());
    pipeline.push_block(&[1.0; 4_096], 1);
    assert_eq!(
        pipeline.level(),
        Level {
            peak: 1.0,
            rms: 1.0
        }
    );
    // The level is measured after the mix-down: two channels in opposite phase have none until the
    // mixer switches to one of them.
    pipeline.push_block(&[[0.5; 128], [-0.5; 128]].concat(), 2);
    let silence = Level {
        peak: 0.0,
        rms: 0.0,
    };
    assert_eq!(pipeline.level(), silence);
    pipeline.push_block(&[[0.5; 4_096], [-0.5; 4_096]].concat(), 2);
    assert_eq!(pipeline.level().peak, 0.5);
}
