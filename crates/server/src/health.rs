//! `/healthz` and `/readyz`: liveness and readiness.

use axum::{
    extract::State,
    http::{HeaderName, StatusCode, header},
};

use crate::{readiness::NotReady, state::AppState};

/// Answers 200 while the process runs; does not check the speech service.
pub(crate) async fn alive() -> ProbeReply {
    reply(StatusCode::OK, "ok\n")
}

/// Answers 200 if the server can hand out tokens, as far as it knows without requesting one.
pub(crate) async fn ready(State(app): State<AppState>) -> ProbeReply {
    match app.ready().await {
        Ok(()) => reply(StatusCode::OK, "ready\n"),
        Err(NotReady::Stopping) => reply(StatusCode::SERVICE_UNAVAILABLE, "stopping\n"),
        Err(NotReady::ServiceUnreachable) => reply(
            StatusCode::SERVICE_UNAVAILABLE,
            "the speech service can't be reached\n",
        ),
        Err(NotReady::RedisUnreachable) => reply(
            StatusCode::SERVICE_UNAVAILABLE,
            "Redis can't be reached, and --limits-when-redis-is-away is closed\n",
        ),
    }
}

/// Plain text, because health checks read only the status.
pub(crate) type ProbeReply = (StatusCode, [(HeaderName, &'static str); 1], &'static str);

fn reply(status: StatusCode, text: &'static str) -> ProbeReply {
    (status, [(header::CACHE_CONTROL, "no-store")], text)
}
