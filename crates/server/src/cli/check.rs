//! `inturn check`: checks everything the server needs, one line for each check.

use std::{
    borrow::Cow,
    fmt,
    time::{Duration, SystemTime},
};

use axum::http::HeaderValue;
use inturn_service::{ServiceClient, ServiceError, ServiceUrl, TokenRequest};
use inturn_settings::DotenvFile;
use tokio::net::{TcpStream, lookup_host};

use crate::{
    access::Access,
    caller::consequence,
    config::{AuthMode, Config, ConfigWarning},
    files::{ClientFiles, Index},
    limits::{Limits, WorstCase},
    metrics::SignInCounts,
    upstream::LocalUpstream,
};

/// Checks everything the server needs, and calls the service as the server would.
///
/// Requests one token with the shortest lifetime and session. Nothing is billed for it.
pub async fn check(mut config: Config) -> CheckReport {
    let mut report = CheckReport::default();
    report.add("configuration", configuration(&mut config));
    for ConfigWarning {
        what,
        message,
        remedy,
    } in config.warnings()
    {
        report.add(what, Err(Issue::new(message, remedy).warning()));
    }
    if let Some(dotenv) = &config.dotenv {
        report.add("dotenv", self::dotenv(dotenv));
    }
    if let Some(result) = proxy(&config) {
        report.add("proxy", result);
    }
    report.add("session", session(&config));
    report.add("idle", Ok(idle(&config)));
    report.add("storage", Ok(storage(&config).to_owned()));
    report.add("page", page(&config).await);
    if config.limits.limits_redis.is_some() {
        report.add("limits", limits(&config).await);
    }
    if config.local.local_service || config.key.is_none() {
        report.add("key", key(&config));
        report.add("local service", local_service(&config));
    } else {
        let cost = config.cost.session_cost();
        let cost = WorstCase::of(&config.limits, &config.session, cost);
        report.add("cost", Ok(cost.to_string()));
        service(&config, &mut report).await;
    }
    report
}

/// The results of all checks. `Display` prints one line for each.
#[derive(Debug, Default)]
pub struct CheckReport(Vec<Line>);

#[derive(Debug)]
struct Line {
    what: &'static str,
    result: CheckResult,
}

/// A description of what was checked, or what is wrong and what to do.
type CheckResult = Result<String, Issue>;

#[derive(Debug)]
struct Issue {
    message: String,
    remedy: Cow<'static, str>,
    /// Whether the server works despite the issue.
    is_warning: bool,
}

impl Issue {
    fn new(message: impl fmt::Display, remedy: impl Into<Cow<'static, str>>) -> Self {
        Self {
            message: message.to_string(),
            remedy: remedy.into(),
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

impl CheckReport {
    /// Whether no check failed. Warnings are not failures.
    pub fn is_ok(&self) -> bool {
        let mut results = self.0.iter().map(|line| line.result.as_ref());
        results.all(|result| result.map_or_else(|issue| issue.is_warning, |_| true))
    }

    fn add(&mut self, what: &'static str, result: CheckResult) {
        self.0.push(Line { what, result });
    }
}

impl fmt::Display for CheckReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Line { what, result } in &self.0 {
            match result {
                Ok(description) => writeln!(f, "ok      {what:<13}  {description}")?,
                Err(Issue {
                    message,
                    remedy,
                    is_warning,
                }) => {
                    let gap = if remedy.is_empty() { "" } else { " " };
                    let word = if *is_warning { "warning" } else { "FAILED " };
                    writeln!(f, "{word} {what:<13}  {message}{gap}{remedy}")?;
                }
            }
        }
        Ok(())
    }
}

fn configuration(config: &mut Config) -> CheckResult {
    // These messages already say what to do.
    config
        .read_secrets()
        .map_err(|error| Issue::new(error, ""))?;
    Access::new(config, &SignInCounts::default()).map_err(|error| Issue::new(error, ""))?;
    config
        .limits
        .check_budget(&config.session)
        .map_err(|error| Issue::new(error, ""))?;
    let who = match config.access.auth {
        AuthMode::Loopback => "only this machine",
        AuthMode::Proxy => "people that the proxy identifies",
        AuthMode::Password => "people who know the passphrase",
        AuthMode::Open => "everyone",
    };
    Ok(format!(
        "{who} can record; the server would listen on {}",
        config.listen.listen
    ))
}

fn dotenv(file: &DotenvFile) -> CheckResult {
    let path = file.path.display();
    match file.ignored() {
        None => Ok(format!("variables are read from {path}")),
        Some(lines) => Err(Issue::new(
            format_args!("{path} has lines that are not NAME=value and are ignored: {lines}."),
            "Fix those lines, or make them comments.",
        )
        .warning()),
    }
}

fn session(config: &Config) -> CheckResult {
    // The message already says what to do.
    config
        .session
        .parameters()
        .map_err(|error| Issue::new(format_args!("--session-parameter {error}."), ""))?;
    let model = config.session.model();
    Ok(match config.session.extra_parameters()[..] {
        [] => format!("asks for {model}"),
        ref extra => format!("asks for {model}, with {}", extra.join(", ")),
    })
}

/// Describes what happens to a forgotten recording.
fn idle(config: &Config) -> String {
    match config.cost.idle_minutes {
        0 => "off: a session without words continues to its maximum duration".to_owned(),
        1 => "the page ends a session after a minute without a word".to_owned(),
        minutes => format!("the page ends a session after {minutes} minutes without a word"),
    }
}

/// Describes where transcripts are stored.
fn storage(config: &Config) -> &'static str {
    if config.storage.store_transcripts {
        "the page stores transcripts on people's devices"
    } else {
        "off: the page stores no transcripts, and deletes those that it stored"
    }
}

/// Checks that `--trusted-proxy` is set in the modes where it is optional.
///
/// Only a request can show whether a proxy exists. The server logs a warning at the first request
/// through an untrusted one.
fn proxy(config: &Config) -> Option<CheckResult> {
    let consequence = match config.access.auth {
        // `proxy` requires the flag, and `loopback` accepts no proxy.
        AuthMode::Proxy | AuthMode::Loopback => return None,
        AuthMode::Password | AuthMode::Open => consequence(config.access.auth)?,
    };
    let trusted = &config.access.trusted_proxy;
    if trusted.is_empty() {
        let message = format!(
            "--trusted-proxy is not set. If people use a proxy, {consequence}, and the server does \
             not know that they use https."
        );
        let remedy = "Set it to the address that your proxy connects from, such as 127.0.0.1.";
        return Some(Err(Issue::new(message, remedy).warning()));
    }
    let count = trusted.len();
    Some(Ok(format!(
        "{count} addresses or networks are trusted proxies"
    )))
}

async fn page(config: &Config) -> CheckResult {
    let files = ClientFiles::new(config.listen.client_dir.as_deref());
    if let Some(dir) = files.folder_without_page() {
        return Err(Issue::new(
            format_args!("There is no index.html in {}.", dir.display()),
            "Run `cargo xtask serve`, which builds it, or set --client-dir to its folder.",
        ));
    }
    let (text, source) = match files.index() {
        Index::File(path) => {
            let text = tokio::fs::read_to_string(&path).await;
            let text = text.map_err(|error| {
                let message = format!("{} can't be read: {error}.", path.display());
                Issue::new(message, "Build the page again.")
            })?;
            (text, path.display().to_string())
        }
        Index::Text(text) => (text, "built into this program".to_owned()),
    };
    // Under a prefix, an absolute path leads to another application.
    if ["src=\"/", "href=\"/", "from '/", "from \"/"]
        .iter()
        .any(|absolute| text.contains(absolute))
    {
        return Err(Issue::new(
            "The page contains absolute paths, which do not work under a prefix.",
            "Build it with `cargo xtask`, which writes relative paths.",
        ));
    }
    Ok(format!(
        "{source}; served under {}, with relative URLs",
        config.listen.base_path
    ))
}

async fn limits(config: &Config) -> CheckResult {
    let remedy = "Start it, or check --limits-redis: the address, the password, and whether that \
                  user may write.";
    let limits =
        Limits::new(&config.limits, &config.session).map_err(|error| Issue::new(error, remedy))?;
    limits.connect().await;
    if limits.redis_is_unavailable() {
        return Err(Issue::new(
            "Redis can't be reached, or it rejects commands.",
            remedy,
        ));
    }
    Ok("shared through Redis, which can be reached".to_owned())
}

fn key(config: &Config) -> CheckResult {
    if config.local.local_service {
        return Ok("not used, because of --local-service".to_owned());
    }
    if config.access.auth == AuthMode::Loopback {
        return Ok("not set: the server would use the local service".to_owned());
    }
    Err(Issue::new(
        "There is no API key.",
        "Set ASSEMBLYAI_API_KEY_FILE or ASSEMBLYAI_API_KEY, or use the local service with \
         --local-service.",
    ))
}

fn local_service(config: &Config) -> CheckResult {
    match LocalUpstream::new(config) {
        Ok(local) => match local.advice() {
            None => Ok(local.description()),
            Some(advice) => {
                let message = format!("{}. {}.", local.description(), advice.reason);
                Err(Issue::new(message, advice.remedy).warning())
            }
        },
        Err(error) => Err(Issue::new(
            format_args!("The local service can't start: {error}."),
            error.remedy().to_owned(),
        )),
    }
}

async fn service(config: &Config, report: &mut CheckReport) {
    let url = config.service.url();
    let Some(key) = &config.key else { return };
    let client = match ServiceClient::new(&url, key) {
        Ok(client) => client,
        Err(error) => {
            let message = format!("This machine can't make TLS connections: {error}.");
            let remedy = "Install the system's certificates, or set SSL_CERT_FILE.";
            return report.add("service", Err(Issue::new(message, remedy)));
        }
    };
    let timeout = config.service.upstream_timeout();
    let sent = SystemTime::now();
    let probed = client.probe(timeout).await;
    let took = SystemTime::now().duration_since(sent).unwrap_or_default();
    match probed {
        Err(error) => {
            let issue = unreachable(&url, &error).await;
            return report.add("service", Err(issue));
        }
        Ok(date) => {
            let description = format!("{url} answered in {} ms", took.as_millis());
            report.add("service", Ok(description));
            report.add("clock", clock(date.as_ref(), sent + took / 2));
        }
    }
    let shortest = TokenRequest {
        expires_in_seconds: 1,
        max_session_duration_seconds: 60,
    };
    report.add(
        "key",
        match client.mint(&shortest, timeout).await {
            Ok(_) => Ok("the service accepted it and returned a token".to_owned()),
            Err(error) => Err(token_refused(&error)),
        },
    );
}

/// Finds out why the service can't be reached: a proxy, DNS, TCP, TLS or HTTP.
async fn unreachable(service: &ServiceUrl, error: &ServiceError) -> Issue {
    let proxies = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
    let uses_proxy = proxies.iter().any(|name| std::env::var_os(name).is_some());
    if uses_proxy && !service.is_loopback() {
        return Issue::new(
            format_args!("{service} can't be reached through the proxy in HTTPS_PROXY: {error}."),
            "Ask the operator of that proxy, or add the service to NO_PROXY.",
        );
    }
    let authority = service.authority();
    let has_port = authority
        .rsplit_once(':')
        .is_some_and(|(_, port)| port.parse::<u16>().is_ok());
    let address = match (has_port, service.is_secure()) {
        (true, _) => authority.to_owned(),
        (false, true) => format!("{authority}:443"),
        (false, false) => format!("{authority}:80"),
    };
    let resolved = tokio::time::timeout(STEP_TIMEOUT, lookup_host(&address)).await;
    if !matches!(resolved, Ok(Ok(_))) {
        return Issue::new(
            format_args!("DNS: the host name in {service} can't be resolved."),
            "Check this machine's name server, and --region or --service-url.",
        );
    }
    let connected = tokio::time::timeout(STEP_TIMEOUT, TcpStream::connect(&address)).await;
    if !matches!(connected, Ok(Ok(_))) {
        return Issue::new(
            format_args!("TCP: {address} accepts no connection."),
            "Allow this machine to reach it through the firewall, or set HTTPS_PROXY.",
        );
    }
    if service.is_secure() {
        return Issue::new(
            format_args!("TLS: the handshake with {address} fails: {error}."),
            "Behind a proxy that intercepts TLS, set SSL_CERT_FILE to its certificates. Otherwise \
             check this machine's clock.",
        );
    }
    Issue::new(
        format_args!("HTTP: {address} accepts a connection but does not answer: {error}."),
        "Check --service-url.",
    )
}

/// Compares this machine's clock with the `Date` of the service's response.
fn clock(date: Option<&HeaderValue>, ours: SystemTime) -> CheckResult {
    let theirs = date
        .and_then(|date| date.to_str().ok())
        .and_then(|date| httpdate::parse_http_date(date).ok());
    let Some(theirs) = theirs else {
        return Ok("not checked: the service's response has no Date".to_owned());
    };
    let (difference, direction) = match ours.duration_since(theirs) {
        Ok(fast) => (fast, "fast"),
        Err(slow) => (slow.duration(), "slow"),
    };
    if difference > MAX_CLOCK_ERROR {
        return Err(Issue::new(
            format_args!(
                "This machine's clock is {} s {direction} compared with the service's.",
                difference.as_secs()
            ),
            "Synchronise it with NTP.",
        ));
    }
    Ok("within a minute of the service's clock".to_owned())
}

/// Describes why the service gave no token, and what to do.
fn token_refused(error: &ServiceError) -> Issue {
    let remedy = match error {
        ServiceError::KeyRefused => {
            "Set a valid one; keys of other regions or accounts don't work."
        }
        ServiceError::PaymentRequired => "Check the account's billing.",
        ServiceError::AccountForbidden => {
            "Ask the service: it may block the account's plan or this network."
        }
        ServiceError::RateLimited { .. } => "The account's limit is reached: wait, or raise it.",
        ServiceError::Failed { .. } => "Check the service's status page.",
        ServiceError::RequestRefused { .. } | ServiceError::InvalidReply(_) => {
            "Check --service-url."
        }
        ServiceError::Unreachable { .. } | ServiceError::TimedOut => "Try again.",
    };
    let cause = error.to_string();
    let mut letters = cause.chars();
    let first = letters.next().map(|it| it.to_ascii_uppercase());
    let sentence: String = first.into_iter().chain(letters).chain(['.']).collect();
    Issue::new(sentence, remedy)
}

/// Timeout of one diagnostic step in [`unreachable`].
const STEP_TIMEOUT: Duration = Duration::from_secs(3);

/// Certificates and tokens tolerate more, but a clock that is a minute off keeps drifting.
const MAX_CLOCK_ERROR: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_can_be_a_minute_off() {
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
