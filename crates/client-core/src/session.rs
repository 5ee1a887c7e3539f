//! What a recording does next: a machine without clock, browser or network.
//!
//! [`Recorder::handle`] takes one [`Input`] and the time; the [`Effect`]s it leads to wait in order
//! in [`Recorder::next_effect`]. The crate's README gives the loop a shell must run.

mod console;
mod countdown;
mod exchange;
mod intake;
mod last_words;
mod level;
mod link;
mod recorder;
mod reply;
mod retry;
mod run;
mod timers;
mod upload;

pub use exchange::{Attempt, Awaited, Effect, Event, Input, LevelReading, State};
pub use recorder::Recorder;
pub use retry::{Advice, RATE_LIMIT_WAIT_SECS};
pub use timers::{
    AUDIO_END, BEGIN, BLOCK_WATCHDOG_INTERVAL, BLOCK_WATCHDOG_MISSES, FIRST_BLOCK, LAST_WORDS,
    LONGEST_WAIT, LOOK, PROBE, SLOW_LAST_WORDS, TOKEN,
};
pub use upload::{BURST, MOST_KEPT, PACE};
