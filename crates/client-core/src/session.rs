//! What a recording does next: a machine without clock, browser or network.
//!
//! [`Recorder::handle`] takes one [`Input`] and the time; the [`Effect`]s it leads to wait in order
//! in [`Recorder::next_effect`]. The crate's README gives the loop a shell must run.

mod closures;
mod console;
mod countdown;
mod deadlines;
mod exchange;
mod last_words;
mod meter;
mod outbox;
mod recorder;
mod reply;
mod run;

pub use deadlines::{
    AUDIO_END, BEGIN, FIRST_BLOCK, LAPSE, LAPSES, LAST_WORDS, LONGEST_WAIT, LOOK, PROBE,
    SLOW_LAST_WORDS, TOKEN,
};
pub use exchange::{Attempt, Effect, Input};
pub use outbox::{BURST, PACE};
pub use recorder::Recorder;
