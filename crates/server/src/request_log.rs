//! One line for each request, and an id on every line that belongs to it.

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
    caller::{Caller, one},
    route_table::Route,
    state::AppState,
    token::HandedOut,
};

/// The line that is logged of a request once its response is ready to be sent; it is counted then, too.
///
/// The path goes without its query, which may hold a token. Probes are logged at debug level, since
/// they are many and say nothing. A request that got a token has the line of an audit in place of
/// the common one; who asked is in no other.
pub(crate) struct RequestLine {
    started: Instant,
    method: String,
    path: String,
    route: &'static Route,
    address: Option<IpAddr>,
    id: HeaderValue,
}

impl RequestLine {
    /// A request has come.
    pub(crate) fn begin(route: &'static Route, request: &Request) -> Self {
        let caller = request.extensions().get::<Caller>();
        let id = told_id(caller, request.headers()).unwrap_or_else(made_id);
        Self {
            started: Instant::now(),
            method: shortened(request.method().as_str(), MAX_METHOD_CHARS),
            path: shortened(request.uri().path(), MAX_PATH_CHARS),
            route,
            address: caller.map(|caller| caller.address),
            id,
        }
    }

    /// What every line of this request stands in, this one among them.
    pub(crate) fn span(&self) -> Span {
        let id = self.id.to_str().unwrap_or_default();
        // At the highest level, so that no filter that lets a line pass takes its id away.
        tracing::error_span!(target: TARGET, "request", id)
    }

    /// The response is ready.
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

/// The id that a trusted proxy gave, if it is a plain one. `SetRequestIdLayer` of tower-http would take any
/// that any client sends.
fn told_id(caller: Option<&Caller>, headers: &HeaderMap) -> Option<HeaderValue> {
    caller.filter(|caller| caller.through_proxy)?;
    let told = one(headers, &X_REQUEST_ID)?;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:/+=".contains(&byte);
    if told.is_empty() || told.len() > MAX_ID_BYTES || !told.bytes().all(is_plain) {
        return None;
    }
    headers.get(X_REQUEST_ID).cloned()
}

/// An id of our own, a random UUID.
fn made_id() -> HeaderValue {
    let id = rand::generate(&SystemRandom::new())
        .ok()
        .and_then(|random| {
            let id = Builder::from_random_bytes(random.expose()).into_uuid();
            HeaderValue::try_from(id.to_string()).ok()
        });
    // A machine without random bytes has lines without an id, and answers all the same.
    id.unwrap_or(HeaderValue::from_static("0"))
}

/// Methods and paths are the client's to choose; the length of a line is not.
fn shortened(text: &str, max_chars: usize) -> String {
    match text.char_indices().nth(max_chars) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// The module that filters know request lines by.
const TARGET: &str = "inturn_server::request";

/// The module that filters know the lines of tokens by: who got one, from where, for how long.
const AUDIT: &str = "inturn_server::audit";

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The longest registered one, `UPDATEREDIRECTREF`, has 17.
/// <https://www.iana.org/assignments/http-methods>
const MAX_METHOD_CHARS: usize = 20;

/// Our own paths have under sixty characters.
const MAX_PATH_CHARS: usize = 200;

/// Four times a UUID, which is what most proxies send.
const MAX_ID_BYTES: usize = 128;

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn made_ids_are_all_different_and_plain() {
        let ids: HashSet<_> = (0..10_000).map(|_| made_id()).collect();
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
