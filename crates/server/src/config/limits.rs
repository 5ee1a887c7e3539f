use clap::Args;

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
}

/// More than any account of the service may have; a minute can still be parted into so many.
const MOST: i64 = 1_000_000;
