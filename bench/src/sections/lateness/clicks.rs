//! Clicks at irregular intervals: the sound for the microphone, and finding them in a recording.

use std::f64::consts::PI;

use anyhow::ensure;
use inturn_tests::{browser::FILE_HZ, sound::Sound};

/// Returns the times of the clicks in a sound of this duration, in seconds.
///
/// Neighbouring intervals differ, and the times are spread evenly over all phases of a chunk: their
/// offsets are van der Corput's sequence.
pub(super) fn moments(seconds: f64) -> Vec<f64> {
    (0_u32..)
        .map(|index| {
            let fraction = f64::from(index.reverse_bits()) / 2_f64.powi(32);
            LEAD_IN_SECS + f64::from(index) * 0.087 + fraction * 0.055
        })
        .take_while(|at| at + 0.1 < seconds)
        .collect()
}

/// Returns the clicks as a sound. A click is short enough to locate, and long enough to pass a
/// filter.
pub(super) fn sound(seconds: f64) -> Sound {
    let mut sound = Sound::silence(FILE_HZ, seconds);
    for moment in moments(seconds) {
        let start = (moment * f64::from(FILE_HZ)).round() as usize;
        for (index, sample) in sound.samples[start..][..HUMP_SAMPLES]
            .iter_mut()
            .enumerate()
        {
            *sample = 0.9
                * (PI * (index as f64 + 0.5) / HUMP_SAMPLES as f64)
                    .sin()
                    .powi(2);
        }
    }
    sound
}

/// Returns the index of the loudest sample of each click.
pub(super) fn peaks(sound: &Sound) -> Vec<usize> {
    let dead = sound.rate_hz as usize / 50;
    let mut peaks: Vec<usize> = Vec::new();
    for (index, sample) in sound.samples.iter().enumerate() {
        if *sample < THRESHOLD {
            continue;
        }
        match peaks.last_mut() {
            Some(last) if index - *last < dead => {
                if *sample > sound.samples[*last] {
                    *last = index;
                }
            }
            _ => peaks.push(index),
        }
    }
    peaks
}

/// Fails unless both have the same number of clicks, and equal intervals within `tolerance_secs`.
pub(super) fn agree(one: &[f64], other: &[f64], tolerance_secs: f64) -> anyhow::Result<()> {
    let intervals =
        |times: &[f64]| -> Vec<f64> { times.windows(2).map(|pair| pair[1] - pair[0]).collect() };
    ensure!(
        one.len() == other.len(),
        "{} clicks in the first, {} in the second",
        one.len(),
        other.len()
    );
    for (index, (one, other)) in intervals(one).iter().zip(intervals(other)).enumerate() {
        ensure!(
            (one - other).abs() <= tolerance_secs,
            "the interval after click {index} is {one:.4} s in the first, {other:.4} s in the \
             second"
        );
    }
    Ok(())
}

/// Silence before the first click. While a browser opens the microphone and starts its audio graph,
/// blocks of the file may be out of order. The figures exclude this time anyway.
const LEAD_IN_SECS: f64 = 1.0;

/// Width of a click: a third of a millisecond, so its spectrum ends at about 6 kHz.
const HUMP_SAMPLES: usize = 16;

/// Half the peak of a click, at either rate.
const THRESHOLD: f64 = 0.4;

#[cfg(test)]
mod tests {
    use super::*;

    const SHORT_SECS: f64 = 0.000_2;

    #[test]
    fn clicks_are_found_at_their_times_at_either_rate() {
        let seconds = |sound: &Sound| -> Vec<f64> {
            let rate_hz = f64::from(sound.rate_hz);
            peaks(sound).iter().map(|&at| at as f64 / rate_hz).collect()
        };
        let sound = sound(4.0);
        let found = seconds(&sound);
        agree(&moments(4.0), &found, SHORT_SECS).expect("the clicks are at their times");
        let filtered = seconds(&sound.at_rate(16_000));
        agree(&found, &filtered, SHORT_SECS).expect("the filter does not move clicks");
    }

    #[test]
    fn a_missing_click_and_a_shifted_click_are_errors() {
        let all = moments(4.0);
        assert!(agree(&all, &all[1..], SHORT_SECS).is_err());
        let mut shifted = all.clone();
        shifted[7] += 0.001;
        assert!(agree(&all, &shifted, SHORT_SECS).is_err());
    }
}
