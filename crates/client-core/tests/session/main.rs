//! Tests of recordings on a virtual clock with a scripted service. Nothing sleeps.

mod audio;
mod block_watchdog;
mod chaos;
mod closes;
mod finish;
mod kept_audio;
mod leases;
mod leave;
mod ledger;
mod messages;
mod retry_wait;
mod silence;
mod slow_network;
mod start;
mod story;
mod tokens;
