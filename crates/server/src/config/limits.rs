use std::{env, fmt, str::FromStr};

use clap::{Args, ValueEnum};

use super::{
    secret::{SecretError, SecretSource},
    session::SessionConfig,
};

/// How much one person, and all together, may ask for; 0 is no limit.
///
/// A person is whom the proxy names; where nobody is named, it is an address.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Limits")]
pub struct LimitsConfig {
    /// Tokens a minute for each person, 0 for no limit: as many at once, then one each such part of a
    /// minute. `INTURN_PERSON_TOKENS_PER_MINUTE`, default 30.
    // Somebody who tries their microphone presses Record a few times a minute. An office behind one
    // address, where nobody is named, starts a meeting with a score of them.
    #[arg(
        long,
        env = "INTURN_PERSON_TOKENS_PER_MINUTE",
        value_name = "COUNT",
        default_value_t = 30,
        value_parser = clap::value_parser!(u32).range(0..=MOST)
    )]
    pub person_tokens_per_minute: u32,

    /// Tokens a day for each person, 0 for no limit. `INTURN_PERSON_TOKENS_PER_DAY`, default 500.
    // One a minute for a long working day, which nobody speaks through.
    #[arg(
        long,
        env = "INTURN_PERSON_TOKENS_PER_DAY",
        value_name = "COUNT",
        default_value_t = 500,
        value_parser = clap::value_parser!(u32).range(0..=MOST)
    )]
    pub person_tokens_per_day: u32,

    /// Recordings that each person may have going on at once, 0 for no limit.
    /// `INTURN_PERSON_RECORDINGS_AT_ONCE`, default 20.
    // One is usual, and a few in several windows. The rest is for an office behind one address, and for
    // pages that crashed: what they do not give back counts until the session's cap.
    #[arg(
        long,
        env = "INTURN_PERSON_RECORDINGS_AT_ONCE",
        value_name = "COUNT",
        default_value_t = 20,
        value_parser = clap::value_parser!(u32).range(0..=MOST)
    )]
    pub person_recordings_at_once: u32,

    /// Hours of recording a day for each person, 0 for no limit. A recording costs the session's cap, and
    /// gives back what had not passed when it ended. `INTURN_PERSON_HOURS_PER_DAY`, default 60.
    // The twenty recordings at once that are allowed by default, at the default cap of three hours.
    #[arg(
        long,
        env = "INTURN_PERSON_HOURS_PER_DAY",
        value_name = "HOURS",
        default_value_t = 60,
        value_parser = clap::value_parser!(u32).range(0..=MOST)
    )]
    pub person_hours_per_day: u32,

    /// Tokens a minute for all together, 0 for no limit. `INTURN_ALL_TOKENS_PER_MINUTE`, default 300.
    // A team of some hundreds that all start at nine o'clock.
    #[arg(
        long,
        env = "INTURN_ALL_TOKENS_PER_MINUTE",
        value_name = "COUNT",
        default_value_t = 300,
        value_parser = clap::value_parser!(u32).range(0..=MOST)
    )]
    pub all_tokens_per_minute: u32,

    /// Tokens a day for all together, 0 for no limit. `INTURN_ALL_TOKENS_PER_DAY`, default 10000.
    // Thirty recordings for each of three hundred.
    #[arg(
        long,
        env = "INTURN_ALL_TOKENS_PER_DAY",
        value_name = "COUNT",
        default_value_t = 10_000,
        value_parser = clap::value_parser!(u32).range(0..=MOST)
    )]
    pub all_tokens_per_day: u32,

    /// Hours of recording a day for all together, 0 for no limit. `INTURN_ALL_HOURS_PER_DAY`, default 900.
    // Likewise the three hundred recordings at once, at the default cap.
    #[arg(
        long,
        env = "INTURN_ALL_HOURS_PER_DAY",
        value_name = "HOURS",
        default_value_t = 900,
        value_parser = clap::value_parser!(u32).range(0..=MOST)
    )]
    pub all_hours_per_day: u32,

    /// Seconds that each session of a recording costs of these hours at the least, however soon it ends, 60 to 10800.
    /// `INTURN_RECORDING_MINIMUM_SECONDS`, default 1800.
    // A client may say that a recording is over and go on with its session: each then costs this, and may be
    // billed for the session's cap. Half an hour leaves 120 short recordings a day to each person.
    #[arg(
        long,
        env = "INTURN_RECORDING_MINIMUM_SECONDS",
        value_name = "SECONDS",
        default_value_t = 1800,
        value_parser = clap::value_parser!(u32).range(60..=10_800)
    )]
    pub recording_minimum_seconds: u32,

    /// What the service bills for an hour of a session, in your currency, such as `0.45`: the log and
    /// `inturn check` then tell the worst case in money. `INTURN_HOURLY_RATE`, default none.
    #[arg(long, env = "INTURN_HOURLY_RATE", value_name = "PRICE")]
    pub hourly_rate: Option<HourlyRate>,

    /// Recordings of all together that may go on at once, 0 for no limit.
    /// `INTURN_ALL_RECORDINGS_AT_ONCE`, default 300.
    // Everybody of a team of some hundreds, at once.
    #[arg(
        long,
        env = "INTURN_ALL_RECORDINGS_AT_ONCE",
        value_name = "COUNT",
        default_value_t = 300,
        value_parser = clap::value_parser!(u32).range(0..=MOST)
    )]
    pub all_recordings_at_once: u32,

    /// Redis that counts for all replicas together, such as `redis://host:6379/0`, or `rediss://` with TLS;
    /// without one each counts in its own memory. An address with a password belongs into the variable, or
    /// into the file that `INTURN_LIMITS_REDIS_FILE` names. `INTURN_LIMITS_REDIS`, default none.
    #[arg(long, env = "INTURN_LIMITS_REDIS", value_name = "URL")]
    pub limits_redis: Option<RedisUrl>,

    /// What happens while that Redis can't be reached: `closed` hands out no tokens, `open` lets each
    /// replica count for itself. `INTURN_LIMITS_WHEN_REDIS_IS_AWAY`, default `closed`.
    #[arg(
        long,
        env = "INTURN_LIMITS_WHEN_REDIS_IS_AWAY",
        value_name = "MODE",
        value_enum,
        default_value_t
    )]
    pub limits_when_redis_is_away: WhenAway,
}

impl LimitsConfig {
    /// The hours a day of a person and of all, in seconds; 0 is no limit.
    pub(crate) fn seconds_per_day(&self) -> [u32; 2] {
        // In range: MOST hours are fewer than 2^32 seconds.
        [self.person_hours_per_day, self.all_hours_per_day].map(|hours| hours.saturating_mul(3600))
    }

    /// Checks that one recording fits into the hours a day.
    ///
    /// # Errors
    ///
    /// [`BudgetTooSmall`] when none does.
    pub fn check_budget(&self, session: &SessionConfig) -> Result<(), BudgetTooSmall> {
        let [person, all] = self.seconds_per_day();
        let cap_seconds = session.max_session_duration_seconds;
        for (flag, seconds) in [
            ("--person-hours-per-day", person),
            ("--all-hours-per-day", all),
        ] {
            if seconds > 0 && seconds < cap_seconds {
                return Err(BudgetTooSmall { flag, cap_seconds });
            }
        }
        Ok(())
    }

    /// Takes the address from the file that `INTURN_LIMITS_REDIS_FILE` names, if it names one.
    pub(super) fn read_redis_file(&mut self) -> Result<(), SecretError> {
        let file = env::var_os(REDIS_URL.file_variable);
        let Some(url) = REDIS_URL.read_from(None, file, RedisUrl::parse)? else {
            return Ok(());
        };
        if self.limits_redis.is_some() {
            return Err(SecretError::Both {
                variable: REDIS_URL.variable,
                file_variable: REDIS_URL.file_variable,
            });
        }
        self.limits_redis = Some(url);
        Ok(())
    }
}

/// Nobody could ever record.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error(
    "{flag} is less than one recording of --max-session-duration-seconds ({cap_seconds}): enlarge the \
     one or lower the other."
)]
pub struct BudgetTooSmall {
    flag: &'static str,
    cap_seconds: u32,
}

/// A price for an hour, in whatever currency.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HourlyRate(f64);

impl HourlyRate {
    /// The price of so many hours.
    pub(crate) fn price(self, hours: f64) -> f64 {
        self.0 * hours
    }
}

impl FromStr for HourlyRate {
    type Err = InvalidRate;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // Also not what Rust alone takes for a number: `inf`, `1e3`.
        let is_plain = text
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'.');
        let rate: f64 = text.parse().map_err(|_| InvalidRate)?;
        (is_plain && rate > 0.0 && rate <= MOST_RATE)
            .then_some(Self(rate))
            .ok_or(InvalidRate)
    }
}

/// The text is no price.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("it must be a price above 0, such as 0.45")]
pub struct InvalidRate;

/// What to do without what counts.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
pub enum WhenAway {
    /// Nobody is let through uncounted.
    #[default]
    Closed,
    /// Each replica counts for itself.
    Open,
}

/// Where a Redis is, and what one needs to get in: nothing shows it.
#[derive(Clone)]
pub struct RedisUrl(String);

impl RedisUrl {
    /// Takes an address as a person wrote it: white space around it goes, and nothing left is none.
    ///
    /// # Errors
    ///
    /// [`InvalidRedisUrl`] when it is no such address.
    pub fn parse(text: &str) -> Result<Option<Self>, InvalidRedisUrl> {
        match text.trim() {
            "" => Ok(None),
            text => text.parse().map(Some),
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for RedisUrl {
    type Err = InvalidRedisUrl;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // Its own error could repeat what must not be shown.
        let is_one = redis::Client::open(text).is_ok();
        is_one.then(|| Self(text.to_owned())).ok_or(InvalidRedisUrl)
    }
}

impl fmt::Debug for RedisUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RedisUrl(hidden)")
    }
}

/// The text is no address of a Redis.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("must be an address such as redis://host:6379/0 or rediss://user:password@host:6379/0")]
pub struct InvalidRedisUrl;

const REDIS_URL: SecretSource = SecretSource {
    what: "the address of a Redis",
    form: "one such as redis://host:6379/0 or rediss://user:password@host:6379/0",
    variable: "INTURN_LIMITS_REDIS",
    file_variable: "INTURN_LIMITS_REDIS_FILE",
    max_bytes: 2048,
};

/// More than any account of the service may have; a minute can still be parted into so many.
const MOST: i64 = 1_000_000;

/// Far above the price of an hour in any currency, so that a mistyped number is noticed.
const MOST_RATE: f64 = 1_000_000.0;
