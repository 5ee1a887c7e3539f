//! The state machine of a recording, without clock, browser or network.
//!
//! [`Recorder::handle`] takes one [`Input`] and the time. [`Recorder::next_effect`] returns the
//! resulting [`Effect`]s in order. The [crate's documentation](crate#the-run-loop) describes the
//! loop that a shell must run.

mod backoff;
mod billed;
mod capture;
mod connection;
mod console;
mod countdown;
mod coverage;
mod failures;
mod idle;
mod intake;
mod io;
mod lag;
mod last_words;
mod level;
mod liveness;
mod recorder;
mod reply;
mod retry;
mod run;
mod silence;
mod status;
mod timers;
mod upload;

pub use backoff::{MAX_BACKOFF, MIN_BACKOFF, STABLE_AFTER};
pub use coverage::MAX_REPLAY;
pub use idle::IDLE_COUNTDOWN;
pub use io::{
    Attempt, Awaited, Device, Effect, Event, Hold, Input, LevelReading, Outage, Progress, Sound,
    State,
};
pub use lag::BEHIND_NOTICE;
pub use liveness::{
    DEAF_AFTER, HEARTBEAT_CHECKS, LIVENESS_INTERVAL, SLOW_DEAF_AFTER, STALL_CHECKS,
};
pub use recorder::Recorder;
pub use retry::{Advice, RATE_LIMIT_WAIT_SECS};
pub use silence::SILENCE_NOTICE;
pub use timers::{
    AUDIO_END_TIMEOUT, BEGIN_TIMEOUT, BLOCK_WATCHDOG_INTERVAL, FINISH_TIMEOUT, FIRST_BLOCK_TIMEOUT,
    HAND_OVER_LEAD, LAST_WORDS_TIMEOUT, LOST_CHECKS, PROBE_TIMEOUT, REOPEN_INTERVAL, SETTLING_TIME,
    SLOW_LAST_WORDS_TIMEOUT, SOCKET_CHECK_INTERVAL, STALL_NOTICE, TOKEN_TIMEOUT,
};
pub use upload::{BURST, MAX_KEPT_AUDIO, OVERLAP, PACE};
