//! Error pages for browsers, in the style of the sign-in page.

use base64::{Engine, engine::general_purpose::STANDARD};
use inturn_server::{config::PasswordHash, hash_password};
use ring::digest::{SHA256, digest};

use crate::support::{FakeUpstream, Reply, TOKEN, built_page, config_for, get, request, router};

const BROWSER: (&str, &str) = ("accept", "text/html,*/*;q=0.8");

/// Returns the content of the `<style>` element.
fn style(page: &str) -> &str {
    let (_, rest) = page.split_once("<style>").expect("a style");
    rest.split_once("</style>").expect("a closing tag").0
}

#[tokio::test]
async fn an_error_page_has_an_inline_style_that_the_policy_allows_by_hash() {
    let service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let dir = built_page();
    let router = router(&config_for(&service, dir.path(), &[]));
    // A refusal of loopback mode, in which no stylesheet would be served either, and a plain error.
    for (path, headers, status) in [
        ("/", &[BROWSER, ("host", "scribe.example.org")][..], 403),
        ("/nothing", &[BROWSER], 404),
    ] {
        let response = request(&router, "GET", path, headers).await;
        assert_eq!(response.status, status);
        let page = response.text();
        let style = style(&page);
        assert!(style.contains("prefers-color-scheme: dark"), "{style}");
        assert!(!page.contains("<link") && !page.contains("url("), "{page}");
        let hash = STANDARD.encode(digest(&SHA256, style.as_bytes()));
        let policy = format!(
            "default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'; \
             frame-ancestors 'none'"
        );
        assert_eq!(response.header("content-security-policy"), policy);
    }
    // Other pages have the page's own policy.
    let response = request(&router, "GET", "/", &[BROWSER]).await;
    let policy = response.header("content-security-policy");
    assert!(policy.contains("style-src 'self';"), "{policy}");
}

#[tokio::test]
async fn an_error_page_has_the_style_of_the_sign_in_page() {
    let service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let dir = built_page();
    let mut config = config_for(&service, dir.path(), &["--auth=password"]);
    let hash = hash_password("correct horse").expect("a hash");
    config.access.secrets.password_hash = PasswordHash::parse(&hash).expect("a hash");
    let router = router(&config);
    let sign_in = get(&router, "/sign-in.css").await.text();
    let error = request(&router, "GET", "/nothing", &[BROWSER]).await.text();
    assert_eq!(style(&error), sign_in);
    let colours = include_str!("../../../../public/tokens.css");
    assert!(
        sign_in.starts_with(colours),
        "the colours are those of the built page"
    );
}
