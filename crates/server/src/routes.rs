//! Every route, in one place.

use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, State},
    http::{HeaderName, header},
    middleware,
    routing::{get, post},
};
use inturn_protocol::PageConfig;

use crate::{AppState, access, error::ApiError, files, health, recordings, token};

/// The routes without their layers. Everything that is no route is a file of the page.
pub(crate) fn routes(state: AppState) -> Router {
    let mut router = Router::new()
        // Left to itself, HEAD would mint a token that nobody gets to read.
        .route(
            "/token",
            get(token::token).head(only_get).fallback(only_get),
        )
        .route(
            "/recordings/{id}/begin",
            post(recordings::begin).layer(DefaultBodyLimit::max(recordings::MAX_REPORT_BYTES)),
        )
        .route("/recordings/{id}/end", post(recordings::end))
        .route("/config", get(page_config))
        .merge(health::routes())
        .fallback(files::serve)
        .method_not_allowed_fallback(method_not_allowed)
        .with_state(state.clone());
    if let Some(sign_in) = access::routes(state.access()) {
        router = router.merge(sign_in.with_state(state.clone()));
    }
    if let Some(local) = state.local_routes() {
        // The emulator takes sockets from every page, as the service does.
        let own_page = middleware::from_fn_with_state(state, access::own_page_socket);
        router = router.nest("/local", local.layer(own_page));
    }
    router
}

/// What the page must know before anybody presses Record.
async fn page_config(
    State(app): State<AppState>,
) -> ([(HeaderName, &'static str); 1], Json<PageConfig>) {
    (
        [(header::CACHE_CONTROL, "no-store")],
        Json(app.page_config().clone()),
    )
}

async fn only_get() -> ([(HeaderName, &'static str); 1], ApiError) {
    ([(header::ALLOW, "GET")], ApiError::METHOD_NOT_ALLOWED)
}

async fn method_not_allowed() -> ApiError {
    ApiError::METHOD_NOT_ALLOWED
}
