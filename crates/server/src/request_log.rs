//! The log line of each request, and the request id on all lines that belong to it.

use std::{net::IpAddr, time::Instant};

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderName, HeaderValue},
    response::Response,
};
use inturn_protocol::ErrorCode;
use ring::rand::{self, SystemRandom};
use tracing::Span;
use uuid::Builder;

use crate::{
    caller::{Caller, single_value},
    route_table::Route,
    state::AppState,
    token::HandedOut,
};

/// Logs and counts a request when its response is ready.
///
/// The path is logged without its query, which may contain a token. Probes are logged at debug
/// level, because they are frequent and not interesting. A request that got a token is logged as an
/// audit line instead; no other line contains the person's name.
pub(crate) struct RequestLine {
    started: Instant,
    method: String,
    path: String,
    route: &'static Route,
    address: Option<IpAddr>,
    id: HeaderValue,
}

impl RequestLine {
    /// Records the start of a request.
    pub(crate) fn begin(route: &'static Route, request: &Request) -> Self {
        let caller = request.extensions().get::<Caller>();
        let id = forwarded_id(caller, request.headers()).unwrap_or_else(new_id);
        Self {
            started: Instant::now(),
            method: shortened(request.method().as_str(), MAX_METHOD_CHARS),
            path: shortened(request.uri().path(), MAX_PATH_CHARS),
            route,
            address: caller.map(|caller| caller.address),
            id,
        }
    }

    /// The span for all lines of this request, including its own.
    pub(crate) fn span(&self) -> Span {
        let id = self.id.to_str().unwrap_or_default();
        // At the highest level, so that every line that passes the filter has the id.
        tracing::error_span!(target: TARGET, "request", id)
    }

    /// Logs and counts the request, and adds its id to the response.
    pub(crate) fn end(self, app: &AppState, response: &mut Response) {
        let Self {
            started,
            method,
            path,
            route,
            address,
            id,
        } = self;
        let status = response.status().as_u16();
        let code = response.extensions().get::<ErrorCode>();
        let code = code.map(|code| code.name());
        app.metrics().request(route, status, code);
        let ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        let address = address.map(tracing::field::display);
        let handed_out = response.extensions().get::<HandedOut>();
        if let Some(HandedOut { who, cap_seconds }) = handed_out {
            let who = who.as_deref().unwrap_or("-");
            tracing::info!(
                target: AUDIT,
                %method, path, status, ms, address, who, cap_seconds,
                "a token was handed out"
            );
        } else if route.is_probe {
            tracing::debug!(target: TARGET, %method, path, status, ms, address, code, "request");
        } else {
            tracing::info!(target: TARGET, %method, path, status, ms, address, code, "request");
        }
        response.headers_mut().insert(X_REQUEST_ID, id);
    }
}

/// Returns the id sent by a trusted proxy, if it is plain. `SetRequestIdLayer` of tower-http would
/// accept the id of any client.
fn forwarded_id(caller: Option<&Caller>, headers: &HeaderMap) -> Option<HeaderValue> {
    caller.filter(|caller| caller.through_proxy)?;
    let id = single_value(headers, &X_REQUEST_ID)?;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:/+=".contains(&byte);
    if id.is_empty() || id.len() > MAX_ID_BYTES || !id.bytes().all(is_plain) {
        return None;
    }
    headers.get(X_REQUEST_ID).cloned()
}

/// Generates a random UUID.
fn new_id() -> HeaderValue {
    let id = rand::generate(&SystemRandom::new())
        .ok()
        .and_then(|random| {
            let id = Builder::from_random_bytes(random.expose()).into_uuid();
            HeaderValue::try_from(id.to_string()).ok()
        });
    // If the system can't provide random bytes, requests are served with the id 0.
    id.unwrap_or(HeaderValue::from_static("0"))
}

/// Truncates text from the client, so that it can't make log lines long.
fn shortened(text: &str, max_chars: usize) -> String {
    match text.char_indices().nth(max_chars) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// The target of request lines, for log filters.
const TARGET: &str = "inturn_server::request";

/// The target of audit lines, for log filters: who got a token, from which address, for how long.
const AUDIT: &str = "inturn_server::audit";

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The longest registered method, `UPDATEREDIRECTREF`, has 17.
/// <https://www.iana.org/assignments/http-methods>
const MAX_METHOD_CHARS: usize = 20;

/// Our own paths have fewer than sixty characters.
const MAX_PATH_CHARS: usize = 200;

/// More than three times the length of a UUID, which most proxies send.
const MAX_ID_BYTES: usize = 128;

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn new_ids_are_unique_uuids() {
        let ids: HashSet<_> = (0..10_000).map(|_| new_id()).collect();
        assert_eq!(ids.len(), 10_000);
        for id in ids {
            let id = id.to_str().expect("text");
            assert!(
                uuid::Uuid::parse_str(id).is_ok_and(|it| it.get_version_num() == 4),
                "{id}"
            );
        }
    }
}
