//! The mix-down to mono is as loud as the voice, for channels of any phase.

mod audio_support;

use inturn_bench_kit::{noise, sine};
use inturn_client_core::audio::{ChunkLength, Pipeline};
use proptest::prelude::*;

use self::audio_support::{RATES_HZ, chunks};

#[test]
fn opposite_phases_mix_down_to_one_channel_at_every_rate() {
    for rate in RATES_HZ {
        let voice = noise(u64::from(rate), rate as usize / 2);
        let mixed = mix(rate, &[&voice, &scaled(&voice, -1.0)], &[]);
        let alone = samples(rate, &voice);
        assert_eq!(mixed.len(), alone.len());
        assert!(mixed[SETTLED..] == alone[SETTLED..], "{rate} Hz");
    }
}

#[test]
fn opposite_phases_of_different_levels_mix_down_to_the_louder_channel() {
    for (left, right) in [(0.9, -0.7), (-0.6, 0.8), (0.5, -0.5001)] {
        let voice = noise(4, 24_000);
        let channels = [scaled(&voice, left), scaled(&voice, right)];
        let mixed = mix(48_000, &[&channels[0], &channels[1]], &[]);
        let loudest = usize::from(right.abs() > left.abs() * 1.1);
        let alone = samples(48_000, &channels[loudest]);
        assert!(mixed[SETTLED..] == alone[SETTLED..], "{left} and {right}");
    }
}

#[test]
fn a_voice_on_one_of_eight_channels_is_as_loud_as_on_one() {
    for rate in [8_000, 16_000, 44_099, 48_000, 192_000] {
        for (voiced, hiss) in [(0, 0.0), (3, 0.0), (7, 0.01), (5, 0.05)] {
            let len = rate as usize / 2;
            let mut channels: Vec<_> = (0..8)
                .map(|channel| scaled(&noise(channel, len), hiss))
                .collect();
            channels[voiced] = scaled(&noise(99, len), 0.5);
            let planes: Vec<&[f32]> = channels.iter().map(Vec::as_slice).collect();
            let mixed = level_db(&mix(rate, &planes, &[])[SETTLED..]);
            let alone = level_db(&samples(rate, &channels[voiced])[SETTLED..]);
            assert!((mixed - alone).abs() < 1.0, "{rate} Hz: {mixed}, {alone}");
        }
    }
}

#[test]
fn a_change_of_source_makes_no_click() {
    for rate in [16_000, 48_000] {
        // The right channel inverts its phase every half second, at the zero crossings of the tone.
        let tone = sine(rate, 100.0, 0.5, 2 * rate as usize);
        let inverted: Vec<f32> = (0..)
            .zip(&tone)
            .map(|(frame, &sample)| {
                if frame / (rate / 2) % 2 == 0 {
                    sample
                } else {
                    -sample
                }
            })
            .collect();
        let mixed = mix(rate, &[&tone, &inverted], &[]);
        let steps = mixed
            .windows(2)
            .map(|pair| (i32::from(pair[1]) - i32::from(pair[0])).abs());
        // The tone itself changes by up to 643 between two samples.
        assert!(steps.max() < Some(900), "{rate} Hz");
        // Both sources were heard at full level.
        for quarter in 0..4 {
            let end = &mixed[quarter * 8_000 + 4_000..][..4_000];
            assert_eq!(end.iter().max(), Some(&16_384), "{rate} Hz, {quarter}");
        }
    }
}

#[test]
fn silence_between_words_does_not_change_the_source() {
    let voice = scaled(&noise(8, 48_000), 0.5);
    let gap: Vec<f32> = (0..)
        .zip(&voice)
        .map(|(frame, &sample)| {
            if (16_000..32_000).contains(&frame) {
                0.0
            } else {
                sample
            }
        })
        .collect();
    let mixed = mix(48_000, &[&gap, &scaled(&gap, -1.0)], &[]);
    assert!(mixed[SETTLED..] == samples(48_000, &gap)[SETTLED..]);
}

#[test]
fn nan_and_infinity_do_not_change_the_source() {
    for bad in [f32::NAN, f32::INFINITY, f32::MAX] {
        let mut voice = scaled(&noise(5, 48_000), 0.5);
        voice[9_000] = bad;
        let mixed = mix(48_000, &[&voice, &scaled(&voice, -1.0)], &[]);
        let alone = samples(48_000, &voice);
        assert!(mixed[SETTLED..] == alone[SETTLED..], "{bad}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// A voice at any position between two noisy microphones, or two voices: the output is
    /// bit-identical to the average.
    #[test]
    fn ordinary_stereo_is_averaged(
        rate in prop_oneof![prop::sample::select(&RATES_HZ[..]), 8_000_u32..=192_000],
        seed in any::<u64>(),
        left in 0.0_f32..=1.0,
        right in 0.0_f32..=1.0,
        hiss in 0.0_f32..=1.0,
    ) {
        let len = rate as usize / 4;
        let voice = noise(seed, len);
        let channel = |gain: f32, seed| -> Vec<f32> {
            let hiss = scaled(&noise(seed, len), hiss / 2.0);
            let voice = scaled(&voice, gain / 2.0);
            voice.iter().zip(hiss).map(|(voice, hiss)| voice + hiss).collect()
        };
        let (left, right) = (channel(left, seed ^ 1), channel(right, seed ^ 2));
        let average: Vec<f32> = left.iter().zip(&right).map(|(l, r)| (l + r) / 2.0).collect();
        prop_assert!(mix(rate, &[&left, &right], &[]) == samples(rate, &average));
    }

    #[test]
    fn any_cuts_give_the_same_bits(
        rate in prop_oneof![prop::sample::select(&RATES_HZ[..]), 8_000_u32..=192_000],
        phases in prop::collection::vec((0.0_f32..=1.0, -1.0_f32..=1.0, -1.0_f32..=1.0), 1..8),
        cuts in prop::collection::vec(
            prop_oneof![prop::sample::select(&[1, 127, 128, 441, 4_096][..]), 1_usize..3_000],
            0..24,
        ),
        channels in 2_usize..=9,
    ) {
        // Segments of about 50 ms in which the channels have any phases and levels.
        let segment = rate as usize / 19;
        let mut planes = vec![Vec::new(); channels];
        for (index, (voice, even, odd)) in phases.iter().enumerate() {
            let sound = scaled(&noise(index as u64, segment), *voice);
            for (channel, plane) in planes.iter_mut().enumerate() {
                let gain = if channel % 2 == 0 { even } else { odd };
                plane.extend(scaled(&sound, *gain));
            }
        }
        let planes: Vec<&[f32]> = planes.iter().map(Vec::as_slice).collect();
        prop_assert!(mix(rate, &planes, &cuts) == mix(rate, &planes, &[]));
    }
}

/// Returns all samples of `planes`, pushed in blocks of `cuts` frames and one with the rest.
fn mix(rate: u32, planes: &[&[f32]], cuts: &[usize]) -> Vec<i16> {
    let mut pipeline = Pipeline::new(rate, ChunkLength::default()).expect("the rate is supported");
    let (len, mut start) = (planes[0].len(), 0);
    for frames in cuts.iter().copied().chain([len]) {
        let end = (start + frames).min(len);
        let block: Vec<&[f32]> = planes.iter().map(|plane| &plane[start..end]).collect();
        pipeline.push_block(&block.concat(), planes.len());
        start = end;
    }
    let (mut tail, mut samples) = (pipeline.flush(), Vec::new());
    while let Some(chunk) = tail.next_chunk() {
        samples.extend_from_slice(chunk);
    }
    samples
}

/// Returns all samples of one channel.
fn samples(rate: u32, mono: &[f32]) -> Vec<i16> {
    chunks(rate, ChunkLength::default(), [mono]).concat()
}

fn scaled(samples: &[f32], by: f32) -> Vec<f32> {
    samples.iter().map(|sample| sample * by).collect()
}

fn level_db(samples: &[i16]) -> f64 {
    let squares: f64 = samples.iter().map(|&it| f64::from(it).powi(2)).sum();
    10.0 * (squares / samples.len() as f64).log10()
}

/// Number of samples until the mixer has switched to one channel, with some margin: a window of
/// 10 ms, a fade of 10 ms, and the filter's length.
const SETTLED: usize = 480;
