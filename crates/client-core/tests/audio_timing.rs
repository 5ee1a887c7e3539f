//! Each sample is at the time of its sound, and its delay is at most the reported one.

mod audio_support;

use inturn_bench_kit::noise;
use inturn_client_core::audio::Resampler;

use self::audio_support::{RATES_HZ, resample};

#[test]
fn a_pulse_stays_at_its_time() {
    for rate in RATES_HZ {
        for frame in [rate / 4, rate / 4 + 1, rate / 3] {
            let mut input = vec![0.0; rate as usize];
            input[frame as usize] = 1.0;
            let position = centre(&resample(rate, &input));
            let expected = f64::from(frame) * 16_000.0 / f64::from(rate);
            assert!(
                (position - expected).abs() < 1e-3,
                "{rate} Hz: {position} instead of {expected}"
            );
        }
    }
}

#[test]
fn input_is_resampled_as_if_silence_surrounded_it() {
    for rate in RATES_HZ {
        let input = noise(u64::from(rate), rate as usize / 3);
        let alone = resample(rate, &input);
        let second = vec![0.0; rate as usize];
        let surrounded = resample(rate, &[&second[..], &input, &second].concat());
        assert!(surrounded[16_000..][..alone.len()] == alone, "{rate} Hz");
    }
}

#[test]
fn the_reported_delay_is_the_greatest_delay() {
    for rate in RATES_HZ {
        let mut resampler = Resampler::new(rate).expect("the rate is supported");
        let (mut output, mut worst) = (Vec::new(), 0.0_f64);
        let frame_secs = 1.0 / f64::from(rate);
        for frame in 0..rate / 2 {
            let before = output.len();
            resampler.process(&[0.0], &mut output);
            for sample in before..output.len() {
                worst = worst.max(f64::from(frame) * frame_secs - sample as f64 / 16_000.0);
            }
        }
        let reported = resampler.delay().as_secs_f64();
        assert!(reported <= 0.0075, "{rate} Hz: {reported} s");
        assert!(
            worst <= reported + 1e-8,
            "{rate} Hz: {worst} s, {reported} s reported"
        );
        assert!(
            worst > reported - frame_secs - 1e-8,
            "{rate} Hz: {worst} s of {reported} s"
        );
    }
}

/// Returns the centre of mass of a pulse, in samples.
fn centre(samples: &[f32]) -> f64 {
    let weighted = samples.iter().enumerate();
    let (moment, mass) = weighted.fold((0.0, 0.0), |(moment, mass), (index, &sample)| {
        (
            moment + index as f64 * f64::from(sample),
            mass + f64::from(sample),
        )
    });
    moment / mass
}
