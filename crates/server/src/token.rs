//! `GET /token`: one token for one session, and where to use it.
//!
//! With `?recording=ID` the caller's own recording goes on in that session. An id that is not theirs, has
//! ended or is no id at all opens another recording, as no id does: no answer says which it was.

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

/// Mints a token. The reply is for this client and this moment alone, so nothing may store it.
pub(crate) async fn token(
    State(app): State<AppState>,
    Extension(caller): Extension<Caller>,
    query: Result<Query<Asked>, QueryRejection>,
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
    let renews = query.ok().and_then(|Query(asked)| asked.recording());
    let grant = app.limits().take(source.clone(), renews).await;
    let grant = grant.map_err(|refused| {
        note_refused(&app, who, caller.address, &refused);
        ApiError::from(refused)
    })?;
    let minted = match app.mint(&source).await {
        Ok(minted) => minted,
        Err(error) => {
            grant.fail();
            let answer = ApiError::from(&error);
            if let Some(line) = app.refusals().count(RefusalKind::Service) {
                let (status, left_out) = (answer.status.as_u16(), line.left_out);
                tracing::warn!(cause = %error, status, left_out, "no token was handed out");
            }
            return Err(answer);
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

/// The query of a request.
#[derive(Deserialize)]
pub(crate) struct Asked {
    recording: Option<String>,
}

impl Asked {
    /// The recording to be renewed.
    fn recording(&self) -> Option<RecordingId> {
        self.recording.as_deref().and_then(RecordingId::parse)
    }
}

/// Counts and logs that a limit, or what counts for it, let nobody have a token.
fn note_refused(app: &AppState, who: &str, address: IpAddr, refused: &Refused) {
    match refused {
        Refused::Reached(hit) => {
            app.metrics().limit_hit(hit.which.name());
            if let Some(line) = app.refusals().count(RefusalKind::LimitReached) {
                tracing::warn!(
                    who,
                    %address,
                    limit = hit.which.name(),
                    wait_seconds = hit.wait.as_secs(),
                    left_out = line.left_out,
                    "no token was handed out: a limit is reached"
                );
            }
        }
        Refused::NotCounted(cause) => {
            let line = app.refusals().count(RefusalKind::LimitsUnavailable);
            // That Redis is away was said when it went.
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

/// Goes with a response that holds a token, to the line that is logged of it.
#[derive(Clone)]
pub(crate) struct HandedOut {
    /// As the proxy names them.
    pub(crate) who: Option<String>,
    /// The longest that the token's session may last.
    pub(crate) cap_seconds: u32,
}

type NotStored = [(HeaderName, &'static str); 1];
