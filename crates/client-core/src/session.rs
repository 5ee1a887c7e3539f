//! The state machine of a recording, without clock, browser or network.
//!
//! [`Recorder::handle`] takes one [`Input`] and the time. [`Recorder::next_effect`] returns the
//! resulting [`Effect`]s in order. The [crate's documentation](crate#the-run-loop) describes the
//! loop that a shell must run.

mod connection;
mod console;
mod countdown;
mod intake;
mod io;
mod last_words;
mod level;
mod recorder;
mod reply;
mod retry;
mod run;
mod silence;
mod timers;
mod upload;

pub use io::{Attempt, Awaited, Effect, Event, Input, LevelReading, State};
pub use recorder::Recorder;
pub use retry::{Advice, RATE_LIMIT_WAIT_SECS};
pub use silence::SILENCE_NOTICE;
pub use timers::{
    AUDIO_END_TIMEOUT, BEGIN_TIMEOUT, BLOCK_WATCHDOG_INTERVAL, BLOCK_WATCHDOG_MISSES,
    FINISH_TIMEOUT, FIRST_BLOCK_TIMEOUT, LAST_WORDS_TIMEOUT, PROBE_TIMEOUT,
    SLOW_LAST_WORDS_TIMEOUT, SOCKET_CHECK_INTERVAL, TOKEN_TIMEOUT,
};
pub use upload::{BURST, MAX_KEPT_AUDIO, PACE};
