//! The sign-in at an Inturn server with a passphrase.

use std::time::Duration;

use inturn_protocol::{ErrorCode, ErrorEnvelope};
use inturn_service::{SetupError, Tls, cause_of, http_client};
use reqwest::{Response, header::SET_COOKIE};

use super::server::ServerTokens;

impl ServerTokens {
    /// Signs in at a server that wants a passphrase (`--auth password`). The cookie of the sign-in
    /// is then sent with each request. `tls` is that of the recording.
    ///
    /// # Errors
    ///
    /// [`SignInError`] if the server does not answer, or refuses. It contains no passphrase.
    pub async fn sign_in(self, passphrase: &str, tls: &Tls) -> Result<Self, SignInError> {
        let client = http_client(self.url(), tls)?.build();
        let client = client.map_err(SetupError::from)?;
        let request = client
            .post(format!("{}/sign-in", self.url()))
            .headers(self.headers().clone())
            .form(&[("passphrase", passphrase)])
            .timeout(TIMEOUT);
        let response = request.send().await;
        let response = response.map_err(|error| SignInError::Unreachable(cause_of(error)))?;
        let Some(cookie) = cookie(&response) else {
            return Err(refusal(response).await);
        };
        self.with_header("Cookie", &cookie)
            .map_err(|_| SignInError::NotOffered)
    }
}

/// Why a sign-in has failed.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// The system's certificates can't be read.
    #[error(transparent)]
    Setup(#[from] SetupError),
    /// The server does not answer.
    #[error("the server can't be reached: {0}")]
    Unreachable(String),
    /// The passphrase is wrong.
    #[error("the passphrase is wrong")]
    WrongPassphrase,
    /// The server refuses for another reason, such as too many attempts.
    #[error("{message}")]
    Refused {
        /// The kind of error.
        code: ErrorCode,
        /// The server's sentence.
        message: String,
    },
    /// The server has no sign-in with a passphrase.
    #[error("the server has no sign-in with a passphrase")]
    NotOffered,
}

/// Returns the name and the value of the cookie that a sign-in has set.
fn cookie(response: &Response) -> Option<String> {
    let is_signed_in = response.status().is_redirection() || response.status().is_success();
    let cookie = response.headers().get(SET_COOKIE)?.to_str().ok()?;
    let pair = cookie.split(';').next()?;
    is_signed_in.then(|| pair.to_owned())
}

async fn refusal(response: Response) -> SignInError {
    let body = response.text().await.unwrap_or_default();
    match ErrorEnvelope::decode(&body) {
        Some(envelope) if envelope.code == ErrorCode::WrongPassphrase => {
            SignInError::WrongPassphrase
        }
        Some(envelope) if !NO_ROUTE.contains(&envelope.code) => SignInError::Refused {
            code: envelope.code,
            message: envelope.error,
        },
        _ => SignInError::NotOffered,
    }
}

/// What a server without this route answers.
const NO_ROUTE: [ErrorCode; 2] = [ErrorCode::NotFound, ErrorCode::MethodNotAllowed];

/// Comparing a passphrase takes the server up to a second; more if many people sign in.
const TIMEOUT: Duration = Duration::from_secs(20);
