//! `/healthz` and `/readyz`: whether the process is alive, and whether it is of use.

use axum::{
    extract::State,
    http::{HeaderName, StatusCode, header},
};

use crate::{readiness::NotReady, state::AppState};

/// The process is alive and answers; says nothing about the service.
pub(crate) async fn alive() -> Probed {
    probed(StatusCode::OK, "ok\n")
}

/// Requests for a token can be answered, as far as one can know without asking for one.
pub(crate) async fn ready(State(app): State<AppState>) -> Probed {
    match app.ready().await {
        Ok(()) => probed(StatusCode::OK, "ready\n"),
        Err(NotReady::Stopping) => probed(StatusCode::SERVICE_UNAVAILABLE, "stopping\n"),
        Err(NotReady::ServiceAway) => probed(
            StatusCode::SERVICE_UNAVAILABLE,
            "the speech service can't be reached\n",
        ),
        Err(NotReady::LimitsAway) => probed(
            StatusCode::SERVICE_UNAVAILABLE,
            "Redis is away, and nobody is let through uncounted\n",
        ),
    }
}

/// Plain text, since programs that probe read no more than the status.
pub(crate) type Probed = (StatusCode, [(HeaderName, &'static str); 1], &'static str);

fn probed(status: StatusCode, text: &'static str) -> Probed {
    (status, [(header::CACHE_CONTROL, "no-store")], text)
}
