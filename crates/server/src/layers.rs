//! The layers around the routes, outermost first, each with its reason.

use axum::{
    Router,
    extract::{Request, State},
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;
use tracing::Instrument;

use crate::{
    base_path, caller, error::ApiError, gate, html, request_log::RequestLine, route_table,
    security::SecurityHeaders, state::AppState,
};

/// Wraps the routes.
pub(crate) fn layered(routes: Router, state: AppState) -> Router {
    routes.layer(
        ServiceBuilder::new()
            .layer(middleware::from_fn_with_state(state, around))
            // Innermost: a panic fails one request and does not close the connection.
            .layer(CatchPanicLayer::custom(|_| {
                ApiError::INTERNAL.into_response()
            })),
    )
}

/// Does the work of all layers. Separate layers would each clone their inner service for each
/// request.
async fn around(State(app): State<AppState>, mut request: Request, next: Next) -> Response {
    // First, because everything after it may need the caller.
    caller::attach_caller(&mut request, app.trusted_proxies(), app.base_path());
    // Begins before any response and ends after it, so it has the status that the client gets.
    let route = route_table::route_of(&request);
    let line = RequestLine::begin(route, &request);
    let span = line.span();
    let responding = async {
        // Outside of everything that can respond, so that every response has these headers.
        let headers = SecurityHeaders::of(app.security(), route, &request);
        caller::warn_if_untrusted(app.untrusted_proxies(), &request);
        let wants_html = html::is_wanted(request.headers());
        // Before any route runs.
        let refusal = gate::refuse_unadmitted(&app, route, &request)
            // Instead of the routes, for paths outside the base path.
            .or_else(|| base_path::respond_outside(&request))
            // Last, so that the other refusals take precedence.
            .or_else(|| gate::refuse_cross_site(&app, route, &request));
        let mut response = match refusal {
            Some(refusal) => refusal,
            None => next.run(request).await,
        };
        // After everything that can respond with an error.
        if wants_html {
            html::as_html(&mut response);
        }
        headers.apply(&mut response);
        line.end(&app, &mut response);
        response
    };
    responding.instrument(span).await
}

#[cfg(test)]
mod tests {
    use axum::{
        body::{Body, to_bytes},
        http::{Request, StatusCode, header},
        routing::get,
    };
    use inturn_protocol::PAGE_HOST_HEADER;
    use inturn_service::ApiKey;
    use tower::ServiceExt;

    use super::*;
    use crate::Config;

    #[tokio::test]
    async fn a_panic_is_answered_like_any_internal_error() {
        let page = tempfile::tempdir().expect("a folder");
        std::fs::write(page.path().join("index.html"), "").expect("written");
        let dir = page.path().as_os_str().to_owned();
        let mut config =
            Config::parse_flags(["inturn".into(), "--client-dir".into(), dir]).expect("good flags");
        config.key = ApiKey::parse("key").expect("a key");
        let state = AppState::new(&config).expect("a state");
        let routes = Router::new().route("/", get(panics));

        // The route is not in the table, so the request must show that it comes from our own page.
        let call = Request::builder().header(PAGE_HOST_HEADER, "localhost");
        let call = call.body(Body::empty()).expect("a request");
        let response = layered(routes, state)
            .oneshot(call)
            .await
            .expect("infallible");
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert!(
            response
                .headers()
                .contains_key(header::CONTENT_SECURITY_POLICY)
        );
        let body = to_bytes(response.into_body(), 10_000)
            .await
            .expect("a body");
        let text = String::from_utf8_lossy(&body).into_owned();
        assert!(
            text.contains("\"internal\"") && !text.contains("marker"),
            "{text}"
        );
    }

    async fn panics() -> StatusCode {
        panic!("marker");
    }
}
