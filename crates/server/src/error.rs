//! The one shape of every error this server answers with.

use std::time::Duration;

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use inturn_protocol::{ErrorCode, ErrorEnvelope};

use crate::{limits::Refused, upstream::UpstreamError};

/// An error on its way to a client: a status, a code for programs, a sentence for people.
///
/// It never holds the cause, which is for the log alone.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct ApiError {
    pub(crate) status: StatusCode,
    pub(crate) code: ErrorCode,
    pub(crate) sentence: &'static str,
    pub(crate) retry_after_seconds: Option<u32>,
}

/// Goes with a response that is an error, to be shown to people.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sentence(pub(crate) &'static str);

impl ApiError {
    pub(crate) const NOT_FOUND: Self = Self::new(
        StatusCode::NOT_FOUND,
        ErrorCode::NotFound,
        "There is nothing at this address.",
    );

    pub(crate) const SIGN_IN_NEEDED: Self = Self::new(
        StatusCode::UNAUTHORIZED,
        ErrorCode::SignInNeeded,
        "You are not signed in: sign in, and try again.",
    );

    pub(crate) const NOT_ALLOWED: Self = Self::new(
        StatusCode::FORBIDDEN,
        ErrorCode::NotAllowed,
        "You are signed in, but not among those who may record here: ask whoever runs the server.",
    );

    pub(crate) const CROSS_SITE: Self = Self::new(
        StatusCode::FORBIDDEN,
        ErrorCode::CrossSite,
        "Only this server's own page may ask for that, or a program that sends the header X-Inturn-Host.",
    );

    pub(crate) const PROXY_BYPASSED: Self = Self::new(
        StatusCode::FORBIDDEN,
        ErrorCode::ProxyBypassed,
        "This server is to be reached through its proxy, which signs people in: ask whoever runs it for \
         the address.",
    );

    pub(crate) const HOST_REFUSED: Self = Self::new(
        StatusCode::FORBIDDEN,
        ErrorCode::HostRefused,
        "This server serves its own machine alone, and this request came by another name or through a proxy. \
         Whoever runs it must choose who may record: --auth proxy if the proxy signs people in, \
         --auth password for one passphrase, --auth open for everybody.",
    );

    pub(crate) const WRONG_PASSPHRASE: Self = Self::new(
        StatusCode::UNAUTHORIZED,
        ErrorCode::WrongPassphrase,
        "That is not the passphrase: check capitals and the keyboard's language.",
    );

    pub(crate) const TOO_MANY_ATTEMPTS: Self = Self::new(
        StatusCode::TOO_MANY_REQUESTS,
        ErrorCode::LimitReached,
        "Too many wrong passphrases were tried: wait a little and try again.",
    );

    pub(crate) const SIGN_IN_BUSY: Self = Self::new(
        StatusCode::SERVICE_UNAVAILABLE,
        ErrorCode::Overloaded,
        "Too many people are signing in at this moment: try again in a few seconds.",
    );

    pub(crate) const BAD_FORM: Self = Self::new(
        StatusCode::BAD_REQUEST,
        ErrorCode::BadRequest,
        "This address takes a form with the field passphrase, of 4 KiB at most.",
    );

    pub(crate) const LIMIT_REACHED: Self = Self::new(
        StatusCode::TOO_MANY_REQUESTS,
        ErrorCode::LimitReached,
        "As many recordings were started as this server allows for now: wait a little and try again.",
    );

    pub(crate) const LIMITS_UNAVAILABLE: Self = Self::new(
        StatusCode::SERVICE_UNAVAILABLE,
        ErrorCode::LimitsUnavailable,
        "The server can't count recordings just now, and so starts none: try again in a moment.",
    );

    pub(crate) const METHOD_NOT_ALLOWED: Self = Self::new(
        StatusCode::METHOD_NOT_ALLOWED,
        ErrorCode::MethodNotAllowed,
        "This address does not take that method.",
    );

    pub(crate) const INTERNAL: Self = Self::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        ErrorCode::Internal,
        "The server failed: try again, and tell whoever runs it if that does not help.",
    );

    pub(crate) const PAGE_GONE: Self = Self::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        ErrorCode::Internal,
        "The page's files are gone from the server: whoever runs it must build them again.",
    );

    /// The same with the time after which to try again.
    pub(crate) fn after(self, wait: Duration) -> Self {
        let whole = wait.as_millis().div_ceil(1000).max(1);
        Self {
            retry_after_seconds: Some(u32::try_from(whole).unwrap_or(u32::MAX)),
            ..self
        }
    }

    const fn new(status: StatusCode, code: ErrorCode, sentence: &'static str) -> Self {
        Self {
            status,
            code,
            sentence,
            retry_after_seconds: None,
        }
    }
}

impl From<Refused> for ApiError {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Reached(hit) => Self::LIMIT_REACHED.after(hit.wait),
            Refused::NotCounted(_) => Self {
                retry_after_seconds: Some(AWAY_RETRY_SECONDS),
                ..Self::LIMITS_UNAVAILABLE
            },
            Refused::NoRandomness => Self::INTERNAL,
        }
    }
}

impl From<&UpstreamError> for ApiError {
    fn from(error: &UpstreamError) -> Self {
        let (status, code, sentence) = match error {
            UpstreamError::KeyRefused => (
                // The visitor did nothing wrong, so this must not look like their 401.
                StatusCode::INTERNAL_SERVER_ERROR,
                ErrorCode::KeyRefused,
                "The speech service refused this server's API key: whoever runs the server must \
                 set a valid one.",
            ),
            UpstreamError::PaymentRequired => (
                StatusCode::PAYMENT_REQUIRED,
                ErrorCode::PaymentRequired,
                "The speech service wants the account to pay: whoever runs this server must look \
                 at its billing.",
            ),
            UpstreamError::AccountForbidden => (
                StatusCode::FORBIDDEN,
                ErrorCode::AccountForbidden,
                "The speech service does not serve this account or network: whoever runs this \
                 server must ask the service why.",
            ),
            UpstreamError::RequestRefused { .. } => (
                StatusCode::UNPROCESSABLE_ENTITY,
                ErrorCode::RequestRefused,
                "The speech service refused this server's settings: whoever runs the server must \
                 check them.",
            ),
            UpstreamError::RateLimited { .. } => (
                StatusCode::TOO_MANY_REQUESTS,
                ErrorCode::RateLimited,
                "Too many recordings are being started: wait a little and try again.",
            ),
            UpstreamError::Failed { .. } => (
                StatusCode::SERVICE_UNAVAILABLE,
                ErrorCode::ServiceFailed,
                "The speech service has a fault of its own: try again in a minute.",
            ),
            UpstreamError::Unreachable { .. } => (
                StatusCode::SERVICE_UNAVAILABLE,
                ErrorCode::ServiceUnreachable,
                "The server can't reach the speech service: try again, and tell whoever runs the \
                 server if that does not help.",
            ),
            UpstreamError::TimedOut => (
                StatusCode::GATEWAY_TIMEOUT,
                ErrorCode::ServiceTimeout,
                "The speech service did not answer in time: try again.",
            ),
            UpstreamError::InvalidReply(_) => (
                StatusCode::BAD_GATEWAY,
                ErrorCode::ServiceReplyInvalid,
                "The speech service's answer made no sense: whoever runs this server must check \
                 that its service address is right.",
            ),
        };
        let retry_after_seconds = match error {
            UpstreamError::RateLimited {
                retry_after_seconds,
            }
            | UpstreamError::Failed {
                retry_after_seconds,
                ..
            } => *retry_after_seconds,
            _ => None,
        };
        Self {
            status,
            code,
            sentence,
            retry_after_seconds,
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let envelope = ErrorEnvelope {
            error: self.sentence.to_owned(),
            code: self.code,
            retry_after_seconds: self.retry_after_seconds,
        };
        let mut response = (self.status, Json(envelope)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = self.retry_after_seconds {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        // For the request's line and the metrics, and for people.
        response.extensions_mut().insert(self.code);
        response.extensions_mut().insert(Sentence(self.sentence));
        response
    }
}

/// What counts is looked for twice a second: this is for those who restart it.
const AWAY_RETRY_SECONDS: u32 = 5;
