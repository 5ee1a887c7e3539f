//! The base URL of the service, and the regions of the public service.

use std::{fmt, str::FromStr};

use inturn_protocol::ConnectionParameters;
use reqwest::Url;

/// A data zone of the public service.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Region {
    /// Audio and text stay in the United States.
    Us,
    /// Audio and text stay in the European Union.
    Eu,
}

impl Region {
    /// All regions.
    pub const ALL: [Self; 2] = [Self::Us, Self::Eu];

    /// The name in settings: `us` or `eu`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Us => "us",
            Self::Eu => "eu",
        }
    }

    /// Where audio and text stay, as a phrase for people: "the European Union".
    pub const fn place(self) -> &'static str {
        match self {
            Self::Us => "the United States",
            Self::Eu => "the European Union",
        }
    }
}

impl FromStr for Region {
    type Err = RegionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|region| region.name() == text)
            .ok_or(RegionError)
    }
}

/// The text is not the name of a region.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("must be us or eu")]
pub struct RegionError;

/// The base URL of a service: only scheme, host, port and an optional path.
#[derive(Clone, Eq, PartialEq)]
pub struct ServiceUrl {
    secure: bool,
    /// Host and port; without the port if it is the scheme's default.
    authority: String,
    /// Empty, or a path that begins with a slash and has none at the end.
    base_path: String,
}

impl ServiceUrl {
    /// The public service in a region; without a region, in the nearest data centre.
    pub fn of(region: Option<Region>) -> Self {
        Self::https(match region {
            None => "streaming.assemblyai.com",
            Some(Region::Us) => "streaming.us.assemblyai.com",
            Some(Region::Eu) => "streaming.eu.assemblyai.com",
        })
    }

    fn https(host: &str) -> Self {
        Self {
            secure: true,
            authority: host.to_owned(),
            base_path: String::new(),
        }
    }

    /// The URL of the token endpoint, without a query.
    pub fn token_url(&self) -> String {
        format!("{self}/v3/token")
    }

    /// The WebSocket's origin, for a content security policy.
    pub fn socket_origin(&self) -> String {
        let scheme = if self.secure { "wss" } else { "ws" };
        format!("{scheme}://{}", self.authority)
    }

    /// The origin for HTTP calls.
    pub fn http_origin(&self) -> String {
        let scheme = if self.secure { "https" } else { "http" };
        format!("{scheme}://{}", self.authority)
    }

    /// The WebSocket's URL, without a query.
    pub fn socket_url(&self) -> String {
        format!("{}{}/v3/ws", self.socket_origin(), self.base_path)
    }

    /// The URL of a session's WebSocket, without the token.
    pub fn session_url(&self, parameters: &ConnectionParameters) -> String {
        session_url(&self.socket_url(), parameters)
    }

    /// Host and port.
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// Whether calls are encrypted.
    pub fn is_secure(&self) -> bool {
        self.secure
    }

    /// Whether the service runs on this machine, so that calls need no proxy.
    pub fn is_loopback(&self) -> bool {
        let host = match self.authority.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
            _ => &self.authority,
        };
        let host = host.trim_start_matches('[').trim_end_matches(']');
        host == "localhost"
            || host
                .parse::<std::net::IpAddr>()
                .is_ok_and(|address| address.is_loopback())
    }
}

impl fmt::Display for ServiceUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.secure { "https" } else { "http" };
        write!(f, "{scheme}://{}{}", self.authority, self.base_path)
    }
}

impl fmt::Debug for ServiceUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for ServiceUrl {
    type Err = ServiceUrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let url = Url::parse(text).map_err(|_| ServiceUrlError::NotAUrl)?;
        let secure = match url.scheme() {
            "https" => true,
            "http" => false,
            _ => return Err(ServiceUrlError::Scheme),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(ServiceUrlError::Credentials);
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(ServiceUrlError::Query);
        }
        let host = url.host_str().ok_or(ServiceUrlError::NotAUrl)?;
        // The host goes into a content security policy, where spaces, semicolons and wildcards
        // would allow more than this host.
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte);
        if !host.bytes().all(plain) {
            return Err(ServiceUrlError::NotAUrl);
        }
        Ok(Self {
            secure,
            authority: match url.port() {
                Some(port) => format!("{host}:{port}"),
                None => host.to_owned(),
            },
            base_path: url.path().trim_end_matches('/').to_owned(),
        })
    }
}

/// Returns the URL of a session at `socket_url`, without the token.
pub fn session_url(socket_url: &str, parameters: &ConnectionParameters) -> String {
    format!("{socket_url}?{}", parameters.to_query())
}

/// Why a text is not the base URL of a service.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ServiceUrlError {
    /// Not a URL with a host.
    #[error("must be a URL such as https://streaming.assemblyai.com")]
    NotAUrl,
    /// Neither http nor https.
    #[error("must begin with http:// or https://; the WebSocket URL is derived from it")]
    Scheme,
    /// A user name or password, which logs and pages would show.
    #[error("must not contain a user name or password")]
    Credentials,
    /// A query or fragment; the server adds its own query.
    #[error("must not contain a query or fragment")]
    Query,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_region_has_its_own_host_and_keeps_its_name() {
        let mut hosts = vec![ServiceUrl::of(None).to_string()];
        for region in Region::ALL {
            assert_eq!(region.name().parse(), Ok(region));
            hosts.push(ServiceUrl::of(Some(region)).to_string());
        }
        assert_eq!(
            hosts,
            [
                "https://streaming.assemblyai.com",
                "https://streaming.us.assemblyai.com",
                "https://streaming.eu.assemblyai.com",
            ]
        );
        assert_eq!("mars".parse::<Region>(), Err(RegionError));
    }

    #[test]
    fn the_socket_url_is_derived_from_the_base_url() {
        for (base, token, socket, origin) in [
            (
                "https://a.example",
                "https://a.example/v3/token",
                "wss://a.example/v3/ws",
                "wss://a.example",
            ),
            (
                "https://a.example:443/",
                "https://a.example/v3/token",
                "wss://a.example/v3/ws",
                "wss://a.example",
            ),
            (
                "http://127.0.0.1:8080",
                "http://127.0.0.1:8080/v3/token",
                "ws://127.0.0.1:8080/v3/ws",
                "ws://127.0.0.1:8080",
            ),
            (
                "http://[::1]:9/x/y/",
                "http://[::1]:9/x/y/v3/token",
                "ws://[::1]:9/x/y/v3/ws",
                "ws://[::1]:9",
            ),
        ] {
            let url: ServiceUrl = base
                .parse()
                .unwrap_or_else(|error| panic!("{base}: {error}"));
            assert_eq!(url.token_url(), token);
            assert_eq!(url.socket_url(), socket);
            assert_eq!(url.socket_origin(), origin);
        }
    }

    #[test]
    fn a_url_that_is_not_a_plain_base_url_is_refused() {
        for (text, error) in [
            ("streaming.assemblyai.com", ServiceUrlError::NotAUrl),
            ("wss://a.example", ServiceUrlError::Scheme),
            ("https://me:secret@a.example", ServiceUrlError::Credentials),
            ("https://a.example?x=1", ServiceUrlError::Query),
            ("https://a.example#x", ServiceUrlError::Query),
            ("https://*.example", ServiceUrlError::NotAUrl),
            ("https://", ServiceUrlError::NotAUrl),
        ] {
            assert_eq!(text.parse::<ServiceUrl>(), Err(error), "{text}");
        }
    }

    #[test]
    fn loopback_is_recognised_in_every_spelling() {
        for (text, loopback) in [
            ("http://localhost:8080", true),
            ("http://127.0.0.1", true),
            ("http://[::1]:80", true),
            ("https://[::1]", true),
            ("http://10.0.0.1:80", false),
            ("https://streaming.assemblyai.com", false),
        ] {
            assert_eq!(
                text.parse::<ServiceUrl>().map(|url| url.is_loopback()),
                Ok(loopback),
                "{text}"
            );
        }
    }
}
