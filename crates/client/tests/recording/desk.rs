//! A stand-in for an Inturn server below a prefix, whose sessions are short, and which notes what
//! it is asked for.

use std::sync::{Arc, Mutex};

use axum::{
    Json, Router,
    extract::{Path, Query, Request, State},
    http::{HeaderMap, StatusCode, header},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use inturn_client::{
    protocol::{BeginReport, PAGE_HOST_HEADER, TokenReply},
    rustls::ClientConfig,
    service::{ApiKey, CALL_TIMEOUT, ServiceClient, ServiceUrl, Tls, TokenRequest},
};
use inturn_testkit::secrets::KEY;
use serde::Deserialize;

/// The server's state, which its handlers and the test share.
#[derive(Clone)]
pub(crate) struct Desk(Arc<Inner>);

struct Inner {
    service: ServiceClient,
    websocket_url: String,
    max_session_secs: u32,
    noted: Mutex<Vec<String>>,
}

impl Desk {
    /// A server that mints tokens at `service`, and whose sessions are at `websocket_url`.
    pub(crate) fn new(
        service: &str,
        tls: Arc<ClientConfig>,
        websocket_url: &str,
        max_session_secs: u32,
    ) -> Self {
        let url: ServiceUrl = service.parse().expect("a base URL");
        let key = ApiKey::parse(KEY).expect("a key").expect("not empty");
        let service = ServiceClient::with_tls(&url, &key, Tls::new(tls)).expect("a client");
        Self(Arc::new(Inner {
            service,
            websocket_url: websocket_url.to_owned(),
            max_session_secs,
            noted: Mutex::default(),
        }))
    }

    /// The routes. `service` is mounted at `local`, like the local service of an Inturn server.
    /// Requests need the cookie.
    pub(crate) fn router(&self, service: Router) -> Router {
        let routes = Router::new()
            .route("/token", get(token))
            .route("/recordings/{id}/begin", post(begin))
            .route("/recordings/{id}/end", post(end))
            .with_state(self.clone())
            .nest("/local", service)
            .layer(from_fn_with_state(self.clone(), only_signed_in));
        Router::new().nest("/team/captions", routes)
    }

    /// What the server was asked for, in order.
    pub(crate) fn noted(&self) -> Vec<String> {
        self.0.noted.lock().expect("not poisoned").clone()
    }

    fn note(&self, text: String) {
        self.0.noted.lock().expect("not poisoned").push(text);
    }
}

/// Refuses requests without the cookie, as a proxy does.
async fn only_signed_in(State(desk): State<Desk>, request: Request, next: Next) -> Response {
    let cookie = request.headers().get(header::COOKIE);
    if cookie.is_some_and(|it| it == COOKIE) {
        return next.run(request).await;
    }
    desk.note(format!("refused {}", request.uri().path()));
    (StatusCode::FOUND, [(header::LOCATION, "/sign-in")]).into_response()
}

#[derive(Deserialize)]
struct TokenQuery {
    recording: Option<String>,
}

async fn token(
    State(desk): State<Desk>,
    Query(query): Query<TokenQuery>,
    headers: HeaderMap,
) -> Json<TokenReply> {
    let renewed = query.recording.unwrap_or_else(|| "none".to_owned());
    desk.note(format!("token, lease {renewed}"));
    let host = |name| headers.get(name).expect("a host");
    assert_eq!(host(PAGE_HOST_HEADER), host(header::HOST.as_str()));
    let request = TokenRequest {
        expires_in_seconds: 60,
        max_session_duration_seconds: 600,
    };
    let minted = desk.0.service.mint(&request, CALL_TIMEOUT).await;
    let minted = minted.expect("the service mints tokens");
    Json(TokenReply {
        token: minted.token,
        websocket_url: desk.0.websocket_url.clone(),
        expires_in_seconds: minted.expires_in_seconds,
        max_session_duration_seconds: desk.0.max_session_secs,
        recording: Some(LEASE.to_owned()),
    })
}

async fn begin(State(desk): State<Desk>, Path(id): Path<String>, body: String) -> StatusCode {
    let report = BeginReport::decode(body.as_bytes());
    let model = report.model.unwrap_or_default();
    desk.note(format!("begin {id} {model}"));
    StatusCode::NO_CONTENT
}

async fn end(State(desk): State<Desk>, Path(id): Path<String>) -> StatusCode {
    desk.note(format!("end {id}"));
    StatusCode::NO_CONTENT
}

/// The cookie of a person who has signed in.
pub(crate) const COOKIE: &str = "seat=sign-in-marker-0123456789";

/// The lease of every recording.
pub(crate) const LEASE: &str = "AbC-_9";
