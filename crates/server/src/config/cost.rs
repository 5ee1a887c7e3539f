use clap::Args;
use inturn_cli::{Currency, Price};
use inturn_protocol::SessionCost;

/// What sessions cost, and when the page ends a forgotten one.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Cost")]
pub struct CostConfig {
    /// Minutes without a word after which the page warns and then ends the session, at most 1440; 0
    /// turns this off. `INTURN_IDLE_MINUTES`, default 5.
    // Longer than any pause of a meeting in which people still talk to each other. A day is far
    // longer than any session.
    #[arg(
        long,
        env = "INTURN_IDLE_MINUTES",
        value_name = "MINUTES",
        default_value_t = 5,
        value_parser = clap::value_parser!(u32).range(0..=1440)
    )]
    pub idle_minutes: u32,

    /// Price of one hour of a session, such as `0.45`. The page then shows people what a recording
    /// costs; the log and `inturn check` show the highest possible bill in money.
    /// `INTURN_COST_PER_HOUR`, default none.
    #[arg(
        long,
        env = "INTURN_COST_PER_HOUR",
        value_name = "PRICE",
        allow_negative_numbers = true
    )]
    pub cost_per_hour: Option<Price>,

    /// Currency of that price, such as `€` or `CHF`. `INTURN_COST_CURRENCY`, default `$`.
    #[arg(
        long,
        env = "INTURN_COST_CURRENCY",
        value_name = "TEXT",
        default_value = "$"
    )]
    pub cost_currency: Currency,
}

impl CostConfig {
    /// The price of sessions, if one is set.
    pub(crate) fn session_cost(&self) -> Option<SessionCost> {
        let price = self.cost_per_hour?;
        Some(SessionCost {
            per_hour_micros: price.micros(),
            currency: self.cost_currency.before_amount(),
        })
    }

    /// How long the page waits for a word, in seconds; 0 is for ever.
    pub(crate) fn idle_seconds(&self) -> u32 {
        // In range: a day has 86,400 seconds.
        self.idle_minutes.saturating_mul(60)
    }
}
