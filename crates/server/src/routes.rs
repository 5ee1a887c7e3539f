//! Every route, in one place.

use axum::{
    Extension, Json, Router,
    extract::{DefaultBodyLimit, Request, State},
    http::{HeaderName, Method, header},
    middleware,
    response::Response,
    routing::{get, post},
};
use inturn_protocol::PageConfig;

use crate::{
    caller::Caller, error::ApiError, files, gate, health, recordings, sign_in, state::AppState,
    token,
};

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
        .fallback(file)
        .method_not_allowed_fallback(method_not_allowed)
        .with_state(state.clone());
    if let Some(sign_in) = sign_in::routes(state.access()) {
        router = router.merge(sign_in.with_state(state.clone()));
    }
    if let Some(local) = state.local_routes() {
        // The emulator takes sockets from every page, as the service does.
        let own_page = middleware::from_fn_with_state(state, gate::own_page_socket);
        router = router.nest("/local", local.layer(own_page));
    }
    router
}

/// A listener of its own: metrics and probes, and nothing of the page.
pub(crate) fn metrics_routes(state: AppState) -> Router {
    Router::new()
        .route("/metrics", get(metrics))
        .merge(health::routes())
        .with_state(state)
}

async fn metrics(State(app): State<AppState>) -> ([(HeaderName, &'static str); 2], String) {
    let headers = [
        (
            header::CONTENT_TYPE,
            "application/openmetrics-text; version=1.0.0; charset=utf-8",
        ),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (headers, app.metrics().text())
}

/// Every path that no route has.
async fn file(
    State(app): State<AppState>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Response {
    // The page without a sign-in would be a button that does not work.
    let is_page = files::is_page(request.uri().path())
        && matches!(*request.method(), Method::GET | Method::HEAD);
    let (access, limits) = (app.access(), app.limits());
    if is_page
        && access
            .wants_sign_in(limits, &caller, request.headers())
            .await
    {
        return sign_in::redirect();
    }
    files::serve(app.files(), request).await
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
