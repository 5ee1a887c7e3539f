//! `GET /token`: a token for one session, and the URL to use it with.
//!
//! With `?recording=ID`, the session continues the caller's recording. If the id belongs to another
//! person, has ended, or is not valid, the request starts a new recording, as without an id. The
//! response does not reveal which of these it was.

use std::net::IpAddr;

use axum::{
    Extension, Json,
    extract::{Query, State, rejection::QueryRejection},
    http::{HeaderMap, HeaderName, header},
};
use inturn_protocol::TokenReply;
use serde::Deserialize;

use crate::{
    caller::Caller,
    error::ApiError,
    limits::{NotCounted, RecordingId, Refused, Source},
    refusal_kind::RefusalKind,
    state::AppState,
};

/// Mints a token. The reply is only for this client and expires soon, so it must not be cached.
pub(crate) async fn token(
    State(app): State<AppState>,
    Extension(caller): Extension<Caller>,
    query: Result<Query<TokenQuery>, QueryRejection>,
    headers: HeaderMap,
) -> Result<(Extension<HandedOut>, NotStored, Json<TokenReply>), ApiError> {
    let person = app.access().person(app.limits(), &caller, &headers).await;
    let person = person.map_err(|denied| {
        if let Some(line) = app.refusals().count(denied.kind()) {
            tracing::warn!(
                address = %caller.address,
                cause = %denied,
                left_out = line.left_out,
                "no token was handed out"
            );
        }
        ApiError::from(denied)
    })?;
    let who = person.name.as_deref().unwrap_or("-");
    let source = match &person.name {
        Some(name) => Source::person(name),
        None => Source::address(caller.address),
    };
    let renews = query.ok().and_then(|Query(query)| query.recording());
    let grant = app.limits().take(source.clone(), renews).await;
    let grant = grant.map_err(|refused| {
        log_refusal(&app, who, caller.address, &refused);
        ApiError::from(refused)
    })?;
    let minted = match app.mint(&source).await {
        Ok(minted) => minted,
        Err(error) => {
            grant.fail();
            let response = ApiError::from(&error);
            if let Some(line) = app.refusals().count(RefusalKind::Service) {
                let (status, left_out) = (response.status.as_u16(), line.left_out);
                tracing::warn!(cause = %error, status, left_out, "no token was handed out");
            }
            return Err(response);
        }
    };
    let recording = grant.keep();
    let max_session_duration_seconds = app.max_session_duration_seconds();
    let reply = TokenReply {
        token: minted.token,
        websocket_url: app.websocket_url().to_owned(),
        expires_in_seconds: minted.expires_in_seconds,
        max_session_duration_seconds,
        recording: Some(recording.to_string()),
    };
    let handed_out = HandedOut {
        who: person.name,
        cap_seconds: max_session_duration_seconds,
    };
    Ok((
        Extension(handed_out),
        [(header::CACHE_CONTROL, "no-store")],
        Json(reply),
    ))
}

/// The query of `/token`.
#[derive(Deserialize)]
pub(crate) struct TokenQuery {
    recording: Option<String>,
}

impl TokenQuery {
    /// The recording to renew.
    fn recording(&self) -> Option<RecordingId> {
        self.recording.as_deref().and_then(RecordingId::parse)
    }
}

/// Counts and logs that no token was handed out because of the limits.
fn log_refusal(app: &AppState, who: &str, address: IpAddr, refused: &Refused) {
    match refused {
        Refused::Reached(hit) => {
            app.metrics().limit_hit(hit.kind.name());
            if let Some(line) = app.refusals().count(RefusalKind::LimitReached) {
                tracing::warn!(
                    who,
                    %address,
                    limit = hit.kind.name(),
                    wait_seconds = hit.wait.as_secs(),
                    left_out = line.left_out,
                    "no token was handed out: a limit is reached"
                );
            }
        }
        Refused::NotCounted(cause) => {
            let line = app.refusals().count(RefusalKind::LimitsUnavailable);
            // Without a `Failed` cause, Redis can't be reached, which was logged once already.
            if let (Some(line), NotCounted::Failed(_)) = (line, cause) {
                tracing::warn!(
                    who,
                    %address,
                    cause = %refused,
                    left_out = line.left_out,
                    "no token was handed out: it could not be counted"
                );
            }
        }
        Refused::NoRandomness => tracing::error!(cause = %refused, "no token was handed out"),
    }
}

/// Response extension of a token, for the audit line.
#[derive(Clone)]
pub(crate) struct HandedOut {
    /// The person's name from the proxy.
    pub(crate) who: Option<String>,
    /// The maximum duration of the token's session.
    pub(crate) cap_seconds: u32,
}

type NotStored = [(HeaderName, &'static str); 1];
