//! The real router and the real program, against a fake service that counts its calls.

mod access;
mod base_path;
mod capture;
mod commands;
mod connections;
mod connections_attack;
mod crowd;
mod error_page;
mod files;
mod forged;
mod headers;
mod health;
mod limits;
mod local;
mod local_attack;
mod log_reader;
mod metrics;
mod program;
mod refusal_lines;
mod reload;
mod renewals;
mod request_id;
mod secrets;
#[cfg(feature = "redis-server")]
mod shared_limits;
#[cfg(feature = "redis-server")]
mod shared_sign_outs;
mod sign_in_attack;
mod sign_out;
mod stopping;
mod support;
mod tls;
mod token;
mod untrusted_proxy;
