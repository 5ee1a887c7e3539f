//! `inturn check`: what must be so for the server to be of use, a line each.

use std::{
    fmt,
    time::{Duration, SystemTime},
};

use axum::http::HeaderValue;
use inturn_service::{ServiceClient, ServiceError, ServiceUrl, TokenRequest};
use tokio::net::{TcpStream, lookup_host};

use crate::{
    access::Access,
    caller::consequence,
    config::{AuthMode, Caution, Config, DotenvFile},
    files::{ClientFiles, Index},
    limits::{Limits, WorstCase},
    metrics::SignInCounts,
    upstream::LocalUpstream,
};

/// Looks at everything that the server needs, and calls the service as the server would.
///
/// One token is asked for, of the shortest life and session there are; nothing is billed for it.
pub async fn check(mut config: Config) -> Report {
    let mut report = Report::default();
    report.note("configuration", configuration(&mut config));
    for Caution {
        what,
        sentence,
        remedy,
    } in config.cautions()
    {
        report.note(what, Err(Trouble::new(sentence, remedy).warning()));
    }
    if let Some(dotenv) = &config.dotenv {
        report.note("dotenv", self::dotenv(dotenv));
    }
    if let Some(found) = proxy(&config) {
        report.note("proxy", found);
    }
    report.note("session", session(&config));
    report.note("page", page(&config).await);
    if config.limits.limits_redis.is_some() {
        report.note("limits", limits(&config).await);
    }
    if config.local.local_service || config.key.is_none() {
        report.note("key", key(&config));
        report.note("local service", local_service(&config));
    } else {
        let cost = WorstCase::of(&config.limits, &config.session);
        report.note("cost", Ok(cost.to_string()));
        service(&config, &mut report).await;
    }
    report
}

/// What was found.
#[derive(Debug, Default)]
pub struct Report(Vec<Line>);

#[derive(Debug)]
struct Line {
    what: &'static str,
    found: Found,
}

/// What is so, or what is not, and what to do about it.
type Found = Result<String, Trouble>;

#[derive(Debug)]
struct Trouble {
    sentence: String,
    remedy: &'static str,
    /// Whether the server can be of use all the same.
    is_warning: bool,
}

impl Trouble {
    fn new(sentence: impl fmt::Display, remedy: &'static str) -> Self {
        Self {
            sentence: sentence.to_string(),
            remedy,
            is_warning: false,
        }
    }

    fn warning(self) -> Self {
        Self {
            is_warning: true,
            ..self
        }
    }
}

impl Report {
    /// Whether all is as it must be.
    pub fn is_good(&self) -> bool {
        let mut found = self.0.iter().map(|line| line.found.as_ref());
        found.all(|found| found.map_or_else(|trouble| trouble.is_warning, |_| true))
    }

    fn note(&mut self, what: &'static str, found: Found) {
        self.0.push(Line { what, found });
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Line { what, found } in &self.0 {
            match found {
                Ok(found) => writeln!(f, "ok      {what:<13}  {found}")?,
                Err(Trouble {
                    sentence,
                    remedy,
                    is_warning,
                }) => {
                    let gap = if remedy.is_empty() { "" } else { " " };
                    let word = if *is_warning { "warning" } else { "FAILED " };
                    writeln!(f, "{word} {what:<13}  {sentence}{gap}{remedy}")?;
                }
            }
        }
        Ok(())
    }
}

fn configuration(config: &mut Config) -> Found {
    // These sentences say what to do.
    config
        .read_secrets()
        .map_err(|error| Trouble::new(error, ""))?;
    Access::new(config, &SignInCounts::default()).map_err(|error| Trouble::new(error, ""))?;
    config
        .limits
        .check_budget(&config.session)
        .map_err(|error| Trouble::new(error, ""))?;
    let who = match config.access.auth {
        AuthMode::Loopback => "this machine",
        AuthMode::Proxy => "whom the proxy names",
        AuthMode::Password => "whoever knows the passphrase",
        AuthMode::Open => "everybody",
    };
    Ok(format!(
        "{who} may record; the server would listen on {}",
        config.listen.listen
    ))
}

fn dotenv(file: &DotenvFile) -> Found {
    let path = file.path.display();
    match file.ignored() {
        None => Ok(format!("variables are read from {path}")),
        Some(lines) => Err(Trouble::new(
            format_args!("{path} is read, but for what is not NAME=value in lines {lines}."),
            "Mend those lines, or make them comments.",
        )
        .warning()),
    }
}

fn session(config: &Config) -> Found {
    // The sentence says what to do.
    config
        .session
        .parameters()
        .map_err(|error| Trouble::new(format_args!("--session-parameter {error}."), ""))?;
    let model = config.session.model();
    Ok(match config.session.more_parameters()[..] {
        [] => format!("asks for {model}"),
        ref more => format!("asks for {model}, with {}", more.join(", ")),
    })
}

/// Whether a proxy would be believed. Whether there is one, only requests show: the server says so at the
/// first that comes through one.
fn proxy(config: &Config) -> Option<Found> {
    let consequence = match config.access.auth {
        // These can't do without, or take none.
        AuthMode::Proxy | AuthMode::Loopback => return None,
        AuthMode::Password | AuthMode::Open => consequence(config.access.auth)?,
    };
    let trusted = &config.access.trusted_proxy;
    if trusted.is_empty() {
        let sentence = format!(
            "No --trusted-proxy is named. If people come through a proxy, {consequence}, and the server does not \
             know that they come by https."
        );
        let remedy = "Name the address that your proxy calls from, such as 127.0.0.1.";
        return Some(Err(Trouble::new(sentence, remedy).warning()));
    }
    let count = trusted.len();
    Some(Ok(format!(
        "{count} addresses or networks are trusted proxies"
    )))
}

async fn page(config: &Config) -> Found {
    let files = ClientFiles::new(config.listen.client_dir.as_deref());
    if let Some(dir) = files.unbuilt() {
        return Err(Trouble::new(
            format_args!("There is no index.html in {}.", dir.display()),
            "Run `cargo xtask serve`, which builds it, or name its folder with --client-dir.",
        ));
    }
    let (text, place) = match files.index() {
        Index::File(path) => {
            let text = tokio::fs::read_to_string(&path).await;
            let text = text.map_err(|error| {
                let sentence = format!("{} can't be read: {error}.", path.display());
                Trouble::new(sentence, "Build the page again.")
            })?;
            (text, path.display().to_string())
        }
        Index::Text(text) => (text, "built into this program".to_owned()),
    };
    // Below a prefix an absolute address leads to somebody else.
    if ["src=\"/", "href=\"/", "from '/", "from \"/"]
        .iter()
        .any(|absolute| text.contains(absolute))
    {
        return Err(Trouble::new(
            "The page names absolute paths, which lead elsewhere below a prefix.",
            "Build it with `cargo xtask`, or with Trunk's public_url = \"./\".",
        ));
    }
    Ok(format!(
        "{place}; served below {}, by relative addresses",
        config.listen.base_path
    ))
}

async fn limits(config: &Config) -> Found {
    let remedy = "Start it, or check --limits-redis: its address, its password, and whether it may be \
                  written to.";
    let limits = Limits::new(&config.limits, &config.session)
        .map_err(|error| Trouble::new(error, remedy))?;
    limits.connect().await;
    if limits.redis_is_away() {
        return Err(Trouble::new("Redis does not answer as it should.", remedy));
    }
    Ok("shared through Redis, which answers".to_owned())
}

fn key(config: &Config) -> Found {
    if config.local.local_service {
        return Ok("not used: --local-service asks for the local one".to_owned());
    }
    if config.access.auth == AuthMode::Loopback {
        return Ok("there is none: the local service stands in".to_owned());
    }
    Err(Trouble::new(
        "There is no API key.",
        "Set ASSEMBLYAI_API_KEY_FILE or ASSEMBLYAI_API_KEY, or ask for the local service with \
         --local-service.",
    ))
}

fn local_service(config: &Config) -> Found {
    match LocalUpstream::new(config) {
        Ok(local) => Ok(format!("it would hear with {:?}", local.recogniser())),
        Err(error) => Err(Trouble::new(
            format_args!("It can't stand in: {error}."),
            "Install the recogniser, or choose --recogniser script.",
        )),
    }
}

async fn service(config: &Config, report: &mut Report) {
    let url = config.service.url();
    let Some(key) = &config.key else { return };
    let client = match ServiceClient::new(&url, key) {
        Ok(client) => client,
        Err(error) => {
            let sentence = format!("No calls can be made from this machine: {error}.");
            let remedy = "Install the system's certificates, or name them with SSL_CERT_FILE.";
            return report.note("service", Err(Trouble::new(sentence, remedy)));
        }
    };
    let patience = config.service.upstream_timeout();
    let asked = SystemTime::now();
    let seen = client.probe(patience).await;
    let answered = SystemTime::now();
    let took = answered.duration_since(asked).unwrap_or_default();
    match seen {
        Err(error) => {
            let trouble = unreachable(&url, &error).await;
            return report.note("service", Err(trouble));
        }
        Ok(date) => {
            let found = format!("{url} answers, in {} ms", took.as_millis());
            report.note("service", Ok(found));
            report.note("clock", clock(date.as_ref(), asked + took / 2));
        }
    }
    let shortest = TokenRequest {
        expires_in_seconds: 1,
        max_session_duration_seconds: 60,
    };
    report.note(
        "key",
        match client.mint(&shortest, patience).await {
            Ok(_) => Ok("the service takes it and gives a token".to_owned()),
            Err(error) => Err(refused(&error)),
        },
    );
}

/// Why the service does not answer: its name, the way to it, or its certificate.
async fn unreachable(service: &ServiceUrl, error: &ServiceError) -> Trouble {
    let proxies = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
    let by_proxy = proxies.iter().any(|name| std::env::var_os(name).is_some());
    if by_proxy && !service.is_loopback() {
        return Trouble::new(
            format_args!("{service} does not answer by way of the proxy in HTTPS_PROXY: {error}."),
            "Ask whoever runs that proxy, or name the service in NO_PROXY.",
        );
    }
    let authority = service.authority();
    let has_port = authority
        .rsplit_once(':')
        .is_some_and(|(_, port)| port.parse::<u16>().is_ok());
    let place = match (has_port, service.is_secure()) {
        (true, _) => authority.to_owned(),
        (false, true) => format!("{authority}:443"),
        (false, false) => format!("{authority}:80"),
    };
    let named = tokio::time::timeout(STEP_TIMEOUT, lookup_host(&place)).await;
    if !matches!(named, Ok(Ok(_))) {
        return Trouble::new(
            format_args!("DNS: nobody knows the name in {service}."),
            "Check the name server of this machine, and --region or --service-url.",
        );
    }
    let connected = tokio::time::timeout(STEP_TIMEOUT, TcpStream::connect(&place)).await;
    if !matches!(connected, Ok(Ok(_))) {
        return Trouble::new(
            format_args!("TCP: {place} takes no connection."),
            "Let this machine out to it through the firewall, or set HTTPS_PROXY.",
        );
    }
    if service.is_secure() {
        return Trouble::new(
            format_args!("TLS: {place} takes a connection, but none that is encrypted: {error}."),
            "Behind a proxy that looks into TLS, name its certificates with SSL_CERT_FILE; otherwise \
             check the clock of this machine.",
        );
    }
    Trouble::new(
        format_args!("HTTP: {place} takes a connection and does not answer: {error}."),
        "Check --service-url.",
    )
}

/// Whether our clock is that of the service, by the `Date` of its answer.
fn clock(date: Option<&HeaderValue>, ours: SystemTime) -> Found {
    let theirs = date
        .and_then(|date| date.to_str().ok())
        .and_then(|date| httpdate::parse_http_date(date).ok());
    let Some(theirs) = theirs else {
        return Ok("not compared: the service tells no time".to_owned());
    };
    let (off, side) = match ours.duration_since(theirs) {
        Ok(fast) => (fast, "fast"),
        Err(slow) => (slow.duration(), "slow"),
    };
    if off > MAX_CLOCK_ERROR {
        return Err(Trouble::new(
            format_args!(
                "This machine's clock is {} s {side}, by the service's.",
                off.as_secs()
            ),
            "Have it set by NTP.",
        ));
    }
    Ok("within a minute of the service's".to_owned())
}

fn refused(error: &ServiceError) -> Trouble {
    let remedy = match error {
        ServiceError::KeyRefused => {
            "Set a valid one; keys of other regions or accounts don't count."
        }
        ServiceError::PaymentRequired => "Look at the account's billing.",
        ServiceError::AccountForbidden => {
            "Ask the service: the account's plan, or this network, is barred."
        }
        ServiceError::RateLimited { .. } => "The account's limit is reached: wait, or enlarge it.",
        ServiceError::Failed { .. } => "Look at the service's status page.",
        ServiceError::RequestRefused { .. } | ServiceError::InvalidReply(_) => {
            "Check --service-url."
        }
        ServiceError::Unreachable { .. } | ServiceError::TimedOut => "Try again.",
    };
    let sentence = error.to_string();
    let mut letters = sentence.chars();
    let first = letters.next().map(|it| it.to_ascii_uppercase());
    let sentence: String = first.into_iter().chain(letters).chain(['.']).collect();
    Trouble::new(sentence, remedy)
}

/// For one step of finding out why the service can't be reached.
const STEP_TIMEOUT: Duration = Duration::from_secs(3);

/// Certificates and tokens hold for longer than that, but what is a minute off today is an hour off in a
/// year.
const MAX_CLOCK_ERROR: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_may_be_a_minute_off() {
        let date = HeaderValue::from_static("Mon, 12 Jan 1970 13:46:40 GMT");
        let theirs = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000);
        let minute = Duration::from_secs(60);
        for (ours, is_good) in [
            (theirs, true),
            (theirs + minute, true),
            (theirs - minute, true),
            (theirs + minute * 2, false),
            (theirs - minute * 2, false),
        ] {
            assert_eq!(clock(Some(&date), ours).is_ok(), is_good, "{ours:?}");
        }
        let odd = HeaderValue::from_static("yesterday");
        assert!(clock(Some(&odd), theirs).is_ok() && clock(None, theirs).is_ok());
    }
}
