//! Checks whether a recording is a gapless copy of the played sound.

use std::{f64::consts::PI, ops::Range};

use crate::{sinc::Sinc, sound::Sound};

/// Position of a recording in the original, and how well the two match.
#[derive(Clone, Debug)]
pub struct Match {
    /// Time in the original of the recording's first sample, in seconds. Negative if the recording
    /// began before the original.
    pub start_secs: f64,
    /// Correlation of each 0.1 s with the original, all at the same lag; 1 where both are silent.
    /// The last 0.1 s overlaps the one before.
    pub correlations: Vec<f64>,
    /// Places with missing or repeated samples.
    pub gaps: Vec<Gap>,
}

/// A place where the lag changes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gap {
    /// Time in the recording, in seconds.
    pub at_secs: f64,
    /// Number of missing samples at the recording's rate; negative for repeated samples.
    pub missing: f64,
}

impl Match {
    /// Returns the lowest correlation.
    pub fn worst(&self) -> f64 {
        self.correlations.iter().copied().fold(1.0, f64::min)
    }
}

/// Finds `part` of `recording` in `original`, which may be at another rate, by correlation.
///
/// Returns `None` if `original` has no similar part, or if `part` is shorter than 0.5 s.
pub fn locate(recording: &Sound, part: Range<usize>, original: &Sound) -> Option<Match> {
    locate_within(recording, part, original, 0.0..f64::INFINITY)
}

/// Like [`locate`], for a sound that repeats itself: the part begins between these times of the
/// original, in seconds. Silence matches silence.
pub fn locate_within(
    recording: &Sound,
    part: Range<usize>,
    original: &Sound,
    between: Range<f64>,
) -> Option<Match> {
    let rate_hz = f64::from(recording.rate_hz);
    let window = recording.rate_hz as usize / 10;
    let received = recording.samples.get(part.clone())?;
    if received.len() < window * 5 {
        return None;
    }
    let reader = Sinc::between(original.rate_hz, recording.rate_hz);
    let reference = reader.resample(&original.samples, original.rate_hz, recording.rate_hz);

    let template = &received[..window * 2];
    let whole_lag = best_lag(
        template,
        &reference,
        // The casts saturate: negative and infinite limits become the smallest and largest number.
        (between.start * rate_hz) as usize
            ..reference
                .len()
                .saturating_sub(template.len())
                .min((between.end * rate_hz) as usize),
    )?;
    let step = f64::from(original.rate_hz) / rate_hz;
    let played = |from: usize, samples: usize, lag: f64| -> Vec<f64> {
        (from..from + samples)
            .map(|index| reader.read(&original.samples, (index as f64 + lag) * step))
            .collect()
    };
    let agreement = |lag: f64| correlation(template, &played(0, template.len(), lag));
    let lag = finest(whole_lag as f64, agreement);
    if agreement(lag) < 0.5 {
        return None;
    }

    let last = received.len() - window;
    let correlations: Vec<f64> = (0..last)
        .step_by(window)
        .chain([last])
        .map(|from| agreement_of(&received[from..from + window], &played(from, window, lag)))
        .collect();
    Some(Match {
        start_secs: (lag - part.start as f64) / rate_hz,
        gaps: gaps(
            received,
            &reference,
            lag.round() as i64,
            window,
            recording.rate_hz,
            part.start,
        ),
        correlations,
    })
}

/// Returns the samples of a steady tone of `tone_hz` that do not fit the two samples before them.
///
/// For a pure tone `x[n+1] = 2·cos(ω)·x[n] − x[n−1]` holds exactly; a single sample too many or too
/// few violates it. Differences below [`BREAK_SHARE`] of the tone's amplitude count as rounding.
pub fn breaks(sound: &Sound, part: Range<usize>, tone_hz: f64) -> Vec<usize> {
    let Some(received) = sound.samples.get(part.clone()) else {
        return Vec::new();
    };
    let factor = 2.0 * (2.0 * PI * tone_hz / f64::from(sound.rate_hz)).cos();
    let size = (received.iter().map(|x| x * x).sum::<f64>() / received.len() as f64 * 2.0).sqrt();
    received
        .windows(3)
        .enumerate()
        .filter(|(_, x)| (x[2] - factor * x[1] + x[0]).abs() > size * BREAK_SHARE)
        .map(|(index, _)| part.start + index + 1)
        .collect()
}

/// Returns the range from the first to the last sample above 1 % of full scale.
pub fn audible(sound: &Sound) -> Range<usize> {
    let loud = |sample: &f64| sample.abs() > 0.01;
    let first = sound.samples.iter().position(loud).unwrap_or(0);
    let end = sound
        .samples
        .iter()
        .rposition(loud)
        .map_or(0, |last| last + 1);
    first..end
}

/// Returns Pearson's correlation: 1 if the sounds differ only in level, 0 if one is silent.
pub fn correlation(a: &[f64], b: &[f64]) -> f64 {
    let (mut ab, mut aa, mut bb) = (0.0, 0.0, 0.0);
    for (a, b) in a.iter().zip(b) {
        ab += a * b;
        aa += a * a;
        bb += b * b;
    }
    if aa == 0.0 || bb == 0.0 {
        0.0
    } else {
        ab / (aa * bb).sqrt()
    }
}

/// Returns the correlation, or 1 if both are silent.
fn agreement_of(a: &[f64], b: &[f64]) -> f64 {
    let is_silent = |part: &[f64]| part.iter().all(|sample| sample.abs() < SILENT);
    if is_silent(a) && is_silent(b) {
        1.0
    } else {
        correlation(a, b)
    }
}

fn best_lag(template: &[f64], reference: &[f64], lags: Range<usize>) -> Option<usize> {
    lags.filter_map(|lag| {
        let played = reference.get(lag..lag + template.len())?;
        Some((lag, correlation(template, played)))
    })
    .max_by(|a, b| a.1.total_cmp(&b.1))
    .map(|(lag, _)| lag)
}

/// Refines a whole lag to 0.01 samples.
fn finest(whole: f64, agreement: impl Fn(f64) -> f64) -> f64 {
    let (mut low, mut high) = (whole - 1.0, whole + 1.0);
    while high - low > 0.01 {
        let third = (high - low) / 3.0;
        if agreement(low + third) < agreement(high - third) {
            low += third;
        } else {
            high -= third;
        }
    }
    (low + high) / 2.0
}

/// Tracks the lag from window to window, and returns each change.
fn gaps(
    received: &[f64],
    reference: &[f64],
    first_lag: i64,
    window: usize,
    rate_hz: u32,
    offset: usize,
) -> Vec<Gap> {
    let mut lag = first_lag;
    let mut gaps = Vec::new();
    for from in (0..received.len().saturating_sub(window)).step_by(window) {
        let agrees_from = |from: usize, lag: i64| {
            let at = usize::try_from(from as i64 + lag).ok()?;
            let played = reference.get(at..at + window)?;
            Some(correlation(received.get(from..from + window)?, played))
        };
        let agrees = |lag: i64| agrees_from(from, lag).unwrap_or(0.0);
        let has_same_lag =
            |from: usize| (lag - 1..=lag + 1).any(|lag| agrees_from(from, lag) > Some(SAME_LAG));
        // After a window that is only disturbed, the lag is unchanged.
        if has_same_lag(from) || has_same_lag(from + window) {
            continue;
        }
        let near = (lag - i64::from(rate_hz))..=(lag + i64::from(rate_hz));
        let Some(found) = near.max_by(|a, b| agrees(*a).total_cmp(&agrees(*b))) else {
            continue;
        };
        if agrees(found) > SAME_LAG {
            gaps.push(Gap {
                at_secs: (offset + from) as f64 / f64::from(rate_hz),
                missing: (found - lag) as f64,
            });
            lag = found;
        }
    }
    gaps
}

/// Below this level there is only rounding and the ringing of filters.
const SILENT: f64 = 0.002;

/// With noise up to 6 kHz, the correlation at a lag that is off by half a sample is higher than
/// this; that of a window with a gap in the middle is lower.
const SAME_LAG: f64 = 0.7;

/// At 16 kHz, 17 samples of 937 Hz differ from a whole period by 1.6°. A gap of 17 samples is a
/// difference of 0.5 % of the tone's amplitude at the worse of its two ends; other small gaps are
/// at least ten times that. Rounding to 16 bits at half of full scale is 0.015 %.
pub const BREAK_SHARE: f64 = 0.002;

#[cfg(test)]
mod tests {
    use super::*;

    const RATE_HZ: u32 = 16_000;

    fn without(sound: &Sound, part: Range<usize>) -> Sound {
        let mut cut = sound.clone();
        cut.samples.drain(part);
        cut
    }

    fn repeating(sound: &Sound, part: Range<usize>) -> Sound {
        let mut doubled = sound.clone();
        let again = sound.samples[part.clone()].to_vec();
        doubled.samples.splice(part.end..part.end, again);
        doubled
    }

    fn rounded(sound: &Sound) -> Sound {
        let samples = sound
            .to_int16()
            .iter()
            .map(|&s| f64::from(s) / 32_768.0)
            .collect();
        Sound {
            rate_hz: sound.rate_hz,
            samples,
        }
    }

    #[test]
    fn a_steady_tone_has_no_breaks() {
        let tone = rounded(&Sound::tone(RATE_HZ, 937.0, 2.0));
        assert_eq!(breaks(&tone, 0..32_000, 937.0), Vec::<usize>::new());
    }

    #[test]
    fn each_number_of_missing_or_repeated_samples_breaks_a_tone() {
        let tone = rounded(&Sound::tone(RATE_HZ, 937.0, 2.0));
        for count in [1, 2, 16, 17, 64, 128, 160, 1_600, 3_200] {
            for at in [10_000, 10_003, 10_007] {
                let cut = without(&tone, at..at + count);
                let found = breaks(&cut, 0..cut.samples.len(), 937.0);
                assert!(!found.is_empty(), "{count} missing at {at}");
                assert!(
                    found.iter().all(|&n| n.abs_diff(at) <= 1),
                    "{count} at {at}: {found:?}"
                );
                let doubled = repeating(&tone, at..at + count);
                let found = breaks(&doubled, 0..doubled.samples.len(), 937.0);
                assert!(!found.is_empty(), "{count} repeated at {at}");
            }
        }
    }

    #[test]
    fn a_tone_of_1_khz_hides_four_repeated_periods() {
        let tone = Sound::tone(RATE_HZ, 1_000.0, 1.0);
        let doubled = repeating(&tone, 8_000..8_064);
        assert!(breaks(&doubled, 0..doubled.samples.len(), 1_000.0).is_empty());
    }

    #[test]
    fn a_copy_is_located_between_two_samples() {
        let original = Sound::noise(44_100, 6_000, 3.0);
        // Begins 0.7 s and a fraction of a sample into the original.
        let reader = Sinc::between(44_100, RATE_HZ);
        let samples = (0..32_000)
            .map(|n| {
                0.8 * reader.read(
                    &original.samples,
                    (f64::from(n) / 16_000.0 + 0.70001) * 44_100.0,
                )
            })
            .collect();
        let copy = rounded(&Sound {
            rate_hz: RATE_HZ,
            samples,
        });
        let found = locate(&copy, 0..32_000, &original).expect("the sound is a copy");
        assert!(
            (found.start_secs - 0.70001).abs() < 2e-6,
            "{}",
            found.start_secs
        );
        assert!(found.worst() > 0.999, "{found:?}");
        assert_eq!(found.gaps, []);
    }

    #[test]
    fn missing_and_repeated_samples_are_counted() {
        let original = Sound::noise(RATE_HZ, 6_000, 3.0);
        let cut = without(&original, 20_000..20_064);
        let found = locate(&cut, 0..cut.samples.len(), &original).expect("most of it is a copy");
        assert!(found.worst() < 0.5, "{found:?}");
        let counts: Vec<f64> = found.gaps.iter().map(|gap| gap.missing).collect();
        assert_eq!(counts, [64.0], "{found:?}");
        let doubled = repeating(&original, 20_000..20_064);
        let found =
            locate(&doubled, 0..doubled.samples.len(), &original).expect("most of it is a copy");
        assert!(found.worst() < 0.99, "{found:?}");
        let counts: Vec<f64> = found.gaps.iter().map(|gap| gap.missing).collect();
        assert_eq!(counts, [-64.0], "{found:?}");
    }

    #[test]
    fn a_disturbed_moment_of_a_hum_is_no_gap() {
        let hum = Sound::tone(RATE_HZ, 150.0, 3.0);
        let mut disturbed = hum.clone();
        // The disturbance looks like a gap of a fifth of a period, plus any number of whole
        // periods.
        disturbed.samples[16_000..17_500].copy_from_slice(&hum.samples[16_020..17_520]);
        let found = locate_within(&disturbed, 0..disturbed.samples.len(), &hum, 0.0..0.003);
        let found = found.expect("the sound is a copy");
        assert!(found.worst() < 0.7, "{found:?}");
        assert_eq!(found.gaps, []);
    }

    #[test]
    fn a_repeating_sound_is_located_within_the_given_times() {
        let once = Sound::noise(RATE_HZ, 6_000, 1.5);
        let original = once.clone().then(&once).then(&once);
        let copy = rounded(&original).part(1.5, 4.4);
        let found = locate_within(&copy, 0..copy.samples.len(), &original, 1.4..1.6);
        let found = found.expect("the sound is a copy");
        assert!((found.start_secs - 1.5).abs() < 1e-4, "{found:?}");
        assert!(found.worst() > 0.999, "{found:?}");
        assert_eq!(found.gaps, []);
        assert!(locate_within(&copy, 0..copy.samples.len(), &original, 0.4..0.6).is_none());
    }

    #[test]
    fn another_sound_is_not_found() {
        let original = Sound::noise(RATE_HZ, 6_000, 2.0);
        let other = Sound::tone(RATE_HZ, 937.0, 2.0);
        assert!(locate(&other, 0..32_000, &original).is_none());
    }

    #[test]
    fn silence_around_a_sound_is_left_out() {
        let sound = Sound::silence(RATE_HZ, 0.5)
            .then(&Sound::tone(RATE_HZ, 937.0, 1.0))
            .then(&Sound::silence(RATE_HZ, 0.25));
        let part = audible(&sound);
        assert!(
            part.start.abs_diff(8_000) < 2 && part.end.abs_diff(24_000) < 2,
            "{part:?}"
        );
        assert_eq!(audible(&Sound::silence(RATE_HZ, 0.1)), 0..0);
    }
}
