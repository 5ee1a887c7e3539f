#![doc = include_str!("../README.md")]
#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used))]

mod source;

pub use inturn_client_core::{problem::MicrophoneFailure, session::Device};
pub use source::{AudioStream, AudioWriter, OpenError, Piece, Source, StopRequested};
