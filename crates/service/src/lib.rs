#![doc = include_str!("../README.md")]
#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used))]

mod activity;
mod api_key;
mod client;
mod error;
mod http;
mod model_name;
mod reply;
mod service_url;
mod session_parameters;
mod token;
mod warm;

pub use api_key::{ApiKey, InvalidKey};
pub use client::{CALL_TIMEOUT, CONNECT_TIMEOUT, ServiceClient};
pub use error::{InvalidReply, ServiceError};
pub use http::{SetupError, Tls, cause_of, http_client};
pub use model_name::{ModelName, ModelNameError};
pub use reply::RawReply;
pub use service_url::{Region, RegionError, ServiceUrl, ServiceUrlError, session_url};
pub use session_parameters::{Reserved, SessionParameterError, SessionParameters};
pub use token::{MAX_REPLY_BYTES, MintedToken, TokenRequest};
pub use warm::WARM_INTERVAL;
