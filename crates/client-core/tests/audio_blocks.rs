//! The output does not depend on how the input is cut into blocks: neither its bits nor its length.

mod audio_support;

use inturn_bench_kit::noise;
use inturn_client_core::audio::{ChunkLength, Pipeline};
use proptest::prelude::*;

use self::audio_support::{RATES_HZ, chunks};

const BLOCK_FRAMES: [usize; 8] = [0, 1, 127, 128, 441, 896, 4_096, 20_000];

#[test]
fn every_block_size_gives_the_same_bits_at_every_rate() {
    for rate in RATES_HZ {
        let input = noise(u64::from(rate), rate as usize / 2 + 17);
        let whole = chunks(rate, ChunkLength::default(), [input.as_slice()]);
        for frames in BLOCK_FRAMES.into_iter().filter(|&frames| frames > 0) {
            let cut = chunks(rate, ChunkLength::default(), input.chunks(frames));
            assert!(cut == whole, "{rate} Hz in blocks of {frames}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn any_cuts_give_the_same_bits_and_the_exact_length(
        rate in prop_oneof![prop::sample::select(&RATES_HZ[..]), 8_000_u32..=192_000],
        cuts in prop::collection::vec(
            prop_oneof![prop::sample::select(&BLOCK_FRAMES[..]), 0_usize..3_000],
            0..24,
        ),
        chunk_ms in 50_u32..=1_000,
    ) {
        let input = noise(u64::from(rate), cuts.iter().sum());
        let length = ChunkLength::from_ms(chunk_ms).expect("from 50 to 1000");
        let mut rest = input.as_slice();
        let blocks = cuts.iter().map(|&frames| {
            let (block, later) = rest.split_at(frames);
            rest = later;
            block
        });
        let cut = chunks(rate, length, blocks);
        prop_assert!(cut == chunks(rate, length, [input.as_slice()]));

        let (last, full) = cut.split_last().map_or((&[][..], &[][..]), |(l, f)| (&l[..], f));
        prop_assert!(full.iter().all(|chunk| chunk.len() == length.samples()));
        let samples = (input.len() * 16_000).div_ceil(rate as usize);
        let expected = samples - full.len() * length.samples();
        let padded = if expected == 0 { 0 } else { expected.max(800) };
        prop_assert_eq!(last.len(), padded);
        prop_assert!(last[expected..].iter().all(|&sample| sample == 0));
    }
}

#[test]
fn the_number_of_channels_may_change_between_blocks() {
    let input = noise(3, 44_100);
    let mono = chunks(44_100, ChunkLength::default(), [input.as_slice()]);

    let mut pipeline = Pipeline::new(44_100, ChunkLength::default()).expect("a common rate");
    for (block, channels) in input.chunks(441).zip([1, 2, 4, 8].into_iter().cycle()) {
        pipeline.push_block(&block.repeat(channels), channels);
    }
    let mut tail = pipeline.flush();
    for chunk in mono {
        assert!(tail.next_chunk() == Some(chunk.as_slice()));
    }
    assert_eq!(tail.next_chunk(), None);
}

#[test]
fn an_hour_is_exact_to_the_sample_at_44100_hz() {
    an_hour_is_exact(44_100);
}

#[test]
fn an_hour_is_exact_to_the_sample_at_8000_hz() {
    an_hour_is_exact(8_000);
}

/// Processes an hour and one frame of silence, with a pulse whose position shows any drift.
fn an_hour_is_exact(rate: u32) {
    let hour = 3_600 * u64::from(rate);
    // Whole hundredths of a second lie exactly on a sample, and 53 of them before the end lie in
    // the middle of a chunk.
    let pulse = hour - 53 * u64::from(rate / 100);
    let mut pipeline = Pipeline::new(rate, ChunkLength::default()).expect("a common rate");
    let last_frame = 16_000_u64.div_ceil(u64::from(rate));
    assert_eq!(pipeline.samples_for(hour + 1), 57_600_000 + last_frame);

    let mut block = vec![0.0; 4_097];
    let (mut pushed, mut samples, mut found) = (0, 0, None);
    let mut take = |chunk: &[i16]| {
        let loudest = chunk.iter().enumerate().max_by_key(|(_, sample)| **sample);
        if let Some((at, 8_000..)) = loudest {
            assert_eq!(
                found.replace(samples + at as u64),
                None,
                "one pulse, in one chunk"
            );
        }
        samples += chunk.len() as u64;
    };
    while pushed <= hour {
        let frames = (hour + 1 - pushed).min(block.len() as u64);
        block.fill(0.0);
        if (pushed..pushed + frames).contains(&pulse) {
            block[(pulse - pushed) as usize] = 1.0;
        }
        pipeline.push_block(&block[..frames as usize], 1);
        pushed += frames;
        while let Some(chunk) = pipeline.next_chunk() {
            take(chunk);
        }
    }
    let mut tail = pipeline.flush();
    while let Some(chunk) = tail.next_chunk() {
        take(chunk);
    }
    // The samples from the frame beyond the hour are padded to 50 ms.
    assert_eq!(samples, 57_600_000 + 800);
    assert_eq!(found, Some(pulse * 16_000 / u64::from(rate)));
}
