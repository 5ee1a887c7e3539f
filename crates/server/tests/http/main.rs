//! The real router and the real program, against a fake service that counts its calls.

mod access;
mod capture;
mod connections;
mod crowd;
mod files;
mod forged;
mod headers;
mod limits;
mod local;
mod program;
mod secrets;
mod stopping;
mod support;
mod tls;
mod token;
