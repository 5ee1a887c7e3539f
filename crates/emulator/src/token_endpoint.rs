//! The token endpoint, `GET /v3/token`.

use axum::{
    Extension, Json,
    extract::{RawQuery, State},
    http::{
        HeaderMap, StatusCode,
        header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER},
    },
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use crate::{faults::Fault, owners::TokenOwner, service::Service, tokens::TokenGrant};

/// Answers a token request after the configured delay.
pub(crate) async fn handle(
    State(service): State<Service>,
    owner: Option<Extension<TokenOwner>>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    if let Some(fault) = service.faults.next_request() {
        return simulate_fault(&service, fault).await;
    }
    let received = service.clock.now();
    let owner = owner.map(|Extension(owner)| owner);
    let query = query.unwrap_or_default();
    let response = respond(&service, owner, &headers, &query);
    let delay = if response.status().is_success() {
        service.delays.token
    } else {
        service.delays.token_refusal
    };
    tokio::select! {
        () = service.clock.sleep_until(Some(received + delay)) => {}
        () = service.stopping() => {}
    }
    response
}

fn respond(
    service: &Service,
    owner: Option<TokenOwner>,
    headers: &HeaderMap,
    query: &str,
) -> Response {
    let mut problems = Vec::new();
    let key = match headers.get(AUTHORIZATION) {
        Some(value) => Some(value.to_str().unwrap_or_default()),
        None => {
            problems.push(
                json!({ "type": "missing", "loc": ["header", "authorization"],
                "msg": "Field required", "input": null }),
            );
            None
        }
    };
    let window_secs = IntegerParameter {
        name: "expires_in_seconds",
        min: 1,
        max: 600,
    }
    .parse(query, None, &mut problems);
    let longest = service.limits.max_session_secs;
    let session_secs = IntegerParameter {
        name: "max_session_duration_seconds",
        min: 60,
        max: 10_800,
    }
    .parse(query, Some(longest), &mut problems);
    let (Some(key), Some(window_secs), Some(session_secs)) = (key, window_secs, session_secs)
    else {
        return (
            StatusCode::UNPROCESSABLE_ENTITY,
            Json(json!({ "detail": problems })),
        )
            .into_response();
    };
    // Unlike the socket, this endpoint accepts the key with or without `Bearer`.
    let key = key.strip_prefix("Bearer ").unwrap_or(key);
    if !service.is_key(key) {
        let body = json!({ "error": "Invalid API key" });
        return (StatusCode::UNAUTHORIZED, Json(body)).into_response();
    }
    let grant = TokenGrant {
        session_secs: session_secs.min(longest),
        owner,
    };
    let now = service.clock.now();
    match service.tokens.mint(now, window_secs, grant) {
        Ok(token) => {
            let body = json!({ "token": token, "expires_in_seconds": window_secs });
            ([(CACHE_CONTROL, "no-store")], Json(body)).into_response()
        }
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

async fn simulate_fault(service: &Service, fault: Fault) -> Response {
    match fault {
        Fault::TokenStatus {
            status,
            retry_after_seconds,
            error,
        } => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            let error =
                error.unwrap_or_else(|| status.canonical_reason().unwrap_or("Error").to_owned());
            let mut response = (status, Json(json!({ "error": error }))).into_response();
            if let Some(secs) = retry_after_seconds {
                response.headers_mut().insert(RETRY_AFTER, secs.into());
            }
            response
        }
        Fault::TokenNotJson {} => {
            ([(CONTENT_TYPE, "text/html")], "<html>not JSON</html>").into_response()
        }
        Fault::TokenHang {} => {
            // Ends when the client closes the connection or the emulator shuts down.
            service.stopping().await;
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
        _ => Json(json!({ "expires_in_seconds": 60 })).into_response(),
    }
}

/// An integer query parameter and its bounds.
struct IntegerParameter {
    name: &'static str,
    min: u32,
    max: u32,
}

impl IntegerParameter {
    /// Parses the parameter. On an error, adds it to `problems` in the form of the service's
    /// framework and returns `None`.
    fn parse(&self, query: &str, default: Option<u32>, problems: &mut Vec<Value>) -> Option<u32> {
        let loc = json!(["query", self.name]);
        let text = form_urlencoded::parse(query.as_bytes())
            .find(|(name, _)| name == self.name)
            .map(|(_, text)| text.into_owned());
        let Some(text) = text else {
            if default.is_none() {
                problems.push(
                    json!({ "type": "missing", "loc": loc, "msg": "Field required",
                    "input": null }),
                );
            }
            return default;
        };
        let Ok(number) = text.trim().parse::<i64>() else {
            problems.push(json!({ "type": "int_parsing", "loc": loc, "input": text,
                "msg": "Input should be a valid integer, unable to parse string as an integer" }));
            return None;
        };
        if number < i64::from(self.min) {
            problems.push(
                json!({ "type": "greater_than_equal", "loc": loc, "input": text,
                "msg": format!("Input should be greater than or equal to {}", self.min),
                "ctx": { "ge": self.min } }),
            );
            return None;
        }
        if number > i64::from(self.max) {
            problems.push(
                json!({ "type": "less_than_equal", "loc": loc, "input": text,
                "msg": format!("Input should be less than or equal to {}", self.max),
                "ctx": { "le": self.max } }),
            );
            return None;
        }
        u32::try_from(number).ok()
    }
}
