//! All routes are below the base path.

use axum::Router;
use tempfile::TempDir;

use crate::support::{FakeUpstream, Reply, TOKEN, built_page, config_for, get, request, router};

async fn router_below(base_path: &str) -> (Router, TempDir) {
    let service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let page = built_page();
    let config = config_for(&service, page.path(), &["--base-path", base_path]);
    (router(&config), page)
}

#[tokio::test]
async fn all_routes_are_below_the_base_path() {
    let (router, _page) = router_below("/team/scribe").await;
    for path in ["", "index.html", "config", "audio-processor.js", "healthz"] {
        let response = get(&router, &format!("/team/scribe/{path}")).await;
        assert_eq!(response.status, 200, "{path}");
    }
    let headers = [("host", "localhost:8000")];
    let token = request(&router, "GET", "/team/scribe/token?a=b", &headers).await;
    assert_eq!(token.json()["token"], TOKEN);
}

#[tokio::test]
async fn only_probes_are_served_outside_the_base_path() {
    let (router, _page) = router_below("/team/scribe/").await;
    for path in [
        "/",
        "/token",
        "/config",
        "/team/",
        "/team/scribes/token",
        "/x",
    ] {
        let response = get(&router, path).await;
        assert_eq!(response.status, 404, "{path}");
        assert_eq!(response.json()["code"], "not_found", "{path}");
        assert_eq!(
            response.header("x-content-type-options"),
            "nosniff",
            "{path}"
        );
    }
    assert_eq!(get(&router, "/healthz").await.text(), "ok\n");
}

#[tokio::test]
async fn the_base_path_without_a_slash_redirects_relatively() {
    for (base_path, asked, location) in [
        ("/team/scribe/", "/team/scribe", "scribe/"),
        ("/x", "/x?a=b", "x/"),
    ] {
        let (router, _page) = router_below(base_path).await;
        let response = get(&router, asked).await;
        assert_eq!(response.status, 307, "{asked}");
        assert_eq!(response.header("location"), location, "{asked}");
    }
}

#[tokio::test]
async fn the_sign_in_stays_below_the_base_path() {
    let service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let page = built_page();
    let flags = ["--base-path", "/x/", "--auth", "password"];
    let mut config = config_for(&service, page.path(), &flags);
    let hash = inturn_server::hash_password("correct horse").expect("a hash");
    config.access.secrets.password_hash =
        inturn_server::config::PasswordHash::parse(&hash).expect("a hash");
    let router = router(&config);

    let redirect = get(&router, "/x/").await;
    assert_eq!(
        (redirect.status.as_u16(), redirect.header("location")),
        (303, "sign-in")
    );
    let form = get(&router, "/x/sign-in").await;
    assert_eq!(form.status, 200);
    assert!(!form.text().contains("=\"/"), "{}", form.text());
    assert_eq!(
        get(&router, "/x/config").await.json()["sign_in_url"],
        "sign-in?again=1"
    );

    let cookie = [("cookie", "inturn_sign_in=x")];
    let out = request(&router, "POST", "/x/sign-out", &cookie).await;
    assert_eq!(out.status, 303);
    assert!(
        out.header("set-cookie").contains("; Path=/x/;"),
        "{}",
        out.header("set-cookie")
    );
}
