//! Tests that each route refuses requests of other sites' pages by its rule.

use std::collections::BTreeSet;

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Method, Request, StatusCode},
    routing::any,
};
use inturn_protocol::PAGE_HOST_HEADER;
use inturn_service::ApiKey;
use tempfile::TempDir;
use tower::ServiceExt;

use crate::{Config, app, config::PasswordHash, layers, route_table::ROUTES, state::AppState};

/// A path, the route in metrics, and whether reads and changes from another site are refused.
type Expected = (&'static str, &'static str, bool, bool);

/// The routes of a server with a key and a passphrase.
const WITH_KEY: &[Expected] = &[
    ("/token", "/token", true, true),
    ("/recordings/x/begin", "/recordings/{id}/begin", true, true),
    ("/recordings/x/end", "/recordings/{id}/end", true, true),
    ("/config", "/config", false, true),
    ("/healthz", "/healthz", false, false),
    ("/readyz", "/readyz", false, false),
    ("/sign-in", "/sign-in", false, true),
    ("/sign-in.css", "/sign-in.css", false, true),
    ("/sign-out", "/sign-out", true, true),
    ("/", "files", false, true),
    ("/app.js", "files", false, true),
    ("/no-such-path", "files", false, true),
];

/// The routes of a server without a key, which uses the local service.
const WITHOUT_KEY: &[Expected] = &[
    ("/token", "/token", true, true),
    ("/local/v3/ws", "/local/v3/ws", true, true),
    ("/local/v3/token", "/local/v3/token", true, true),
    ("/local", "other", true, true),
];

/// Headers of a request that a page of another site sends, by https and by plain http.
const FOREIGN: [&[(&str, &str)]; 3] = [
    &[
        ("host", "localhost"),
        ("sec-fetch-site", "cross-site"),
        ("origin", "https://evil.example"),
    ],
    &[("host", "localhost"), ("origin", "https://evil.example")],
    &[("host", "localhost"), ("origin", "null")],
];

/// Headers of a request that our own page sends.
const OWN: &[(&str, &str)] = &[
    ("host", "localhost"),
    ("sec-fetch-site", "same-origin"),
    ("origin", "http://localhost"),
];

#[tokio::test]
async fn each_route_refuses_other_sites_by_its_rule() {
    let mut covered = BTreeSet::new();
    for (state, routes) in [(with_key(), WITH_KEY), (without_key(), WITHOUT_KEY)] {
        let router = app(state.1.clone());
        for (path, name, refuses_reads, refuses_changes) in routes {
            for (method, is_refused) in [
                (Method::GET, *refuses_reads),
                (Method::HEAD, *refuses_reads),
                (Method::POST, *refuses_changes),
                (Method::DELETE, *refuses_changes),
            ] {
                for headers in FOREIGN {
                    let refused = is_cross_site(&router, &method, path, headers).await;
                    assert_eq!(refused, is_refused, "{method} {path} {headers:?}");
                }
                let refused = is_cross_site(&router, &method, path, OWN).await;
                assert!(!refused, "{method} {path} by our own page");
            }
            let label = format!("route=\"{name}\"");
            assert!(state.1.metrics().text().contains(&label), "{label}");
            covered.insert(*name);
        }
    }
    // All routes of the table are covered, except those of the other listener.
    let listed: BTreeSet<_> = ROUTES.iter().map(|route| route.name).collect();
    covered.extend(["/metrics"]);
    covered.remove("files");
    assert_eq!(covered, listed);
}

#[tokio::test]
async fn a_route_that_is_not_in_the_table_has_the_strictest_rule() {
    let (_page, state) = with_key();
    let routes = Router::new().route("/new/{id}", any(async || StatusCode::OK));
    let router = layers::layered(routes, state.clone());
    let plain = [("host", "localhost")];
    for method in [Method::GET, Method::POST] {
        for headers in FOREIGN {
            let refused = is_cross_site(&router, &method, "/new/1", headers).await;
            assert!(refused, "{method} {headers:?}");
        }
        // Like an image on another site's page over plain http: no header shows the origin.
        assert!(is_cross_site(&router, &method, "/new/1", &plain).await);
        for headers in [OWN, &[(PAGE_HOST_HEADER, "localhost")]] {
            let (status, _) = send(&router, &method, "/new/1", headers).await;
            assert_eq!(status, StatusCode::OK, "{method} {headers:?}");
        }
    }
    assert!(state.metrics().text().contains("route=\"other\""));
}

#[test]
fn no_two_routes_share_a_path() {
    let paths: BTreeSet<_> = ROUTES.iter().map(|route| route.path).collect();
    assert_eq!(paths.len(), ROUTES.len());
}

async fn is_cross_site(
    router: &Router,
    method: &Method,
    path: &str,
    headers: &[(&str, &str)],
) -> bool {
    let (status, body) = send(router, method, path, headers).await;
    let by_status = status == StatusCode::FORBIDDEN;
    // A response to HEAD has no body.
    by_status && (*method == Method::HEAD || body.contains("\"cross_site\""))
}

async fn send(
    router: &Router,
    method: &Method,
    path: &str,
    headers: &[(&str, &str)],
) -> (StatusCode, String) {
    let request = Request::builder().method(method).uri(path);
    let request = headers
        .iter()
        .fold(request, |it, (name, value)| it.header(*name, *value));
    let request = request.body(Body::empty()).expect("a request");
    let response = router.clone().oneshot(request).await.expect("infallible");
    let status = response.status();
    let body = to_bytes(response.into_body(), 100_000).await.expect("ends");
    (status, String::from_utf8_lossy(&body).into_owned())
}

fn with_key() -> (TempDir, AppState) {
    // No service listens on this port, and none is needed: no request gets as far as a token.
    state(
        &["--auth=password", "--service-url=http://127.0.0.1:1"],
        |config| {
            config.key = ApiKey::parse("0123456789abcdef").expect("a key");
            let hash = crate::hash_password("correct horse").expect("a hash");
            config.access.secrets.password_hash = PasswordHash::parse(&hash).expect("a hash");
        },
    )
}

fn without_key() -> (TempDir, AppState) {
    state(&["--recogniser=script"], |_| {})
}

fn state(flags: &[&str], change: impl FnOnce(&mut Config)) -> (TempDir, AppState) {
    let page = tempfile::tempdir().expect("a folder");
    for name in ["index.html", "app.js"] {
        std::fs::write(page.path().join(name), "").expect("written");
    }
    let mut args = vec!["inturn".into(), "--client-dir".into(), page.path().into()];
    args.extend(flags.iter().map(Into::into));
    let mut config = Config::parse_flags(args).expect("good flags");
    change(&mut config);
    let state = AppState::new(&config).expect("a state");
    (page, state)
}
