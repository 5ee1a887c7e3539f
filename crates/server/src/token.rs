//! `GET /token`: one token for one session, and where to use it.

use axum::{
    Json,
    extract::State,
    http::{HeaderName, header},
};
use inturn_protocol::TokenReply;

use crate::{AppState, error::ApiError};

/// Mints a token. The reply is for this client and this moment alone, so nothing may store it.
pub(crate) async fn token(
    State(app): State<AppState>,
) -> Result<([(HeaderName, &'static str); 1], Json<TokenReply>), ApiError> {
    let minted = app.mint().await.map_err(|error| {
        let answer = ApiError::from(&error);
        tracing::warn!(cause = %error, status = answer.status.as_u16(), "no token was handed out");
        answer
    })?;
    let reply = TokenReply {
        token: minted.token,
        websocket_url: app.websocket_url().to_owned(),
        expires_in_seconds: minted.expires_in_seconds,
        max_session_duration_seconds: app.max_session_duration_seconds(),
    };
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(reply)))
}
