//! `POST /recordings/{id}/begin` and `…/end`: what the page says of a recording.
//!
//! Who knows a recording's name got it with the token, so they may speak of it even if their sign-in has
//! lapsed since. No answer says whether there is such a recording.

use axum::{
    body::Bytes,
    extract::{
        Path, State,
        rejection::{BytesRejection, PathRejection},
    },
    http::StatusCode,
};
use inturn_protocol::BeginReport;
use inturn_service::ModelName;

use crate::{
    limits::{Confirmed, RecordingId},
    state::AppState,
};

/// The longest body that is read of a report: many times the longest name of a model.
pub(crate) const MAX_REPORT_BYTES: usize = 1024;

/// The service's session began: the recording counts until it ends.
pub(crate) async fn begin(
    State(app): State<AppState>,
    id: Result<Path<String>, PathRejection>,
    body: Result<Bytes, BytesRejection>,
) -> StatusCode {
    let Some(recording) = named(id) else {
        return StatusCode::NO_CONTENT;
    };
    // Once for each token that was handed out, so that nobody fills the log.
    if app.limits().begin(recording).await == Confirmed::First {
        let report = body.map(|body| BeginReport::decode(&body));
        note_model(&app, report.unwrap_or_default());
    }
    StatusCode::NO_CONTENT
}

/// Tells the operator when the service uses another model than every session asks for.
fn note_model(app: &AppState, report: BeginReport) {
    // The page's word: taken only if it could be the name of a model.
    let used = report.model.and_then(|it| it.parse::<ModelName>().ok());
    let asked = app.model();
    let used = used.as_ref().map(ModelName::model);
    app.metrics().session_began(used.map(|used| used == asked));
    if let Some(used) = used.filter(|used| *used != asked) {
        tracing::warn!(%asked, %used, "a session began with another model than asked for");
    }
}

/// The recording is over, and counts no more.
pub(crate) async fn end(
    State(app): State<AppState>,
    id: Result<Path<String>, PathRejection>,
) -> StatusCode {
    if let Some(recording) = named(id) {
        app.limits().end(recording).await;
    }
    StatusCode::NO_CONTENT
}

/// What is no text is no name either.
fn named(id: Result<Path<String>, PathRejection>) -> Option<RecordingId> {
    id.ok().and_then(|Path(id)| RecordingId::parse(&id))
}
