#![doc = include_str!("../README.md")]
#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used))]

mod check;
mod clap_error;
mod dotenv;
mod error;
mod key;
mod local;
mod log;
mod price;
mod recogniser;
mod region;
mod secret;

pub use check::{CheckReport, CheckResult, Issue, check_service};
pub use clap_error::{explain, one_line_each};
pub use dotenv::{Dotenv, DotenvError, DotenvFile};
pub use error::ConfigError;
pub use key::read_api_key;
pub use local::{Advice, LocalError, PrivateEmulator, RecogniserConfig};
pub use log::{LogFilter, LogFilterError, is_safe_to_log};
pub use price::{Currency, InvalidCurrency, InvalidPrice, Price};
pub use recogniser::{broken_remedy, describe, install_remedy, shell_word};
pub use region::region;
pub use secret::{
    FILE_VARIABLES, InvalidSecret, MAX_SECRET_BYTES, Secret, SecretError, SecretSource,
};
