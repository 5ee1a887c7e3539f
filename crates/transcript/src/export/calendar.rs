//! Formatting of times and dates.

use crate::recording::RecordingInfo;

/// A date and a time of the day, where the person was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct LocalTime {
    year: i64,
    month: i64,
    day: i64,
    secs_of_day: i64,
}

impl LocalTime {
    /// Returns the time at `ms` of a recording's timeline.
    pub(super) fn of(info: RecordingInfo, ms: u32) -> Self {
        let started = i64::try_from(info.started_unix_ms).unwrap_or(i64::MAX);
        let unix_secs = started.saturating_add(i64::from(ms)).div_euclid(1_000);
        let secs = unix_secs + i64::from(info.utc_offset_min) * 60;
        let (year, month, day) = date(secs.div_euclid(SECS_PER_DAY));
        Self {
            year,
            month,
            day,
            secs_of_day: secs.rem_euclid(SECS_PER_DAY),
        }
    }

    /// Formats as `2026-11-24 14:05`.
    pub(super) fn date_and_time(self) -> String {
        let Self {
            year, month, day, ..
        } = self;
        let minutes = self.secs_of_day / 60;
        let (hour, minute) = (minutes / 60, minutes % 60);
        format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}")
    }

    /// Formats as `14:05:09`.
    pub(super) fn time_of_day(self) -> String {
        let secs = self.secs_of_day;
        let (hour, minute, second) = (secs / 3_600, secs / 60 % 60, secs % 60);
        format!("{hour:02}:{minute:02}:{second:02}")
    }
}

/// Returns when a recording began, in the person's local time: `2026-11-24 14:05`.
pub fn date_and_time(info: RecordingInfo) -> String {
    LocalTime::of(info, 0).date_and_time()
}

/// Formats a time of a recording as `m:ss`, or `h:mm:ss` from an hour on.
pub fn clock(ms: u32) -> String {
    let secs = ms / 1_000;
    let (hours, minutes, secs) = (secs / 3_600, secs / 60 % 60, secs % 60);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{secs:02}")
    } else {
        format!("{minutes}:{secs:02}")
    }
}

/// Returns year, month and day of the Gregorian calendar. Source:
/// <https://howardhinnant.github.io/date_algorithms.html#civil_from_days>
fn date(days_since_1970: i64) -> (i64, i64, i64) {
    // Days since the first of March of the year 0. Years begin in March, so that the leap day is
    // the last one; 400 years have the same number of days.
    let days = days_since_1970 + 719_468;
    let era = days.div_euclid(DAYS_PER_400_YEARS);
    let day_of_era = days.rem_euclid(DAYS_PER_400_YEARS);
    let leap_days = day_of_era / 1_460 - day_of_era / 36_524 + day_of_era / 146_096;
    let year_of_era = (day_of_era - leap_days) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 {
        month_from_march + 3
    } else {
        month_from_march - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

const SECS_PER_DAY: i64 = 86_400;
const DAYS_PER_400_YEARS: i64 = 146_097;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_follow_the_gregorian_calendar() {
        for (days, expected) in [
            (0, (1970, 1, 1)),
            (-1, (1969, 12, 31)),
            (11_016, (2000, 2, 29)),
            (11_017, (2000, 3, 1)),
            (20_781, (2026, 11, 24)),
            (47_540, (2100, 2, 28)),
            (47_541, (2100, 3, 1)),
        ] {
            assert_eq!(date(days), expected);
        }
    }

    #[test]
    fn the_offset_can_change_the_day() {
        let at = |utc_offset_min| {
            let info = RecordingInfo {
                started_unix_ms: 1_795_561_500_000,
                utc_offset_min,
                ..RecordingInfo::default()
            };
            LocalTime::of(info, 5_000).date_and_time()
        };
        assert_eq!(at(0), "2026-11-24 23:05");
        assert_eq!(at(60), "2026-11-25 00:05");
        assert_eq!(at(-570), "2026-11-24 13:35");
    }

    #[test]
    fn hours_appear_from_an_hour_on() {
        assert_eq!(clock(65_999), "1:05");
        assert_eq!(clock(3_599_999), "59:59");
        assert_eq!(clock(3_600_000), "1:00:00");
    }
}
