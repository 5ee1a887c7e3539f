//! Why the service gave no token.

use reqwest::StatusCode;

use crate::token::MAX_REPLY_BYTES;

/// Why there is no token. `Display` is the cause for a log: it never repeats the key, an address or
/// what the service wrote.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ServiceError {
    /// 401: the key is not valid at this service.
    #[error("the service refused the API key (401)")]
    KeyRefused,
    /// 402: the account is out of credit.
    #[error("the service wants the account to pay (402)")]
    PaymentRequired,
    /// 403: the account or the network is barred.
    #[error("the service does not serve this account or network (403)")]
    AccountForbidden,
    /// 400 or 422: the request's values are wrong.
    #[error("the service called the request wrong ({status})")]
    RequestRefused {
        /// The status of the reply.
        status: StatusCode,
    },
    /// 429: too many requests.
    #[error("the service wants fewer requests (429)")]
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
    /// There was no reply, or it broke off.
    #[error("the service can't be reached: {cause}")]
    Unreachable {
        /// The chain of causes, without the address.
        cause: String,
    },
    /// The reply was not complete by the deadline of the call.
    #[error("the service did not answer in time")]
    TimedOut,
    /// The reply holds no token that can be used.
    #[error("the service's reply is no token: {0}")]
    InvalidReply(InvalidReply),
}

impl ServiceError {
    /// After how many seconds to try again, if the service said so.
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
    /// A status that no token endpoint sends: mostly the address is wrong.
    #[error("status {0}")]
    Status(StatusCode),
    /// The body is longer than [`MAX_REPLY_BYTES`].
    #[error("longer than {MAX_REPLY_BYTES} bytes")]
    TooLarge,
    /// The body is not JSON with a token in it.
    #[error("not the JSON of a token")]
    NotJson,
    /// The token can't be one.
    #[error("its token is empty, too long or of odd characters")]
    Token,
    /// The token would give the key away.
    #[error("its token holds the API key")]
    HoldsKey,
}
