//! The error responses of the server.

use std::time::Duration;

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use inturn_protocol::{ErrorCode, ErrorEnvelope};
use inturn_service::ServiceError;

/// An error response: a status, a code for programs and a message for people.
///
/// It never contains the cause, which goes only to the log.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct ApiError {
    pub(crate) status: StatusCode,
    pub(crate) code: ErrorCode,
    pub(crate) message: &'static str,
    pub(crate) retry_after_seconds: Option<u32>,
}

/// Response extension of an error: the message for people.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ErrorMessage(pub(crate) &'static str);

impl ApiError {
    pub(crate) const NOT_FOUND: Self = Self::new(
        StatusCode::NOT_FOUND,
        ErrorCode::NotFound,
        "There is nothing at this address.",
    );

    pub(crate) const SIGN_IN_NEEDED: Self = Self::new(
        StatusCode::UNAUTHORIZED,
        ErrorCode::SignInNeeded,
        "You are not signed in. Sign in and try again.",
    );

    pub(crate) const NOT_ALLOWED: Self = Self::new(
        StatusCode::FORBIDDEN,
        ErrorCode::NotAllowed,
        "You are signed in, but you are not allowed to record here. Ask the person who runs the \
         server for access.",
    );

    pub(crate) const CROSS_SITE: Self = Self::new(
        StatusCode::FORBIDDEN,
        ErrorCode::CrossSite,
        "This request must come from this server's own page, or from a program that sends the \
         header X-Inturn-Host.",
    );

    pub(crate) const PROXY_BYPASSED: Self = Self::new(
        StatusCode::FORBIDDEN,
        ErrorCode::ProxyBypassed,
        "Open this server through its proxy, which signs people in. Ask the person who runs it \
         for the address.",
    );

    pub(crate) const HOST_REFUSED: Self = Self::new(
        StatusCode::FORBIDDEN,
        ErrorCode::HostRefused,
        "This server only answers requests from its own computer, and this one used another name \
         or came through a proxy. The person who runs it must choose who may record: --auth proxy \
         if the proxy signs people in, --auth password for one passphrase, --auth open for \
         everybody.",
    );

    pub(crate) const WRONG_PASSPHRASE: Self = Self::new(
        StatusCode::UNAUTHORIZED,
        ErrorCode::WrongPassphrase,
        "That is not the passphrase. Check capital letters and the keyboard language.",
    );

    pub(crate) const TOO_MANY_ATTEMPTS: Self = Self::new(
        StatusCode::TOO_MANY_REQUESTS,
        ErrorCode::LimitReached,
        "Too many wrong passphrases. Wait a while and try again.",
    );

    pub(crate) const SIGN_IN_BUSY: Self = Self::new(
        StatusCode::SERVICE_UNAVAILABLE,
        ErrorCode::Overloaded,
        "Too many people are signing in right now. Try again in a few seconds.",
    );

    pub(crate) const BAD_FORM: Self = Self::new(
        StatusCode::BAD_REQUEST,
        ErrorCode::BadRequest,
        "This address expects a form with the field passphrase, 4 KiB at most.",
    );

    pub(crate) const LIMIT_REACHED: Self = Self::new(
        StatusCode::TOO_MANY_REQUESTS,
        ErrorCode::LimitReached,
        "This server's recording limit is reached. Wait a while and try again.",
    );

    pub(crate) const LIMITS_UNAVAILABLE: Self = Self::new(
        StatusCode::SERVICE_UNAVAILABLE,
        ErrorCode::LimitsUnavailable,
        "The server cannot check its limits right now, so it starts no recordings. Try again in a \
         moment.",
    );

    pub(crate) const METHOD_NOT_ALLOWED: Self = Self::new(
        StatusCode::METHOD_NOT_ALLOWED,
        ErrorCode::MethodNotAllowed,
        "This address does not support that method.",
    );

    pub(crate) const INTERNAL: Self = Self::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        ErrorCode::Internal,
        "The server had a problem. Try again, and if it keeps happening, tell the person who runs \
         it.",
    );

    pub(crate) const PAGE_GONE: Self = Self::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        ErrorCode::Internal,
        "The page's files are missing on the server. The person who runs it must build them again.",
    );

    /// Sets the time after which to retry.
    pub(crate) fn after(self, wait: Duration) -> Self {
        let whole = wait.as_millis().div_ceil(1000).max(1);
        Self {
            retry_after_seconds: Some(u32::try_from(whole).unwrap_or(u32::MAX)),
            ..self
        }
    }

    const fn new(status: StatusCode, code: ErrorCode, message: &'static str) -> Self {
        Self {
            status,
            code,
            message,
            retry_after_seconds: None,
        }
    }
}

impl From<&ServiceError> for ApiError {
    fn from(error: &ServiceError) -> Self {
        let (status, message) = match error {
            ServiceError::KeyRefused => (
                // Not 401: the server's key is wrong, not the visitor's sign-in.
                StatusCode::INTERNAL_SERVER_ERROR,
                "The transcription service rejected this server's API key. The person who runs the \
                 server must set a valid one.",
            ),
            ServiceError::PaymentRequired => (
                StatusCode::PAYMENT_REQUIRED,
                "The transcription account is out of credit. The person who runs this server must \
                 check its billing.",
            ),
            ServiceError::AccountForbidden => (
                StatusCode::FORBIDDEN,
                "The transcription service rejected this account or network. The person who runs \
                 this server must ask the service why.",
            ),
            ServiceError::RequestRefused { .. } => (
                StatusCode::UNPROCESSABLE_ENTITY,
                "The transcription service rejected this server's settings. The person who runs \
                 the server must check them.",
            ),
            ServiceError::RateLimited { .. } => (
                StatusCode::TOO_MANY_REQUESTS,
                "Too many recordings are being started. Wait a while and try again.",
            ),
            ServiceError::Failed { .. } => (
                StatusCode::SERVICE_UNAVAILABLE,
                "The transcription service is having problems. Try again in a minute.",
            ),
            ServiceError::Unreachable { .. } => (
                StatusCode::SERVICE_UNAVAILABLE,
                "The server cannot reach the transcription service. Try again, and if it keeps \
                 happening, tell the person who runs the server.",
            ),
            ServiceError::TimedOut => (
                StatusCode::GATEWAY_TIMEOUT,
                "The transcription service did not answer in time. Try again.",
            ),
            ServiceError::InvalidReply(_) => (
                StatusCode::BAD_GATEWAY,
                "The transcription service sent an answer that this server could not read. The \
                 person who runs the server must check the service address.",
            ),
        };
        Self {
            status,
            code: error.code(),
            message,
            retry_after_seconds: error.retry_after_seconds(),
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let envelope = ErrorEnvelope {
            error: self.message.to_owned(),
            code: self.code,
            retry_after_seconds: self.retry_after_seconds,
        };
        let mut response = (self.status, Json(envelope)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = self.retry_after_seconds {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        // The code is for the request's log line and the metrics, the message for error pages.
        response.extensions_mut().insert(self.code);
        response.extensions_mut().insert(ErrorMessage(self.message));
        response
    }
}
