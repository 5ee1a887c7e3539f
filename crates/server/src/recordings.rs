//! `POST /recordings/{id}/begin` and `…/end`: what the page says of a recording.
//!
//! Who knows a recording's name got it with the token, so they may speak of it even if their sign-in has
//! lapsed since. No answer says whether there is such a recording.

use axum::{
    Extension,
    extract::{Path, State, rejection::PathRejection},
    http::{HeaderMap, StatusCode},
};

use crate::{AppState, access, caller::Caller, error::ApiError, limits::RecordingId};

/// The service's session began: the recording counts until it ends.
pub(crate) async fn begin(
    State(app): State<AppState>,
    Extension(caller): Extension<Caller>,
    id: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Result<StatusCode, ApiError> {
    access::is_own_page(&caller, &headers)?;
    if let Some(recording) = named(id) {
        app.limits().begin(recording).await;
    }
    Ok(StatusCode::NO_CONTENT)
}

/// The recording is over, and counts no more.
pub(crate) async fn end(
    State(app): State<AppState>,
    Extension(caller): Extension<Caller>,
    id: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Result<StatusCode, ApiError> {
    access::is_own_page(&caller, &headers)?;
    if let Some(recording) = named(id) {
        app.limits().end(recording).await;
    }
    Ok(StatusCode::NO_CONTENT)
}

/// What is no text is no name either.
fn named(id: Result<Path<String>, PathRejection>) -> Option<RecordingId> {
    id.ok().and_then(|Path(id)| RecordingId::parse(&id))
}
