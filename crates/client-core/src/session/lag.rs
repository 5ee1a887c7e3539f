//! How far the words are behind the voice, steady enough to be read.

use std::time::Duration;

use super::upload::samples_in;

/// How far the words must be behind the voice until that is shown: longer than the service needs
/// for a word at any time.
pub const BEHIND_NOTICE: Duration = Duration::from_millis(2_500);

/// The lag that is shown. The lag itself falls to zero with each message of a slow service and
/// rises again, so the greatest one of the last seconds counts.
#[derive(Debug, Default)]
pub(super) struct ShownLag {
    /// The shown seconds. `None` while the words count as live.
    secs: Option<u32>,
    /// The greatest lag in the current window of audio, and in the one before.
    peaks: [Duration; 2],
    /// Start of the current window, in samples of the recording.
    window_start: u64,
}

impl ShownLag {
    /// Adds the lag at `sample`, the end of the audio. Returns the seconds to show, rounded up, or
    /// `None` if the words are live.
    pub(super) fn update(&mut self, lag: Duration, sample: u64) -> Option<u32> {
        let age = sample.saturating_sub(self.window_start);
        if age >= samples_in(WINDOW) {
            let is_next = age < 2 * samples_in(WINDOW);
            let last = if is_next {
                self.peaks[0]
            } else {
                Duration::ZERO
            };
            self.peaks = [Duration::ZERO, last];
            self.window_start = sample;
        }
        self.peaks[0] = self.peaks[0].max(lag);
        let peak = self.peaks[0].max(self.peaks[1]);
        let is_live = match self.secs {
            None => lag < BEHIND_NOTICE,
            Some(_) => peak < BEHIND_NOTICE && lag < CAUGHT_UP,
        };
        self.secs = (!is_live).then(|| self.steady_secs(peak));
        self.secs
    }

    /// Returns the seconds of `lag`. They rise a little later than the lag.
    fn steady_secs(&self, lag: Duration) -> u32 {
        let range = whole_secs(lag.saturating_sub(SLACK))..=whole_secs(lag);
        let shown = self.secs.filter(|secs| range.contains(secs));
        shown.unwrap_or_else(|| whole_secs(lag))
    }
}

/// Returns a duration in seconds, rounded up.
pub(super) fn whole_secs(duration: Duration) -> u32 {
    duration.as_secs() as u32 + u32::from(duration.subsec_nanos() > 0)
}

/// How close the words must be to the voice until they count as live again.
const CAUGHT_UP: Duration = Duration::from_secs(1);

/// Length of a window: a lag counts for one to two of them. Longer than [`BEHIND_NOTICE`], so that
/// a service that is late with each message is late all the time.
const WINDOW: Duration = Duration::from_secs(3);

/// By how much the shown seconds may be too few: more than blocks and chunks make the lag vary.
const SLACK: Duration = Duration::from_millis(500);

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns what is shown of these lags, in milliseconds, one for each 100 ms of audio, without
    /// repetitions.
    fn shown(lags: impl IntoIterator<Item = u64>) -> Vec<Option<u32>> {
        let mut lag = ShownLag::default();
        let samples = (0..).map(|chunk| chunk * 1_600);
        let lags = lags.into_iter().map(Duration::from_millis).zip(samples);
        let mut shown: Vec<_> = lags.map(|(it, sample)| lag.update(it, sample)).collect();
        shown.dedup();
        shown
    }

    #[test]
    fn the_lag_is_shown_from_its_threshold_until_the_words_have_caught_up() {
        let rise = (0..100).map(|it| it * 50);
        // As fast as a backlog is sent.
        let fall = (0..200).rev().map(|it| it * 25);
        let expected = [None, Some(3), Some(4), Some(5), Some(4), Some(3), None];
        assert_eq!(shown(rise.chain(fall)), expected);
    }

    #[test]
    fn a_lag_around_whole_seconds_does_not_flicker() {
        let lags = (0..400).map(|it| 3_900 + it % 5 * 50);
        assert_eq!(shown(lags), [Some(4)]);
    }

    #[test]
    fn a_service_that_is_late_with_each_message_is_behind_all_the_time() {
        let shown = shown((0..400).map(|it| it % 40 * 100));
        assert_eq!(shown[..3], [None, Some(3), Some(4)]);
        assert!(!shown[1..].contains(&None), "{shown:?}");
    }

    #[test]
    fn a_lag_before_a_jump_of_the_timeline_does_not_count() {
        let mut lag = ShownLag::default();
        assert_eq!(lag.update(Duration::from_secs(9), 16_000), Some(9));
        assert_eq!(lag.update(Duration::ZERO, 16_000_000), None);
    }
}
