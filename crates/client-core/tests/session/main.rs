//! Tests of recordings on a virtual clock with a scripted service. Nothing sleeps.

mod audio;
mod block_watchdog;
mod chaos;
mod closes;
mod finish;
mod kept_audio;
mod late_answers;
mod leases;
mod leave;
mod ledger;
mod lines;
mod messages;
mod reactions;
mod replies;
mod retry_wait;
mod script;
mod silence;
mod slow_network;
mod start;
mod story;
mod tokens;
