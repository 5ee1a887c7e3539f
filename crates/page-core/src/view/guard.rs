//! What guards against a forgotten recording: the countdown to its end, and what it costs so far.

use inturn_protocol::SessionCost;

use crate::clock::clock;

/// The line that announces the end of a recording without words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdleView {
    /// What happened and what follows.
    pub sentence: String,
    /// Whether a screen reader should read it. `false` for most seconds of the countdown.
    pub is_announced: bool,
}

/// How long the sessions of a recording were connected, and what that costs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BilledView {
    /// The time; empty before the first session.
    pub connected: String,
    /// The estimated cost; empty without a price.
    pub cost: String,
}

impl IdleView {
    /// Creates the view of the countdown with `secs` left, after `limit_secs` without words.
    pub fn new(limit_secs: u32, secs: u32, is_announced: bool) -> Self {
        let limit = duration(limit_secs);
        let left = clock(u64::from(secs));
        Self {
            sentence: format!("No words for {limit}. Recording ends in {left}."),
            is_announced,
        }
    }
}

impl BilledView {
    /// Creates the view of `secs`, of a session with this price.
    pub fn new(secs: u32, price: Option<&SessionCost>) -> Self {
        let time = clock(u64::from(secs));
        Self {
            connected: format!("{time} connected"),
            cost: price.map_or_else(String::new, |price| cost(secs, price)),
        }
    }

    /// Returns both as one text.
    pub fn text(&self) -> String {
        if self.cost.is_empty() {
            self.connected.clone()
        } else {
            format!("{} · {}", self.connected, self.cost)
        }
    }
}

/// Returns a length in words, in minutes if it is whole minutes.
pub(crate) fn duration(secs: u32) -> String {
    let (number, unit) = if secs.is_multiple_of(60) {
        (secs / 60, "minute")
    } else {
        (secs, "second")
    };
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {unit}{plural}")
}

/// Returns what `secs` cost, as an estimate.
fn cost(secs: u32, price: &SessionCost) -> String {
    let (about, cents) = match price.cents(secs) {
        Some(cents) => ("about", cents),
        None => ("under", 1),
    };
    let (units, cents) = (cents / 100, cents % 100);
    format!("{about} {}{units}.{cents:02}", price.currency)
}
