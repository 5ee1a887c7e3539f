//! Frequency response, distortion, aliases and quantisation noise.

mod audio_support;

use inturn_bench_kit::{int16_excess_db, noise, quality};
use inturn_client_core::audio::to_int16;

use self::audio_support::resample;

const RATES_HZ: [u32; 12] = [
    8_000, 11_025, 12_345, 22_050, 24_000, 32_000, 44_099, 44_100, 48_000, 88_200, 96_000, 192_000,
];

#[test]
fn tones_are_flat_clean_and_free_of_aliases_and_images() {
    for rate in RATES_HZ {
        let quality = quality(rate, 12, |input| resample(rate, input));
        assert!(quality.ripple_db <= 0.05, "{rate} Hz: {quality:?}");
        assert!(quality.spurious_db <= -100.0, "{rate} Hz: {quality:?}");
        assert!(quality.thd_n_db <= -110.0, "{rate} Hz: {quality:?}");
    }
}

#[test]
fn input_at_16_khz_passes_unchanged() {
    let input = noise(1, 5_000);
    assert_eq!(resample(16_000, &input), input);
}

#[test]
fn int16_adds_no_more_than_an_ideal_quantiser() {
    for rate in [8_000, 16_000, 22_050, 44_100, 48_000] {
        let excess_db = int16_excess_db(rate, 12, |input| resample(rate, input), to_int16);
        assert!(excess_db < 1.0, "{rate} Hz: {excess_db} dB");
    }
}
