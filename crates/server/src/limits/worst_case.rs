//! The highest possible cost of a day.

use std::fmt;

use inturn_protocol::SessionCost;

use crate::config::{LimitsConfig, SessionConfig};

/// The most that the service can bill a day under these limits, as an average of several days, if
/// each token opens only one session.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct WorstCase {
    person: Hours,
    all: Hours,
    cost: Option<SessionCost>,
}

/// Hours a day; `None` means no limit.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Hours {
    /// If each session ends when the client reports its end.
    honest: Option<f64>,
    /// If clients report the end at once and keep the session open.
    dishonest: Option<f64>,
}

impl WorstCase {
    pub(crate) fn of(
        limits: &LimitsConfig,
        session: &SessionConfig,
        cost: Option<SessionCost>,
    ) -> Self {
        let cap = session.max_session_duration_seconds;
        let minimum = limits.recording_minimum_seconds.min(cap);
        // The limit of recordings at once sets no bound here: a recording that its page never
        // confirms is counted only for the lifetime of its token.
        let hours = |hours: u32, a_minute: u32, a_day: u32| {
            let cap_hours = f64::from(cap) / 3600.0;
            let budget = limit(hours);
            let tokens = min_limit(limit(a_day), limit(a_minute).map(|it| it * MINUTES_A_DAY));
            let by_tokens = tokens.map(|tokens| tokens * cap_hours);
            let by_minimum = budget.map(|hours| hours * 3600.0 / f64::from(minimum));
            Hours {
                honest: min_limit(budget, by_tokens),
                dishonest: min_limit(by_minimum, tokens).map(|tokens| tokens.floor() * cap_hours),
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
            // The limits for all also bound one person.
            person: Hours {
                honest: min_limit(person.honest, all.honest),
                dishonest: min_limit(person.dishonest, all.dishonest),
            },
            all,
            cost,
        }
    }

    fn amount(&self, hours: Option<f64>) -> String {
        match (hours, &self.cost) {
            (None, _) => "no limit".to_owned(),
            (Some(hours), None) => format!("{} h", rounded(hours)),
            (Some(hours), Some(cost)) => {
                format!("{} h ({})", rounded(hours), money(cost, hours))
            }
        }
    }
}

impl fmt::Display for WorstCase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the most that can be billed a day, at one session a token: {} for one person, {} for \
             all; if clients report an end and go on, {} and {}; on a day after a quiet one, up to \
             twice that",
            self.amount(self.person.honest),
            self.amount(self.all.honest),
            self.amount(self.person.dishonest),
            self.amount(self.all.dishonest),
        )
    }
}

/// Returns the limit that a flag sets; 0 means no limit.
fn limit(count: u32) -> Option<f64> {
    (count > 0).then_some(f64::from(count))
}

/// Returns the smaller of two limits.
fn min_limit(one: Option<f64>, other: Option<f64>) -> Option<f64> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

/// Returns the price of `hours`, such as `$27.00` or `CHF 27.00`.
fn money(cost: &SessionCost, hours: f64) -> String {
    let price = cost.per_hour_micros as f64 / 1_000_000.0 * hours;
    format!("{}{price:.2}", cost.currency)
}

/// Rounds up to a tenth of an hour.
fn rounded(hours: f64) -> f64 {
    (hours * 10.0).ceil() / 10.0
}

const MINUTES_A_DAY: f64 = 24.0 * 60.0;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Config;

    /// Returns the sentence without its fixed beginning and end.
    fn shown(flags: &[&str]) -> String {
        let args = std::iter::once("inturn").chain(flags.iter().copied());
        let config = Config::parse_flags(args.map(Into::into)).expect("good flags");
        let text = WorstCase::of(&config.limits, &config.session, config.cost.session_cost());
        let text = text.to_string();
        let text = text.strip_prefix("the most that can be billed a day, at one session a token: ");
        let text =
            text.and_then(|it| it.strip_suffix("; on a day after a quiet one, up to twice that"));
        text.expect("the sentence").to_owned()
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
            shown(&others.chain(flags.iter().copied()).collect::<Vec<_>>())
        };
        for (flags, expected) in [
            (
                &[][..],
                "no limit for one person, no limit for all; if clients report an end and go on, no \
                 limit and no limit",
            ),
            (
                &["--all-hours-per-day=10"],
                "10 h for one person, 10 h for all; if clients report an end and go on, 60 h and \
                 60 h",
            ),
            (
                &[
                    "--person-tokens-per-day=5",
                    "--cost-per-hour=0.45",
                    "--cost-currency=CHF",
                ],
                "15 h (CHF\u{a0}6.75) for one person, no limit for all; if clients report an end \
                 and go on, 15 h (CHF\u{a0}6.75) and no limit",
            ),
            (
                // The shortest recording costs the longest session, so nothing is refunded.
                &[
                    "--person-hours-per-day=1",
                    "--max-session-duration-seconds=600",
                ],
                "1 h for one person, no limit for all; if clients report an end and go on, 1 h and \
                 no limit",
            ),
        ] {
            assert_eq!(with(flags), expected, "{flags:?}");
        }
    }

    #[test]
    fn the_defaults_bound_what_can_be_billed() {
        assert_eq!(
            shown(&["--cost-per-hour=0.45"]),
            "60 h ($27.00) for one person, 900 h ($405.00) for all; if clients report an end and \
             go on, 360 h ($162.00) and 5400 h ($2430.00)"
        );
    }
}
