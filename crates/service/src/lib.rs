//! Client of the v3 speech service for native programs: base URL and regions, API key, session
//! parameters, and the call that returns a session token.
//!
//! The server and command-line clients use this crate. It has no web framework, command line or
//! limits: each program reads its own settings and builds these types from them.
//!
//! ```no_run
//! use inturn_protocol::ConnectionParameters;
//! use inturn_service::{ApiKey, CALL_TIMEOUT, Region, ServiceClient, ServiceUrl, TokenRequest};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let key = ApiKey::parse("0123456789abcdef")?.ok_or("the key is empty")?;
//! let service = ServiceUrl::of(Some(Region::Eu));
//! let client = ServiceClient::new(&service, &key)?;
//! let request = TokenRequest {
//!     expires_in_seconds: 30,
//!     max_session_duration_seconds: 3600,
//! };
//! let minted = client.mint(&request, CALL_TIMEOUT).await?;
//! let parameters = ConnectionParameters {
//!     token: Some(minted.token),
//!     ..ConnectionParameters::default()
//! };
//! let socket = format!("{}?{}", service.socket_url(), parameters.to_query());
//! # Ok(())
//! # }
//! ```
//!
//! Errors and `Debug` output never contain the API key or a token.

#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used))]

mod api_key;
mod client;
mod error;
mod model_name;
mod reply;
mod service_url;
mod session_parameters;
mod token;

pub use api_key::{ApiKey, InvalidKey};
pub use client::{CALL_TIMEOUT, CONNECT_TIMEOUT, ServiceClient, SetupError};
pub use error::{InvalidReply, ServiceError};
pub use model_name::{ModelName, ModelNameError};
pub use reply::RawReply;
pub use service_url::{Region, RegionError, ServiceUrl, ServiceUrlError};
pub use session_parameters::{Reserved, SessionParameterError, SessionParameters};
pub use token::{MAX_REPLY_BYTES, MintedToken, TokenRequest};
