//! What a day may cost at most, for whoever pays.

use std::fmt;

use crate::config::{HourlyRate, LimitsConfig, SessionConfig};

/// The most that the service can bill a day under these limits, on average over days, if a token opens no
/// more than one session.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct WorstCase {
    person: Hours,
    all: Hours,
    rate: Option<HourlyRate>,
}

/// Hours a day; `None` is no limit.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Hours {
    /// If each session ends when the client says so.
    honest: Option<f64>,
    /// If clients say so at once and go on.
    dishonest: Option<f64>,
}

impl WorstCase {
    pub(crate) fn of(limits: &LimitsConfig, session: &SessionConfig) -> Self {
        let cap = session.max_session_duration_seconds;
        let minimum = limits.recording_minimum_seconds.min(cap);
        // Recordings at once are no bound: one that its page never confirms counts no longer than its token.
        let hours = |hours: u32, a_minute: u32, a_day: u32| {
            let cap_hours = f64::from(cap) / 3600.0;
            let budget = limit(hours);
            let tokens = least(limit(a_day), limit(a_minute).map(|it| it * MINUTES_A_DAY));
            let by_tokens = tokens.map(|tokens| tokens * cap_hours);
            let by_minimum = budget.map(|hours| hours * 3600.0 / f64::from(minimum));
            Hours {
                honest: least(budget, by_tokens),
                dishonest: least(by_minimum, tokens).map(|tokens| tokens.floor() * cap_hours),
            }
        };
        let all = hours(
            limits.all_hours_per_day,
            limits.all_tokens_per_minute,
            limits.all_tokens_per_day,
        );
        let person = hours(
            limits.person_hours_per_day,
            limits.person_tokens_per_minute,
            limits.person_tokens_per_day,
        );
        Self {
            // Nobody gets more than all together.
            person: Hours {
                honest: least(person.honest, all.honest),
                dishonest: least(person.dishonest, all.dishonest),
            },
            all,
            rate: limits.hourly_rate,
        }
    }

    fn amount(&self, hours: Option<f64>) -> String {
        match (hours, self.rate) {
            (None, _) => "no limit".to_owned(),
            (Some(hours), None) => format!("{} h", rounded(hours)),
            (Some(hours), Some(rate)) => {
                format!("{} h ({:.2})", rounded(hours), rate.price(hours))
            }
        }
    }
}

impl fmt::Display for WorstCase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the most that can be billed a day, at one session a token: {} for one person, {} for all; if clients report an end \
             and go on, {} and {}; on a day after a quiet one, up to twice that",
            self.amount(self.person.honest),
            self.amount(self.all.honest),
            self.amount(self.person.dishonest),
            self.amount(self.all.dishonest),
        )
    }
}

/// 0 is no limit.
fn limit(count: u32) -> Option<f64> {
    (count > 0).then_some(f64::from(count))
}

/// The smaller of two limits.
fn least(one: Option<f64>, other: Option<f64>) -> Option<f64> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

/// Never less than it is.
fn rounded(hours: f64) -> f64 {
    (hours * 10.0).ceil() / 10.0
}

const MINUTES_A_DAY: f64 = 24.0 * 60.0;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Config;

    fn told(flags: &[&str]) -> String {
        let args = std::iter::once("inturn").chain(flags.iter().copied());
        let config = Config::parse_flags(args.map(Into::into)).expect("good flags");
        let told = WorstCase::of(&config.limits, &config.session).to_string();
        let told = told.strip_prefix("the most that can be billed a day, at one session a token: ");
        let told =
            told.and_then(|it| it.strip_suffix("; on a day after a quiet one, up to twice that"));
        told.expect("the sentence").to_owned()
    }

    #[test]
    fn each_limit_bounds_what_can_be_billed() {
        let unlimited = [
            "--person-hours-per-day=0",
            "--all-hours-per-day=0",
            "--person-tokens-per-minute=0",
            "--all-tokens-per-minute=0",
            "--person-tokens-per-day=0",
            "--all-tokens-per-day=0",
        ];
        let with = |flags: &[&str]| {
            let names: Vec<_> = flags.iter().filter_map(|it| it.split('=').next()).collect();
            let others = unlimited.iter().copied();
            let others = others.filter(|it| !names.iter().any(|name| it.starts_with(name)));
            told(&others.chain(flags.iter().copied()).collect::<Vec<_>>())
        };
        for (flags, expected) in [
            (
                &[][..],
                "no limit for one person, no limit for all; if clients report an end and go on, no \
                 limit and no limit",
            ),
            (
                &["--all-hours-per-day=10"],
                "10 h for one person, 10 h for all; if clients report an end and go on, 60 h and 60 h",
            ),
            (
                &["--person-tokens-per-day=5", "--hourly-rate=0.45"],
                "15 h (6.75) for one person, no limit for all; if clients report an end and go on, \
                 15 h (6.75) and no limit",
            ),
            (
                // The shortest recording costs its cap, so nothing is given back.
                &[
                    "--person-hours-per-day=1",
                    "--max-session-duration-seconds=600",
                ],
                "1 h for one person, no limit for all; if clients report an end and go on, 1 h and no \
                 limit",
            ),
        ] {
            assert_eq!(with(flags), expected, "{flags:?}");
        }
    }

    #[test]
    fn by_default_nobody_can_bill_fifteen_hundred_hours_a_day() {
        assert_eq!(
            told(&["--hourly-rate=0.45"]),
            "60 h (27.00) for one person, 900 h (405.00) for all; if clients report an end and go on, \
             360 h (162.00) and 5400 h (2430.00)"
        );
    }
}
