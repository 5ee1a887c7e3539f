//! Stories of recordings, told on a virtual clock to a scripted service. Nothing sleeps.

mod audio;
mod chaos;
mod closes;
mod finish;
mod kept;
mod lapse;
mod leases;
mod leave;
mod ledger;
mod messages;
mod slow_network;
mod start;
mod story;
mod tokens;
mod wait;
