//! `GET /token`: one token for one session, and where to use it.

use axum::{
    Extension, Json,
    extract::State,
    http::{HeaderMap, HeaderName, header},
};
use inturn_protocol::TokenReply;

use crate::{AppState, caller::Caller, error::ApiError};

/// Mints a token. The reply is for this client and this moment alone, so nothing may store it.
pub(crate) async fn token(
    State(app): State<AppState>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
) -> Result<([(HeaderName, &'static str); 1], Json<TokenReply>), ApiError> {
    let person = app.access().person(&caller, &headers).map_err(|denied| {
        tracing::warn!(address = %caller.address, cause = %denied, "no token was handed out");
        ApiError::from(denied)
    })?;
    let minted = app.mint().await.map_err(|error| {
        let answer = ApiError::from(&error);
        tracing::warn!(cause = %error, status = answer.status.as_u16(), "no token was handed out");
        answer
    })?;
    let max_session_duration_seconds = app.max_session_duration_seconds();
    tracing::info!(
        target: AUDIT,
        who = person.name.as_deref().unwrap_or("-"),
        address = %caller.address,
        cap_seconds = max_session_duration_seconds,
        "a token was handed out"
    );
    let reply = TokenReply {
        token: minted.token,
        websocket_url: app.websocket_url().to_owned(),
        expires_in_seconds: minted.expires_in_seconds,
        max_session_duration_seconds,
    };
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(reply)))
}

/// The module that filters know the lines of tokens by: who got one, from where, for how long.
const AUDIT: &str = "inturn_server::audit";
