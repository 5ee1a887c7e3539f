//! Stories of recordings, told on a virtual clock to a scripted service. Nothing sleeps.

mod audio;
mod chaos;
mod closes;
mod counted;
mod finish;
mod lapse;
mod leave;
mod ledger;
mod messages;
mod slow_network;
mod start;
mod story;
mod tokens;
mod wait;
