//! Requests that are refused before any handler sees them.

use axum::{
    Extension,
    extract::{Request, State},
    http::HeaderMap,
    middleware::Next,
    response::{IntoResponse, Response},
};

use crate::{access::own_page, caller::Caller, error::ApiError, health, state::AppState};

/// Refuses what a page of another site asks.
pub(crate) fn check_own_page(
    app: &AppState,
    caller: &Caller,
    headers: &HeaderMap,
) -> Result<(), ApiError> {
    own_page::check(caller, headers).map_err(|denied| {
        if let Some(line) = app.refusals().count(denied.kind()) {
            tracing::warn!(
                target: TARGET,
                address = %caller.address,
                cause = %denied,
                left_out = line.left_out,
                "a request was refused"
            );
        }
        ApiError::from(denied)
    })
}

/// Refuses sockets that a page of another site opens.
pub(crate) async fn own_page_socket(
    State(app): State<AppState>,
    Extension(caller): Extension<Caller>,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    own_page::check_socket(&caller, request.headers()).map_err(|denied| {
        if let Some(line) = app.refusals().count(denied.kind()) {
            tracing::warn!(
                target: TARGET,
                address = %caller.address,
                cause = %denied,
                left_out = line.left_out,
                "a socket of the local service was refused"
            );
        }
        ApiError::from(denied)
    })?;
    Ok(next.run(request).await)
}

/// The answer to a request that may not come in. Probes come by address and see nothing, so they may.
pub(crate) fn refusal(app: &AppState, request: &Request) -> Option<Response> {
    if health::is_probe(request.uri().path()) {
        return None;
    }
    let admitted = app.access().admits(request.version(), request.headers());
    let denied = admitted.err()?;
    if let Some(line) = app.refusals().count(denied.kind()) {
        tracing::warn!(
            target: TARGET,
            cause = %denied,
            left_out = line.left_out,
            "a request was refused"
        );
    }
    Some(ApiError::from(denied).into_response())
}

/// The target of these lines, which is an interface.
const TARGET: &str = "inturn_server::access";
