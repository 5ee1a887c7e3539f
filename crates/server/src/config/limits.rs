use std::{env, fmt, str::FromStr};

use clap::{Args, ValueEnum};
use inturn_cli::{SecretError, SecretSource};

use super::session::SessionConfig;

/// Limits for one person and for all together; 0 is no limit.
///
/// A person is the name that the proxy sends; without a name, it is the client's address.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Limits")]
pub struct LimitsConfig {
    /// Tokens per minute for each person, 0 for no limit. A burst may use all of them at once; they
    /// come back evenly. `INTURN_PERSON_TOKENS_PER_MINUTE`, default 30.
    // A person who tests a microphone presses Record a few times a minute. An office behind one
    // address, where people have no names, starts about twenty recordings when a meeting begins.
    #[arg(
        long,
        env = "INTURN_PERSON_TOKENS_PER_MINUTE",
        value_name = "COUNT",
        default_value_t = 30,
        value_parser = clap::value_parser!(u32).range(0..=MOST)
    )]
    pub person_tokens_per_minute: u32,

    /// Tokens per day for each person, 0 for no limit. `INTURN_PERSON_TOKENS_PER_DAY`, default 500.
    // One a minute for a long working day, more than any person needs.
    #[arg(
        long,
        env = "INTURN_PERSON_TOKENS_PER_DAY",
        value_name = "COUNT",
        default_value_t = 500,
        value_parser = clap::value_parser!(u32).range(0..=MOST)
    )]
    pub person_tokens_per_day: u32,

    /// Recordings in progress at once for each person, 0 for no limit.
    /// `INTURN_PERSON_RECORDINGS_AT_ONCE`, default 20.
    // One is usual, or a few in several windows. The rest is for an office behind one address, and
    // for pages that crashed: their recordings count until the session's maximum duration.
    #[arg(
        long,
        env = "INTURN_PERSON_RECORDINGS_AT_ONCE",
        value_name = "COUNT",
        default_value_t = 20,
        value_parser = clap::value_parser!(u32).range(0..=MOST)
    )]
    pub person_recordings_at_once: u32,

    /// Hours of recording per day for each person, 0 for no limit. A recording is charged the
    /// maximum session duration, and gets the unused part back when it ends.
    /// `INTURN_PERSON_HOURS_PER_DAY`, default 60.
    // The default of twenty recordings at once, at the default maximum of three hours.
    #[arg(
        long,
        env = "INTURN_PERSON_HOURS_PER_DAY",
        value_name = "HOURS",
        default_value_t = 60,
        value_parser = clap::value_parser!(u32).range(0..=MOST)
    )]
    pub person_hours_per_day: u32,

    /// Tokens per minute for all together, 0 for no limit. `INTURN_ALL_TOKENS_PER_MINUTE`, default
    /// 300.
    // A team of three hundred that all start at nine o'clock.
    #[arg(
        long,
        env = "INTURN_ALL_TOKENS_PER_MINUTE",
        value_name = "COUNT",
        default_value_t = 300,
        value_parser = clap::value_parser!(u32).range(0..=MOST)
    )]
    pub all_tokens_per_minute: u32,

    /// Tokens per day for all together, 0 for no limit. `INTURN_ALL_TOKENS_PER_DAY`, default 10000.
    // About thirty recordings for each of three hundred people.
    #[arg(
        long,
        env = "INTURN_ALL_TOKENS_PER_DAY",
        value_name = "COUNT",
        default_value_t = 10_000,
        value_parser = clap::value_parser!(u32).range(0..=MOST)
    )]
    pub all_tokens_per_day: u32,

    /// Hours of recording per day for all together, 0 for no limit. `INTURN_ALL_HOURS_PER_DAY`,
    /// default 900.
    // The default of three hundred recordings at once, at the default maximum of three hours.
    #[arg(
        long,
        env = "INTURN_ALL_HOURS_PER_DAY",
        value_name = "HOURS",
        default_value_t = 900,
        value_parser = clap::value_parser!(u32).range(0..=MOST)
    )]
    pub all_hours_per_day: u32,

    /// Seconds charged at least for each session of a recording, however soon it ends, 60 to 10800.
    /// `INTURN_RECORDING_MINIMUM_SECONDS`, default 1800.
    // A client can report the end of a recording and continue its session. The server then charges
    // only this minimum, while the service may bill the maximum session duration. Half an hour
    // allows each person 120 short recordings a day.
    #[arg(
        long,
        env = "INTURN_RECORDING_MINIMUM_SECONDS",
        value_name = "SECONDS",
        default_value_t = 1800,
        value_parser = clap::value_parser!(u32).range(60..=10_800)
    )]
    pub recording_minimum_seconds: u32,

    /// Recordings in progress at once for all together, 0 for no limit.
    /// `INTURN_ALL_RECORDINGS_AT_ONCE`, default 300.
    // Everyone in a team of three hundred at once.
    #[arg(
        long,
        env = "INTURN_ALL_RECORDINGS_AT_ONCE",
        value_name = "COUNT",
        default_value_t = 300,
        value_parser = clap::value_parser!(u32).range(0..=MOST)
    )]
    pub all_recordings_at_once: u32,

    /// URL of a Redis in which all replicas count together, such as `redis://host:6379/0`, or
    /// `rediss://` for TLS. Without it, each replica counts in its own memory. If the URL contains
    /// a password, use the variable, or a file named by `INTURN_LIMITS_REDIS_FILE`, instead of the
    /// flag. `INTURN_LIMITS_REDIS`, default none.
    #[arg(long, env = "INTURN_LIMITS_REDIS", value_name = "URL")]
    pub limits_redis: Option<RedisUrl>,

    /// What to do while Redis can't be reached: `closed` hands out no tokens, `open` lets each
    /// replica count by itself. `INTURN_LIMITS_WHEN_REDIS_IS_AWAY`, default `closed`.
    #[arg(
        long,
        env = "INTURN_LIMITS_WHEN_REDIS_IS_AWAY",
        value_name = "MODE",
        value_enum,
        default_value_t
    )]
    pub limits_when_redis_is_away: WhenRedisIsAway,
}

impl LimitsConfig {
    /// The hours per day of one person and of all together, in seconds; 0 is no limit.
    pub(crate) fn seconds_per_day(&self) -> [u32; 2] {
        // In range: MOST hours are fewer than 2^32 seconds.
        [self.person_hours_per_day, self.all_hours_per_day].map(|hours| hours.saturating_mul(3600))
    }

    /// Checks that one recording fits into the hours per day.
    ///
    /// # Errors
    ///
    /// [`BudgetTooSmall`] if it does not.
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

    /// Reads the URL from the file named by `INTURN_LIMITS_REDIS_FILE`, if that is set.
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

/// The hours per day are less than one recording, so every recording would be refused.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error(
    "{flag} is less than one recording of --max-session-duration-seconds ({cap_seconds}): raise \
     the first or lower the second."
)]
pub struct BudgetTooSmall {
    flag: &'static str,
    cap_seconds: u32,
}

/// What to do while Redis can't be reached.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
pub enum WhenRedisIsAway {
    /// No tokens are handed out.
    #[default]
    Closed,
    /// Each replica counts by itself.
    Open,
}

/// The URL of a Redis, with its credentials. `Debug` hides it, and there is no `Display`.
#[derive(Clone)]
pub struct RedisUrl(String);

impl RedisUrl {
    /// Parses a URL after trimming white space. Returns `None` for an empty text.
    ///
    /// # Errors
    ///
    /// [`InvalidRedisUrl`] if it is not the URL of a Redis.
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
        // The error of `redis` could contain the password, so it is dropped.
        let is_valid = redis::Client::open(text).is_ok();
        is_valid
            .then(|| Self(text.to_owned()))
            .ok_or(InvalidRedisUrl)
    }
}

impl fmt::Debug for RedisUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RedisUrl(hidden)")
    }
}

/// The text is not the URL of a Redis.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("must be a URL such as redis://host:6379/0 or rediss://user:password@host:6379/0")]
pub struct InvalidRedisUrl;

const REDIS_URL: SecretSource = SecretSource {
    what: "the URL of a Redis",
    form: "a URL such as redis://host:6379/0 or rediss://user:password@host:6379/0",
    variable: "INTURN_LIMITS_REDIS",
    file_variable: "INTURN_LIMITS_REDIS_FILE",
    max_bytes: 2048,
};

/// More than any account of the service allows, and small enough to divide a minute by.
const MOST: i64 = 1_000_000;
