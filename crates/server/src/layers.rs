//! What happens around the routes, outermost first, each with its reason.

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
            // Innermost: a bug costs one request its answer, not a connection its life.
            .layer(CatchPanicLayer::custom(|_| {
                ApiError::INTERNAL.into_response()
            })),
    )
}

/// One layer for all: each of its own would clone the ones inside of it for each request.
async fn around(State(app): State<AppState>, mut request: Request, next: Next) -> Response {
    // Before whatever asks who calls; answers nothing itself.
    caller::note(&mut request, app.trusted_proxies(), app.base_path());
    // Begun before anything is answered, and ended after: it has the status the client really gets.
    let route = route_table::route_of(&request);
    let line = RequestLine::begin(route, &request);
    let span = line.span();
    let answering = async {
        // Outside of whatever may answer by itself, so that no response goes without.
        let headers = SecurityHeaders::of(app.security(), route, &request);
        caller::warn_of_untrusted(app.untrusted_proxies(), &request);
        let is_for_people = html::is_wanted(request.headers());
        // Before any answer of substance.
        let refusal = gate::not_admitted(&app, route, &request)
            // In place of the routes, for what is not below the base path.
            .or_else(|| base_path::answer_outside(&request))
            // Last, so that it says nothing about what else would be refused.
            .or_else(|| gate::cross_site(&app, route, &request));
        let mut response = match refusal {
            Some(refusal) => refusal,
            None => next.run(request).await,
        };
        // Whatever answered, a person reads it.
        if is_for_people {
            html::dress(&mut response);
        }
        headers.put_on(&mut response);
        line.end(&app, &mut response);
        response
    };
    answering.instrument(span).await
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
    async fn a_panic_is_answered_like_any_failure() {
        let page = tempfile::tempdir().expect("a folder");
        std::fs::write(page.path().join("index.html"), "").expect("written");
        let dir = page.path().as_os_str().to_owned();
        let mut config =
            Config::parse_flags(["inturn".into(), "--client-dir".into(), dir]).expect("good flags");
        config.key = ApiKey::parse("key").expect("a key");
        let state = AppState::new(&config).expect("a state");
        let routes = Router::new().route("/", get(broken));

        // Not a listed route, so it must be our own page that asks.
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

    async fn broken() -> StatusCode {
        panic!("marker");
    }
}
