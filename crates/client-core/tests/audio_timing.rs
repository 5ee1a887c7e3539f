//! A sound's sample is at the sound's time, and comes no later than is reported.

mod audio_support;

use audio_support::{RATES_HZ, resample};
use inturn_bench_kit::noise;
use inturn_client_core::audio::Resampler;

#[test]
fn a_pulse_stays_at_its_time() {
    for rate in RATES_HZ {
        for frame in [rate / 4, rate / 4 + 1, rate / 3] {
            let mut input = vec![0.0; rate as usize];
            input[frame as usize] = 1.0;
            let found = centre(&resample(rate, &input));
            let expected = f64::from(frame) * 16_000.0 / f64::from(rate);
            assert!(
                (found - expected).abs() < 1e-3,
                "{rate} Hz: {found} for {expected}"
            );
        }
    }
}

#[test]
fn the_first_and_the_last_frame_count_as_if_silence_lay_around_them() {
    for rate in RATES_HZ {
        let input = noise(u64::from(rate), rate as usize / 3);
        let alone = resample(rate, &input);
        let second = vec![0.0; rate as usize];
        let amid = resample(rate, &[&second[..], &input, &second].concat());
        assert!(amid[16_000..][..alone.len()] == alone, "{rate} Hz");
    }
}

#[test]
fn no_sample_comes_later_than_reported_and_one_comes_as_late() {
    for rate in RATES_HZ {
        let mut resampler = Resampler::new(rate).expect("a rate that is resampled");
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

/// The centre of gravity of a pulse, in samples.
fn centre(samples: &[f32]) -> f64 {
    let weighed = samples.iter().enumerate();
    let (moment, mass) = weighed.fold((0.0, 0.0), |(moment, mass), (index, &sample)| {
        (
            moment + index as f64 * f64::from(sample),
            mass + f64::from(sample),
        )
    });
    moment / mass
}
