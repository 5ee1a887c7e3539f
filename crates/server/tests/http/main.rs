//! Tests of the real router and the real program against a fake service that counts its calls.

#![expect(clippy::print_stdout, reason = "prints what it measured")]

mod access;
mod base_path;
mod commands;
mod connections;
mod connections_attack;
mod error_page;
#[cfg(all(target_os = "linux", feature = "moonshine"))]
mod fetch_recogniser;
mod files;
mod forged_requests;
mod headers;
mod health;
mod limits;
mod local_service;
mod local_service_attack;
mod log_reader;
mod many_clients;
mod metrics;
mod microphone_defaults;
mod money_guard;
mod program;
mod refusal_logging;
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
mod stored_transcripts;
mod support;
mod tls;
mod token;
mod untrusted_proxy;
