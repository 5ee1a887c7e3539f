//! `POST /recordings/{id}/begin` and `…/end`: the page's reports about a recording.
//!
//! The id is secret: the client got it with the token. So these routes work even if the sign-in has
//! expired. The response does not reveal whether the recording exists.

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

/// Maximum size of a report's body: many times the longest name of a model.
pub(crate) const MAX_REPORT_BYTES: usize = 1024;

/// Records that a session began. The recording counts until it ends.
pub(crate) async fn begin(
    State(app): State<AppState>,
    id: Result<Path<String>, PathRejection>,
    body: Result<Bytes, BytesRejection>,
) -> StatusCode {
    let Some(recording) = parse(id) else {
        return StatusCode::NO_CONTENT;
    };
    // Only the first report for each token is used, so that a client can't fill the log.
    if app.limits().begin(recording).await == Confirmed::First {
        let report = body.map(|body| BeginReport::decode(&body));
        log_model(&app, report.unwrap_or_default());
    }
    StatusCode::NO_CONTENT
}

/// Counts the model that the service uses, and logs a warning if it is not the requested one.
fn log_model(app: &AppState, report: BeginReport) {
    // The name comes from the client, so it is used only if it looks like a model's name.
    let used = report.model.and_then(|it| it.parse::<ModelName>().ok());
    let asked = app.model();
    let used = used.as_ref().map(ModelName::model);
    app.metrics().session_began(used.map(|used| used == asked));
    if let Some(used) = used.filter(|used| *used != asked) {
        tracing::warn!(%asked, %used, "the service uses another model than requested");
    }
}

/// Records that a recording has ended. It no longer counts.
pub(crate) async fn end(
    State(app): State<AppState>,
    id: Result<Path<String>, PathRejection>,
) -> StatusCode {
    if let Some(recording) = parse(id) {
        app.limits().end(recording).await;
    }
    StatusCode::NO_CONTENT
}

/// Parses the id. An id that is not UTF-8 is treated like one that does not exist.
fn parse(id: Result<Path<String>, PathRejection>) -> Option<RecordingId> {
    id.ok().and_then(|Path(id)| RecordingId::parse(&id))
}
