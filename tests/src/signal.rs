//! Whether a recording is one gapless copy of what was played.

use std::{f64::consts::PI, ops::Range};

use crate::{sinc::Sinc, sound::Sound};

/// Where a recording lies in what was played, and how well the two agree.
#[derive(Clone, Debug)]
pub struct Match {
    /// The moment of the original that the recording's first sample shows, in seconds. Negative
    /// when the recording began before the original did.
    pub start_secs: f64,
    /// The correlation of each tenth of a second with the original, all at that one lag; where both
    /// are silent they agree. The last tenth overlaps the one before it.
    pub correlations: Vec<f64>,
    /// Where samples are missing or repeated.
    pub gaps: Vec<Gap>,
}

/// A place where the recording leaves its lag.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gap {
    /// Where, in seconds of the recording.
    pub at_secs: f64,
    /// How many samples of the recording's rate are missing; negative when they are repeated.
    pub missing: f64,
}

impl Match {
    /// The tenth of a second that agrees least.
    pub fn worst(&self) -> f64 {
        self.correlations.iter().copied().fold(1.0, f64::min)
    }
}

/// Finds `part` of `recording` in `original`, which may be at another rate, by correlation.
///
/// `None` when nothing in `original` is like it, or `part` is shorter than half a second.
pub fn locate(recording: &Sound, part: Range<usize>, original: &Sound) -> Option<Match> {
    locate_within(recording, part, original, 0.0..f64::INFINITY)
}

/// As [`locate`], for a sound that is like itself at other places: the part begins between these
/// moments of the original, in seconds. Where both are silent, they agree.
pub fn locate_within(
    recording: &Sound,
    part: Range<usize>,
    original: &Sound,
    between: Range<f64>,
) -> Option<Match> {
    let rate_hz = f64::from(recording.rate_hz);
    let window = recording.rate_hz as usize / 10;
    let heard = recording.samples.get(part.clone())?;
    if heard.len() < window * 5 {
        return None;
    }
    let reader = Sinc::between(original.rate_hz, recording.rate_hz);
    let reference = reader.resample(&original.samples, original.rate_hz, recording.rate_hz);

    let template = &heard[..window * 2];
    let whole_lag = best_lag(
        template,
        &reference,
        // Cast to whole numbers, what lies below or above them is the least or the greatest.
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

    let last = heard.len() - window;
    let correlations: Vec<f64> = (0..last)
        .step_by(window)
        .chain([last])
        .map(|from| agreement_of(&heard[from..from + window], &played(from, window, lag)))
        .collect();
    Some(Match {
        start_secs: (lag - part.start as f64) / rate_hz,
        gaps: gaps(
            heard,
            &reference,
            lag.round() as i64,
            window,
            recording.rate_hz,
            part.start,
        ),
        correlations,
    })
}

/// The samples of a steady tone of `tone_hz` that don't follow from the two before them.
///
/// For a pure tone `x[n+1] = 2·cos(ω)·x[n] − x[n−1]` holds exactly; a single sample too many or too
/// few breaks it. What is quieter than [`BREAK_SHARE`] of the tone's own size counts as rounding.
pub fn breaks(sound: &Sound, part: Range<usize>, tone_hz: f64) -> Vec<usize> {
    let Some(heard) = sound.samples.get(part.clone()) else {
        return Vec::new();
    };
    let factor = 2.0 * (2.0 * PI * tone_hz / f64::from(sound.rate_hz)).cos();
    let size = (heard.iter().map(|x| x * x).sum::<f64>() / heard.len() as f64 * 2.0).sqrt();
    heard
        .windows(3)
        .enumerate()
        .filter(|(_, x)| (x[2] - factor * x[1] + x[0]).abs() > size * BREAK_SHARE)
        .map(|(index, _)| part.start + index + 1)
        .collect()
}

/// From the first to the last sample that is louder than a hundredth of full scale.
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

/// Pearson's correlation; 1 when one is the other but for its level, 0 when either is silent.
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

/// Their correlation, or 1 where there is next to nothing in either.
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

/// Narrows a whole lag down to a hundredth of a sample.
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

/// Follows the lag from window to window and tells each change of it.
fn gaps(
    heard: &[f64],
    reference: &[f64],
    first_lag: i64,
    window: usize,
    rate_hz: u32,
    offset: usize,
) -> Vec<Gap> {
    let mut lag = first_lag;
    let mut gaps = Vec::new();
    for from in (0..heard.len().saturating_sub(window)).step_by(window) {
        let agrees_from = |from: usize, lag: i64| {
            let at = usize::try_from(from as i64 + lag).ok()?;
            let played = reference.get(at..at + window)?;
            Some(correlation(heard.get(from..from + window)?, played))
        };
        let agrees = |lag: i64| agrees_from(from, lag).unwrap_or(0.0);
        let still_there =
            |from: usize| (lag - 1..=lag + 1).any(|lag| agrees_from(from, lag) > Some(STILL_THERE));
        // What follows a window that was only disturbed is where it would have been.
        if still_there(from) || still_there(from + window) {
            continue;
        }
        let near = (lag - i64::from(rate_hz))..=(lag + i64::from(rate_hz));
        let Some(found) = near.max_by(|a, b| agrees(*a).total_cmp(&agrees(*b))) else {
            continue;
        };
        if agrees(found) > STILL_THERE {
            gaps.push(Gap {
                at_secs: (offset + from) as f64 / f64::from(rate_hz),
                missing: (found - lag) as f64,
            });
            lag = found;
        }
    }
    gaps
}

/// What is quieter than this is rounding, and a filter swinging out.
const SILENT: f64 = 0.002;

/// A lag that is off by half a sample still gives more than this with noise up to 6 kHz; a window
/// that lies half before and half after a gap gives less.
const STILL_THERE: f64 = 0.7;

/// Seventeen samples of 937 Hz at 16 kHz are a whole period but for 1.6°, which shows as 0.5 % of
/// the tone's size at the worse of its two ends; other small counts show as ten times that and
/// more. The rounding of half of full scale to 16 bits shows as 0.015 %.
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
    fn a_thousand_hertz_would_hide_four_repeated_periods() {
        let tone = Sound::tone(RATE_HZ, 1_000.0, 1.0);
        let doubled = repeating(&tone, 8_000..8_064);
        assert!(breaks(&doubled, 0..doubled.samples.len(), 1_000.0).is_empty());
    }

    #[test]
    fn a_copy_is_found_at_its_place_between_two_samples() {
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
        let found = locate(&copy, 0..32_000, &original).expect("it is a copy");
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
        let found = locate(&cut, 0..cut.samples.len(), &original).expect("mostly a copy");
        assert!(found.worst() < 0.5, "{found:?}");
        let counts: Vec<f64> = found.gaps.iter().map(|gap| gap.missing).collect();
        assert_eq!(counts, [64.0], "{found:?}");
        let doubled = repeating(&original, 20_000..20_064);
        let found = locate(&doubled, 0..doubled.samples.len(), &original).expect("mostly a copy");
        assert!(found.worst() < 0.99, "{found:?}");
        let counts: Vec<f64> = found.gaps.iter().map(|gap| gap.missing).collect();
        assert_eq!(counts, [-64.0], "{found:?}");
    }

    #[test]
    fn a_disturbed_moment_of_a_hum_is_no_gap() {
        let hum = Sound::tone(RATE_HZ, 150.0, 3.0);
        let mut disturbed = hum.clone();
        // For a moment it is as if a fifth of a period were missing; any number of whole ones more
        // would fit as well.
        disturbed.samples[16_000..17_500].copy_from_slice(&hum.samples[16_020..17_520]);
        let found = locate_within(&disturbed, 0..disturbed.samples.len(), &hum, 0.0..0.003);
        let found = found.expect("it is a copy");
        assert!(found.worst() < 0.7, "{found:?}");
        assert_eq!(found.gaps, []);
    }

    #[test]
    fn a_sound_that_repeats_itself_is_found_at_the_place_in_question() {
        let once = Sound::noise(RATE_HZ, 6_000, 1.5);
        let original = once.clone().then(&once).then(&once);
        let copy = rounded(&original).part(1.5, 4.4);
        let found = locate_within(&copy, 0..copy.samples.len(), &original, 1.4..1.6);
        let found = found.expect("it is a copy");
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
