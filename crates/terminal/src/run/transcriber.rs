//! Who transcribes: a team's server, the service, or the local service.

use std::convert::Infallible;

use inturn_cli::{SecretSource, read_api_key};
use inturn_client::{ServerTokens, ServiceTokens, SignInError, Tokens, service::Tls};
use inturn_protocol::Family;
use inturn_service::ServiceUrl;

use super::{failure::Failure, local::LocalService};
use crate::{cli::Config, wording::ExitStatus};

/// Where the tokens come from, and what a person should know about it.
#[derive(Debug)]
pub struct Transcriber {
    /// Where the tokens come from.
    pub tokens: Tokens,
    /// A sentence before the recording; `None` if all is as usual.
    pub notice: Option<String>,
    /// Whether a formatted version follows the raw end of a turn.
    pub formatted_follows: bool,
    /// The local service, if it transcribes. It ends when this is dropped.
    pub local: Option<LocalService>,
}

impl Transcriber {
    /// Chooses by the flags and the variables: the server, else the key, else the local service,
    /// which is started. Passes `warn` a sentence before a secret is sent unencrypted.
    ///
    /// # Errors
    ///
    /// [`Failure`] if a secret can't be used, or if the local service can't start.
    pub async fn choose(config: &Config, warn: impl Fn(&str)) -> Result<Self, Failure> {
        if let Some(server) = &config.whom.server {
            let url = server.url();
            if let Some(warning) = exposure("The sign-in", url) {
                warn(&warning);
            }
            return Ok(Self {
                tokens: signed_in(with_headers(ServerTokens::new(url.clone()))?)
                    .await?
                    .into(),
                notice: None,
                formatted_follows: false,
                local: None,
            });
        }
        let wrong_use = |error: &dyn std::fmt::Display| Failure::new(ExitStatus::WrongUse, error);
        let parameters = config.session.parameters();
        let parameters = parameters.map_err(|error| wrong_use(&error))?;
        let formatted_follows = config.session.model().family() == Family::UniversalStreaming;
        let key = read_api_key().map_err(|error| wrong_use(&error))?;
        if let Some(key) = key.filter(|_| !config.whom.local_service) {
            let url = config.whom.service();
            if let Some(warning) = exposure("The API key", &url) {
                warn(&warning);
            }
            return Ok(Self {
                tokens: ServiceTokens::new(url, key, parameters).into(),
                notice: None,
                formatted_follows,
                local: None,
            });
        }
        let local = LocalService::start(&config.whom.recogniser).await?;
        let url = local.url().clone();
        let tokens = ServiceTokens::new(url, local.key().clone(), parameters);
        Ok(Self {
            tokens: tokens.into(),
            notice: Some(notice(&local, config.whom.local_service)),
            formatted_follows,
            local: Some(local),
        })
    }
}

/// Says that secrets and audio can be read on the way to `url`, if they can.
fn exposure(secret: &str, url: &ServiceUrl) -> Option<String> {
    let is_exposed = !url.is_secure() && !url.is_loopback();
    is_exposed.then(|| format!("{secret} and the tokens go to {url} unencrypted: use https://."))
}

/// Says that the local service stands in, and how good it is.
fn notice(local: &LocalService, is_chosen: bool) -> String {
    let why = if is_chosen {
        "The local service transcribes, so no audio leaves this machine"
    } else {
        "There is no API key and no --server, so the local service transcribes"
    };
    let advice = local
        .advice()
        .map_or_else(String::new, |it| format!(" {it}"));
    format!("{why}: {}.{advice}", local.description())
}

/// Signs in with the passphrase, if there is one.
async fn signed_in(tokens: ServerTokens) -> Result<ServerTokens, Failure> {
    let passphrase = PASSPHRASE.read(parse_passphrase);
    let passphrase = passphrase.map_err(|error| Failure::new(ExitStatus::WrongUse, error))?;
    let Some(passphrase) = passphrase else {
        return Ok(tokens);
    };
    let signed_in = tokens.sign_in(&passphrase, &Tls::default()).await;
    signed_in.map_err(|error| {
        let status = match &error {
            SignInError::Setup(_) => ExitStatus::Failed,
            SignInError::Unreachable(_) => ExitStatus::ConnectionLost,
            SignInError::WrongPassphrase | SignInError::Refused { .. } => ExitStatus::Refused,
            SignInError::NotOffered => ExitStatus::WrongUse,
        };
        let message = error.to_string();
        let message = message.trim_end_matches('.');
        Failure::new(
            status,
            format_args!("Sign-in with {}: {message}.", PASSPHRASE.variable),
        )
    })
}

/// Returns `None` for an empty text.
fn parse_passphrase(text: &str) -> Result<Option<String>, Infallible> {
    let text = text.trim();
    Ok((!text.is_empty()).then(|| text.to_owned()))
}

/// Adds the headers for the sign-in at a server.
fn with_headers(tokens: ServerTokens) -> Result<ServerTokens, Failure> {
    let wrong_use = |error: &dyn std::fmt::Display| Failure::new(ExitStatus::WrongUse, error);
    let headers = HEADERS.read(parse_headers);
    let headers = headers.map_err(|error| wrong_use(&error))?;
    headers
        .into_iter()
        .flatten()
        .try_fold(tokens, |tokens, (name, value)| {
            tokens
                .with_header(&name, &value)
                .map_err(|error| wrong_use(&format_args!("{}: {error}.", HEADERS.variable)))
        })
}

/// Parses lines of `Name: value`. Returns `None` for an empty text.
fn parse_headers(text: &str) -> Result<Option<Vec<(String, String)>>, NotAHeader> {
    let lines = text.lines().map(str::trim).filter(|it| !it.is_empty());
    let headers = lines.map(|line| {
        let (name, value) = line.split_once(':').ok_or(NotAHeader)?;
        Ok((name.trim().to_owned(), value.trim().to_owned()))
    });
    let headers: Vec<_> = headers.collect::<Result<_, _>>()?;
    Ok((!headers.is_empty()).then_some(headers))
}

struct NotAHeader;

const HEADERS: SecretSource = SecretSource {
    what: "headers",
    form: "one \"Name: value\" per line, such as \"Cookie: session=…\"",
    variable: "INTURN_SERVER_HEADERS",
    file_variable: "INTURN_SERVER_HEADERS_FILE",
    // Fits every header limit.
    max_bytes: 16 * 1024,
};

const PASSPHRASE: SecretSource = SecretSource {
    what: "a passphrase",
    form: "text in UTF-8",
    variable: "INTURN_SERVER_PASSPHRASE",
    file_variable: "INTURN_SERVER_PASSPHRASE_FILE",
    max_bytes: 4 * 1024,
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unencrypted_way_beyond_this_machine_is_a_warning() {
        let warning = |url: &str| exposure("The sign-in", &url.parse().expect("a URL"));
        let text = warning("http://captions.example/team").unwrap_or_default();
        assert!(
            text.starts_with("The sign-in and the tokens go to"),
            "{text}"
        );
        assert!(text.contains("http://captions.example"), "{text}");
        assert_eq!(warning("https://captions.example"), None);
        assert_eq!(warning("http://127.0.0.1:8080/team"), None);
    }

    #[test]
    fn headers_are_lines_of_a_name_and_a_value() {
        let parsed = parse_headers("Cookie: a=b; c=d\r\n\nAuthorization:Bearer x:y\n");
        let expected = [("Cookie", "a=b; c=d"), ("Authorization", "Bearer x:y")];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(parsed.ok().flatten(), Some(expected.to_vec()));
        assert!(matches!(parse_headers(" \n"), Ok(None)));
        assert!(parse_headers("marker").is_err());
    }
}
