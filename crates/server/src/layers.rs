//! Every layer around the routes, outermost first, each with its reason.

use axum::{Router, middleware, response::IntoResponse};
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;

use crate::{AppState, error::ApiError, request_log, security};

/// Wraps the routes.
pub(crate) fn layered(routes: Router, state: AppState) -> Router {
    routes.layer(
        ServiceBuilder::new()
            // First, so that its line has the status the client really got, and the whole time.
            .layer(middleware::from_fn(request_log::log_request))
            // Outside of whatever may answer by itself, so that no response goes without.
            .layer(middleware::from_fn_with_state(state, security::add_headers))
            // Innermost: a bug costs one request its answer, not a connection its life.
            .layer(CatchPanicLayer::custom(|_| {
                ApiError::INTERNAL.into_response()
            })),
    )
}
