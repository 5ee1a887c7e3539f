//! Static files: content types, caching, compression, and paths that are never served.

use axum::Router;
use tempfile::TempDir;

use crate::support::{
    FakeUpstream, Reply, TOKEN, built_page, config_for, get, request, router, write,
};

async fn router_and_page() -> (Router, TempDir) {
    let service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let page = built_page();
    (router(&config_for(&service, page.path(), &[])), page)
}

#[tokio::test]
async fn files_have_a_content_type_and_cache_control() {
    const FOREVER: &str = "public, max-age=31536000, immutable";
    let (router, _page) = router_and_page().await;
    for (path, mime, caching) in [
        ("/", "text/html", "no-cache"),
        ("/index.html", "text/html", "no-cache"),
        ("/app-0123456789ab.js", "text/javascript", FOREVER),
        ("/app-0123456789ab_bg.wasm", "application/wasm", FOREVER),
        ("/style-0123456789ab.css", "text/css", FOREVER),
        ("/audio-processor.js", "text/javascript", "no-cache"),
        ("/snippets/x/y.js", "text/javascript", "no-cache"),
        ("/audio-processor.js?v=1", "text/javascript", "no-cache"),
    ] {
        let response = get(&router, path).await;
        assert_eq!(response.status, 200, "{path}");
        assert_eq!(response.header("content-type"), mime, "{path}");
        assert_eq!(response.header("cache-control"), caching, "{path}");
        assert!(!response.body.is_empty(), "{path}");

        let head = request(&router, "HEAD", path, &[]).await;
        assert_eq!(head.status, 200, "{path}");
        assert_eq!(
            head.header("content-length"),
            response.body.len().to_string(),
            "{path}"
        );
        assert!(head.body.is_empty(), "{path}");
    }
}

#[tokio::test]
async fn an_unchanged_file_gets_304() {
    let (router, _page) = router_and_page().await;
    let first = get(&router, "/audio-processor.js").await;
    for (name, value) in [
        ("if-none-match", first.header("etag")),
        ("if-modified-since", first.header("last-modified")),
    ] {
        assert!(!value.is_empty(), "{name}");
        let again = request(&router, "GET", "/audio-processor.js", &[(name, value)]).await;
        assert_eq!(again.status, 304, "{name}");
        assert_eq!(again.header("cache-control"), "no-cache", "{name}");
        assert!(again.body.is_empty(), "{name}");
    }
}

#[tokio::test]
async fn a_range_is_sent_only_if_if_range_matches() {
    let (router, _page) = router_and_page().await;
    let path = "/audio-processor.js";
    let whole = get(&router, path).await;
    let etag = whole.header("etag");
    let weak = format!("W/{etag}");
    for (condition, status) in [(etag, 206), (weak.as_str(), 200), ("\"other\"", 200)] {
        let headers = [("range", "bytes=2-4"), ("if-range", condition)];
        let response = request(&router, "GET", path, &headers).await;
        assert_eq!(response.status, status, "{condition}");
        let expected = if status == 206 {
            &whole.body[2..5]
        } else {
            &whole.body
        };
        assert_eq!(response.body, expected, "{condition}");
    }
    // A range beyond the end is not an error if `If-Range` names another file.
    let headers = [("range", "bytes=9999-"), ("if-range", "\"other\"")];
    assert_eq!(request(&router, "GET", path, &headers).await.status, 200);
    let headers = [("range", "bytes=9999-"), ("if-range", etag)];
    assert_eq!(request(&router, "GET", path, &headers).await.status, 416);
    assert_eq!(
        request(&router, "GET", path, &[("if-range", "\"other\"")])
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn the_best_accepted_encoding_is_sent() {
    let (router, _page) = router_and_page().await;
    let path = "/app-0123456789ab.js";
    for (accepted, encoding, body) in [
        ("gzip, deflate, br, zstd", "br", "compressed by brotli"),
        ("gzip", "gzip", "compressed by gzip"),
        ("identity", "", "export default () => {};"),
        ("", "", "export default () => {};"),
        ("br;q=0, gzip", "gzip", "compressed by gzip"),
    ] {
        let response = request(&router, "GET", path, &[("accept-encoding", accepted)]).await;
        assert_eq!(response.header("content-encoding"), encoding, "{accepted}");
        assert_eq!(response.text(), body, "{accepted}");
        assert_eq!(
            response.header("content-type"),
            "text/javascript",
            "{accepted}"
        );
        assert_eq!(response.header("vary"), "accept-encoding", "{accepted}");
    }
    // A file without compressed versions is sent uncompressed.
    let response = request(&router, "GET", "/", &[("accept-encoding", "br")]).await;
    assert_eq!(
        (
            response.status.as_u16(),
            response.header("content-encoding")
        ),
        (200, "")
    );
}

#[tokio::test]
async fn other_paths_are_not_found() {
    let (router, _page) = router_and_page().await;
    let long = format!("/{}", "x".repeat(5000));
    for path in [
        "/nothing",
        "/snippets",
        "/snippets/",
        "/snippets/x",
        "/index.html/",
        "/index.html/x",
        "//",
        "/.env",
        "/%2eenv",
        "/%00",
        "/%ff",
        "/a\\b",
        "/C:/windows",
        "/local/v3/token",
        "/local/v3/ws",
        "/token/",
        "/config/x",
        &long,
    ] {
        let response = get(&router, path).await;
        assert_eq!(response.status, 404, "{path:.40}");
        assert_eq!(response.json()["code"], "not_found", "{path:.40}");
        assert_eq!(response.header("location"), "", "{path:.40}");
    }
}

#[tokio::test]
async fn nothing_outside_the_folder_is_served() {
    let service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let outer = built_page();
    let inner = outer.path().join("snippets");
    write(&inner, "index.html", "inner");
    let router = router(&config_for(&service, &inner, &[]));
    assert_eq!(get(&router, "/").await.text(), "inner");
    for path in [
        "/../audio-processor.js",
        "/%2e%2e/audio-processor.js",
        "/..%2faudio-processor.js",
        "/..%5caudio-processor.js",
        "/x/../../audio-processor.js",
        "/./../audio-processor.js",
        "//audio-processor.js",
    ] {
        assert_eq!(get(&router, path).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn files_accept_only_get_and_head() {
    let (router, _page) = router_and_page().await;
    for path in ["/", "/audio-processor.js", "/nothing"] {
        let response = request(&router, "POST", path, &[]).await;
        assert_eq!(
            (response.status.as_u16(), response.header("allow")),
            (405, "GET, HEAD"),
            "{path}"
        );
        assert_eq!(response.json()["code"], "method_not_allowed", "{path}");
    }
}

#[tokio::test]
async fn a_page_deleted_while_serving_is_a_500() {
    let (router, page) = router_and_page().await;
    page.close().expect("the file is removed");
    for path in ["/", "/index.html"] {
        let response = get(&router, path).await;
        assert_eq!(
            (response.status.as_u16(), response.json()["code"].as_str()),
            (500, Some("internal"))
        );
    }
    assert_eq!(get(&router, "/audio-processor.js").await.status, 404);
    assert_eq!(get(&router, "/token").await.status, 200);
}
