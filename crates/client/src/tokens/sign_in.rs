//! The sign-in at an Inturn server with a passphrase.

use std::time::Duration;

use inturn_protocol::{ErrorCode, ErrorEnvelope, SIGN_IN_COOKIES};
use inturn_service::{SetupError, Tls, cause_of, http_client};
use reqwest::{
    Response,
    header::{HeaderMap, SET_COOKIE},
};

use super::server::{ServerTokens, beginning};

impl ServerTokens {
    /// Signs in at a server that wants a passphrase (`--auth password`). The cookie of the sign-in
    /// is then sent with each request, next to those of [`with_header`](Self::with_header). `tls`
    /// is that of the recording.
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
        let is_refused = response.status().is_client_error() || response.status().is_server_error();
        let cookies = cookies(response.headers());
        let Some(cookies) = cookies.filter(|_| !is_refused) else {
            return Err(refusal(response).await);
        };
        self.with_cookies(&cookies)
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

/// Returns the names and the values of the cookies that a response sets. `None` if the one of a
/// sign-in is not among them: a proxy has its own cookies, and may redirect to its own sign-in.
fn cookies(headers: &HeaderMap) -> Option<Vec<String>> {
    let lines = headers.get_all(SET_COOKIE).iter();
    let pairs = lines
        .filter_map(|line| line.to_str().ok()?.split(';').next())
        .map(|pair| pair.trim().to_owned());
    let pairs: Vec<String> = pairs.collect();
    let is_signed_in = pairs
        .iter()
        .filter_map(|pair| pair.split_once('='))
        .any(|(name, value)| SIGN_IN_COOKIES.contains(&name) && !value.is_empty());
    is_signed_in.then_some(pairs)
}

async fn refusal(response: Response) -> SignInError {
    let body = beginning(response).await.unwrap_or_default();
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

#[cfg(test)]
mod tests {
    use reqwest::header::{COOKIE, HeaderValue};

    use super::*;

    fn set(lines: &[&'static str]) -> HeaderMap {
        let lines = lines.iter().map(|it| HeaderValue::from_static(it));
        lines.map(|line| (SET_COOKIE, line)).collect()
    }

    #[test]
    fn a_sign_in_sets_its_own_cookie_and_maybe_others() {
        for name in SIGN_IN_COOKIES {
            let line = format!("{name}=v.1; Path=/; HttpOnly");
            let mut headers = set(&["sticky=node-2; Path=/"]);
            headers.append(SET_COOKIE, line.parse().unwrap());
            let expected = ["sticky=node-2".to_owned(), format!("{name}=v.1")];
            assert_eq!(cookies(&headers).unwrap(), expected);
        }
    }

    #[test]
    fn without_the_cookie_of_a_sign_in_there_is_none() {
        for lines in [
            &[][..],
            &["proxy_session=x; Path=/"],
            &["sticky=a", "proxy=inturn_sign_in=x"],
            &["inturn_sign_in=; Max-Age=0"],
        ] {
            assert_eq!(cookies(&set(lines)), None, "{lines:?}");
        }
    }

    #[test]
    fn all_cookies_are_in_one_line() {
        let tokens = ServerTokens::new("http://127.0.0.1:1".parse().unwrap());
        let tokens = tokens.with_header("Cookie", "proxy=é; sticky=old").unwrap();
        let tokens = tokens.with_header("cookie", "inturn_sign_in=old").unwrap();
        let tokens = tokens
            .with_cookies(&["sticky=new".to_owned(), "inturn_sign_in=new".to_owned()])
            .unwrap();
        let lines: Vec<_> = tokens.headers().get_all(COOKIE).iter().collect();
        assert_eq!(lines, ["proxy=é; sticky=new; inturn_sign_in=new"]);
        assert!(lines[0].is_sensitive());
    }
}
