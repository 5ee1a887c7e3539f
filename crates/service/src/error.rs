//! Why the service gave no token.

use inturn_protocol::ErrorCode;
use reqwest::StatusCode;

use crate::token::MAX_REPLY_BYTES;

/// Why the service gave no token. `Display` is for the log: it never contains the key, a URL or
/// text from the service.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ServiceError {
    /// 401: the key is not valid at this service.
    #[error("the service refused the API key (401)")]
    KeyRefused,
    /// 402: the account is out of credit.
    #[error("the service requires payment (402)")]
    PaymentRequired,
    /// 403: the account or the network is blocked.
    #[error("the service refused this account or network (403)")]
    AccountForbidden,
    /// 400 or 422: the request's values are invalid.
    #[error("the service rejected the request as invalid ({status})")]
    RequestRefused {
        /// The status of the reply.
        status: StatusCode,
    },
    /// 429: too many requests.
    #[error("the service's rate limit is reached (429)")]
    RateLimited {
        /// The reply's `Retry-After`.
        retry_after_seconds: Option<u32>,
    },
    /// 5xx: the service failed.
    #[error("the service failed ({status})")]
    Failed {
        /// The status of the reply.
        status: StatusCode,
        /// The reply's `Retry-After`.
        retry_after_seconds: Option<u32>,
    },
    /// There was no reply, or it ended early.
    #[error("the service can't be reached: {cause}")]
    Unreachable {
        /// The chain of causes, without the address.
        cause: String,
    },
    /// The reply was not complete within the timeout of the call.
    #[error("the service did not answer in time")]
    TimedOut,
    /// The reply contains no usable token.
    #[error("the service's reply contains no usable token: {0}")]
    InvalidReply(InvalidReply),
}

impl ServiceError {
    /// The code by which our server reports this error, and by which a client decides when to try
    /// again.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::KeyRefused => ErrorCode::KeyRefused,
            Self::PaymentRequired => ErrorCode::PaymentRequired,
            Self::AccountForbidden => ErrorCode::AccountForbidden,
            Self::RequestRefused { .. } => ErrorCode::RequestRefused,
            Self::RateLimited { .. } => ErrorCode::RateLimited,
            Self::Failed { .. } => ErrorCode::ServiceFailed,
            Self::Unreachable { .. } => ErrorCode::ServiceUnreachable,
            Self::TimedOut => ErrorCode::ServiceTimeout,
            Self::InvalidReply(_) => ErrorCode::ServiceReplyInvalid,
        }
    }

    /// The service's `Retry-After` in seconds, if it sent one.
    pub fn retry_after_seconds(&self) -> Option<u32> {
        match self {
            Self::RateLimited {
                retry_after_seconds,
            }
            | Self::Failed {
                retry_after_seconds,
                ..
            } => *retry_after_seconds,
            _ => None,
        }
    }
}

/// What is wrong with a reply.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum InvalidReply {
    /// A status that a token endpoint does not send; usually the URL is wrong.
    #[error("status {0}")]
    Status(StatusCode),
    /// The body is longer than [`MAX_REPLY_BYTES`].
    #[error("longer than {MAX_REPLY_BYTES} bytes")]
    TooLarge,
    /// The body is not JSON with a token.
    #[error("not JSON with a token")]
    NotJson,
    /// The token is not valid.
    #[error("its token is empty, too long or contains invalid characters")]
    Token,
    /// The token would reveal the key to the browser.
    #[error("its token contains the API key")]
    ContainsKey,
}
