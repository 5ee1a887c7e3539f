//! Checks of the service.

use std::time::{Duration, SystemTime};

use inturn_service::{ApiKey, ServiceClient, ServiceError, ServiceUrl, TokenRequest};
use reqwest::header::HeaderValue;
use tokio::net::{TcpStream, lookup_host};

use super::report::{CheckReport, CheckResult, Issue};

/// Checks that the service can be reached, that the clocks agree, and that the service accepts the
/// key. Requests one token with the shortest lifetime and session. Nothing is billed for it.
///
/// `timeout` is that of one call.
pub async fn check_service(
    url: &ServiceUrl,
    key: &ApiKey,
    timeout: Duration,
    report: &mut CheckReport,
) {
    let client = match ServiceClient::new(url, key) {
        Ok(client) => client,
        Err(error) => {
            let message = format!("This machine can't make TLS connections: {error}.");
            let remedy = "Install the system's certificates, or set SSL_CERT_FILE.";
            return report.add("service", Err(Issue::new(message, remedy)));
        }
    };
    let sent = SystemTime::now();
    let probed = client.probe(timeout).await;
    let took = SystemTime::now().duration_since(sent).unwrap_or_default();
    match probed {
        Err(error) => {
            let issue = unreachable(url, &error).await;
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
