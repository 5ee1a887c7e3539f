//! Speech keeps its level, and nothing is heard that was not there.

mod audio_support;

use audio_support::{fit_sine, quality, resample, sine, steady};
use inturn_client_core::audio::to_int16;

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
fn input_at_16_khz_passes_untouched() {
    let input = audio_support::noise(1, 5_000);
    assert_eq!(resample(16_000, &input), input);
}

#[test]
fn int16_adds_no_more_than_its_own_steps() {
    for rate in [16_000, 44_100, 48_000] {
        let output = resample(rate, &sine(rate, 937.0, 0.9, rate as usize));
        let rounded: Vec<f32> = output
            .iter()
            .map(|&s| f32::from(to_int16(s)) / 32_768.0)
            .collect();
        let noise = fit_sine(steady(&rounded), 937.0).rest_rms;
        let ideal = 1.0 / 32_768.0 / 12.0_f64.sqrt();
        assert!(20.0 * (noise / ideal).log10() < 1.0, "{rate} Hz: {noise:e}");
    }
}

#[test]
fn a_crude_resampler_would_be_found_out() {
    let nearest = |input: &[f32]| input.iter().step_by(3).copied().collect();
    let quality = quality(48_000, 12, nearest);
    assert!(quality.spurious_db > -1.0, "{quality:?}");
}
