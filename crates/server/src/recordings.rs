//! `POST /recordings/{id}/end`: a recording is over, and counts no more.

use axum::{
    Extension,
    extract::{Path, State, rejection::PathRejection},
    http::{HeaderMap, StatusCode},
};

use crate::{AppState, access, caller::Caller, error::ApiError, limits::RecordingId};

/// Ends it. Who knows its name got it with the token, even if their sign-in has lapsed since. Says
/// nothing on whether there was such a recording.
pub(crate) async fn end(
    State(app): State<AppState>,
    Extension(caller): Extension<Caller>,
    id: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Result<StatusCode, ApiError> {
    access::is_own_page(&caller, &headers)?;
    // What is no text is no name either.
    if let Some(recording) = id.ok().and_then(|Path(id)| RecordingId::parse(&id)) {
        app.limits().end(recording).await;
    }
    Ok(StatusCode::NO_CONTENT)
}
