//! The handlers of the [route table](crate::route_table).

use axum::{
    Extension, Json, Router,
    extract::{DefaultBodyLimit, Request, State},
    http::{HeaderName, Method, header},
    response::Response,
    routing::{MethodRouter, get, post},
};
use inturn_protocol::PageConfig;

use crate::{
    caller::Caller,
    error::ApiError,
    files, health, recordings,
    route_table::{ROUTES, RouteId},
    sign_in,
    state::AppState,
    token,
};

/// Returns the routes without their layers. Every other path is a file of the page.
pub(crate) fn routes(state: AppState) -> Router {
    let mut router = Router::new();
    for route in &ROUTES {
        if let Some(handler) = handler(route.id, &state) {
            router = router.route(route.path, handler);
        }
    }
    let mut router = router
        .fallback(file)
        .method_not_allowed_fallback(method_not_allowed)
        .with_state(state.clone());
    if let Some(local) = state.local_routes() {
        router = router.nest("/local", local);
    }
    router
}

/// Returns the handler of a route on the main listener; `None` if the route is not mounted here.
fn handler(id: RouteId, state: &AppState) -> Option<MethodRouter<AppState>> {
    Some(match id {
        // Axum's `get` also handles HEAD, which would mint a token that is never sent.
        RouteId::Token => get(token::token).head(only_get).fallback(only_get),
        RouteId::RecordingBegin => {
            post(recordings::begin).layer(DefaultBodyLimit::max(recordings::MAX_REPORT_BYTES))
        }
        RouteId::RecordingEnd => post(recordings::end),
        RouteId::Config => get(page_config),
        RouteId::Health => get(health::alive),
        RouteId::Ready => get(health::ready),
        RouteId::SignIn | RouteId::SignInStyle | RouteId::SignOut => {
            return sign_in::handler(id, state.access());
        }
        // Mounted with the emulator's router.
        RouteId::LocalSocket | RouteId::LocalToken | RouteId::LocalRoot => return None,
        RouteId::Metrics | RouteId::File | RouteId::Unlisted => return None,
    })
}

/// Returns the routes of the metrics listener: metrics and probes.
pub(crate) fn metrics_routes(state: AppState) -> Router {
    let mut router = Router::new();
    for route in &ROUTES {
        let handler = match route.id {
            RouteId::Metrics => Some(get(metrics)),
            id if route.is_probe => handler(id, &state),
            _ => None,
        };
        if let Some(handler) = handler {
            router = router.route(route.path, handler);
        }
    }
    router.with_state(state)
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

/// Serves a file of the page, for every path without a route.
async fn file(
    State(app): State<AppState>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Response {
    // Without a sign-in, the page's Record button would not work.
    let is_page = files::is_page(request.uri().path())
        && matches!(*request.method(), Method::GET | Method::HEAD);
    let (access, limits) = (app.access(), app.limits());
    if is_page
        && access
            .needs_sign_in(limits, &caller, request.headers())
            .await
    {
        return sign_in::redirect();
    }
    let mut response = files::serve(app.files(), request).await;
    let status = response.status();
    if is_page
        && !status.is_client_error()
        && !status.is_server_error()
        && let Some(link) = app.preconnect()
    {
        response.headers_mut().insert(header::LINK, link.clone());
    }
    response
}

/// Serves the settings that the page needs before a recording. Each page asks for them once; its
/// second module reads the browser's copy.
async fn page_config(
    State(app): State<AppState>,
) -> ([(HeaderName, &'static str); 1], Json<PageConfig>) {
    app.expect_recording();
    (
        [(header::CACHE_CONTROL, "private, no-cache")],
        Json(app.page_config().clone()),
    )
}

async fn only_get() -> ([(HeaderName, &'static str); 1], ApiError) {
    ([(header::ALLOW, "GET")], ApiError::METHOD_NOT_ALLOWED)
}

async fn method_not_allowed() -> ApiError {
    ApiError::METHOD_NOT_ALLOWED
}
