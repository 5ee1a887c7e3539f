//! The page's files: types, caching, compression, and what is never served.

use axum::Router;
use tempfile::TempDir;

use crate::support::{
    FakeUpstream, Reply, TOKEN, built_page, config_for, get, request, router, write,
};

async fn served() -> (Router, TempDir) {
    let service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let page = built_page();
    (router(&config_for(&service, page.path(), &[])), page)
}

#[tokio::test]
async fn each_file_has_its_type_and_its_time_in_caches() {
    const FOREVER: &str = "public, max-age=31536000, immutable";
    let (router, _page) = served().await;
    for (path, mime, caching) in [
        ("/", "text/html", "no-cache"),
        ("/index.html", "text/html", "no-cache"),
        ("/app-0123456789abcdef.js", "text/javascript", FOREVER),
        ("/app-0123456789abcdef_bg.wasm", "application/wasm", FOREVER),
        ("/style-0123456789abcdef.css", "text/css", FOREVER),
        ("/audio-processor.js", "text/javascript", "no-cache"),
        ("/snippets/x/y.js", "text/javascript", "no-cache"),
        ("/audio-processor.js?v=1", "text/javascript", "no-cache"),
    ] {
        let answer = get(&router, path).await;
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(answer.header("content-type"), mime, "{path}");
        assert_eq!(answer.header("cache-control"), caching, "{path}");
        assert!(!answer.body.is_empty(), "{path}");

        let head = request(&router, "HEAD", path, &[]).await;
        assert_eq!(head.status, 200, "{path}");
        assert_eq!(
            head.header("content-length"),
            answer.body.len().to_string(),
            "{path}"
        );
        assert!(head.body.is_empty(), "{path}");
    }
}

#[tokio::test]
async fn a_file_that_has_not_changed_is_not_sent_again() {
    let (router, _page) = served().await;
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
async fn a_part_is_sent_only_of_the_file_that_if_range_names() {
    let (router, _page) = served().await;
    let path = "/audio-processor.js";
    let whole = get(&router, path).await;
    let etag = whole.header("etag");
    let weak = format!("W/{etag}");
    for (condition, status) in [(etag, 206), (weak.as_str(), 200), ("\"other\"", 200)] {
        let headers = [("range", "bytes=2-4"), ("if-range", condition)];
        let answer = request(&router, "GET", path, &headers).await;
        assert_eq!(answer.status, status, "{condition}");
        let expected = if status == 206 {
            &whole.body[2..5]
        } else {
            &whole.body
        };
        assert_eq!(answer.body, expected, "{condition}");
    }
    // A range beyond the end is no error where it is of another file.
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
async fn the_best_compression_the_browser_takes_is_sent() {
    let (router, _page) = served().await;
    let path = "/app-0123456789abcdef.js";
    for (accepted, encoding, body) in [
        ("gzip, deflate, br, zstd", "br", "compressed by brotli"),
        ("gzip", "gzip", "compressed by gzip"),
        ("identity", "", "export default () => {};"),
        ("", "", "export default () => {};"),
        ("br;q=0, gzip", "gzip", "compressed by gzip"),
    ] {
        let answer = request(&router, "GET", path, &[("accept-encoding", accepted)]).await;
        assert_eq!(answer.header("content-encoding"), encoding, "{accepted}");
        assert_eq!(answer.text(), body, "{accepted}");
        assert_eq!(
            answer.header("content-type"),
            "text/javascript",
            "{accepted}"
        );
        assert_eq!(answer.header("vary"), "accept-encoding", "{accepted}");
    }
    // A file without compressed forms is sent as it is.
    let answer = request(&router, "GET", "/", &[("accept-encoding", "br")]).await;
    assert_eq!(
        (answer.status.as_u16(), answer.header("content-encoding")),
        (200, "")
    );
}

#[tokio::test]
async fn what_is_not_the_pages_is_not_found() {
    let (router, _page) = served().await;
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
        let answer = get(&router, path).await;
        assert_eq!(answer.status, 404, "{path:.40}");
        assert_eq!(answer.json()["code"], "not_found", "{path:.40}");
        assert_eq!(answer.header("location"), "", "{path:.40}");
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
async fn files_take_no_other_method() {
    let (router, _page) = served().await;
    for path in ["/", "/audio-processor.js", "/nothing"] {
        let answer = request(&router, "POST", path, &[]).await;
        assert_eq!(
            (answer.status.as_u16(), answer.header("allow")),
            (405, "GET, HEAD"),
            "{path}"
        );
        assert_eq!(answer.json()["code"], "method_not_allowed", "{path}");
    }
}

#[tokio::test]
async fn a_page_that_vanishes_says_so() {
    let (router, page) = served().await;
    page.close().expect("removed");
    for path in ["/", "/index.html"] {
        let answer = get(&router, path).await;
        assert_eq!(
            (answer.status.as_u16(), answer.json()["code"].as_str()),
            (500, Some("internal"))
        );
    }
    assert_eq!(get(&router, "/audio-processor.js").await.status, 404);
    assert_eq!(get(&router, "/token").await.status, 200);
}
