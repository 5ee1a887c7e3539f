//! Durations in flags.

use std::{str::FromStr, time::Duration};

/// A duration from one second to a week, such as `90s`, `5m` or `1h 30m`. A number without a unit
/// is seconds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Span(pub Duration);

impl FromStr for Span {
    type Err = InvalidDuration;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let seconds = text.parse().map(Duration::from_secs);
        let span = seconds.or_else(|_| humantime::parse_duration(text));
        span.ok()
            .filter(|span| (SHORTEST..=LONGEST).contains(span))
            .map(Self)
            .ok_or(InvalidDuration)
    }
}

/// The text is not a duration.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("it must be a duration from 1 second to a week, such as 90s, 5m or \"1h 30m\"")]
pub struct InvalidDuration;

const SHORTEST: Duration = Duration::from_secs(1);

/// Longer than any recording that is meant.
const LONGEST: Duration = Duration::from_secs(7 * 24 * 3_600);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_has_units_or_is_in_seconds() {
        for (text, secs) in [
            ("1", 1),
            ("90", 90),
            ("90s", 90),
            ("5m", 300),
            ("1h 30m", 5_400),
            ("7days", 604_800),
        ] {
            assert_eq!(text.parse(), Ok(Span(Duration::from_secs(secs))), "{text}");
        }
        for text in [
            "",
            "0",
            "5 parsecs",
            "-1",
            "999ms",
            "8days",
            "1e3",
            "99999999999999999999",
        ] {
            assert_eq!(text.parse::<Span>(), Err(InvalidDuration), "{text}");
        }
    }
}
