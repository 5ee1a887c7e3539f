//! The proxies of `deploy/` with their configuration files: the page works behind each, and
//! identity headers from clients are removed.

#![cfg(target_os = "linux")]

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::{
    Json, Router,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use inturn_tests::{
    browser::{Browser, Microphone},
    front::{Front, HOST, PASSWORD, Program},
    page::Page,
    speech,
    stage::{self, Running, Setting, Stage},
};
use reqwest::{Client, redirect::Policy};
use serde_json::{Map, Value};

/// Makes a test for each recipe.
macro_rules! recipes {
    ($($name:ident: $program:ident, $file:literal, $prefix:literal;)+) => {
        $(#[tokio::test(flavor = "multi_thread")]
        async fn $name() {
            with_passwords(Program::$program, $file, $prefix).await;
        })+
    };
}

recipes! {
    nginx_at_the_root: Nginx, "nginx/inturn.conf", "/";
    nginx_below_a_prefix: Nginx, "nginx/inturn-prefix.conf", "/team/scribe/";
    caddy_at_the_root: Caddy, "caddy/Caddyfile", "/";
    caddy_below_a_prefix: Caddy, "caddy/Caddyfile-prefix", "/team/scribe/";
    haproxy_at_the_root: Haproxy, "haproxy/haproxy.cfg", "/";
    haproxy_below_a_prefix: Haproxy, "haproxy/haproxy-prefix.cfg", "/team/scribe/";
}

#[tokio::test(flavor = "multi_thread")]
async fn oauth2_proxy_at_the_root() {
    with_oauth2_proxy("oauth2-proxy/nginx.conf", "/").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn oauth2_proxy_below_a_prefix() {
    with_oauth2_proxy("oauth2-proxy/nginx-prefix.conf", "/team/scribe/").await;
}

/// Tests a proxy that asks for a password.
async fn with_passwords(program: Program, file: &str, prefix: &'static str) {
    let stage = behind_proxy("ada", "x-forwarded-user").await;
    let echo = Running::start(stage::loopback(), echo()).await;
    let client = client();

    let front = Front::start(program, file, echo.address, &[]).await;
    let token = format!("{}token", url(&front, prefix));
    let stranger = forged(client.get(&token)).send().await.expect("answers");
    assert_eq!(stranger.status(), 401);
    let request = forged(client.get(&token)).basic_auth("ada", Some(PASSWORD));
    let received = request.send().await.expect("answers");
    assert_forwarded(
        &received.json().await.expect("the echo"),
        "x-forwarded-user",
        "ada",
        &front,
        prefix,
    );
    if prefix != "/" {
        let no_slash = url(&front, prefix.trim_end_matches('/'));
        let request = client.get(&no_slash).basic_auth("ada", Some(PASSWORD));
        let answer = request.send().await.expect("answers");
        assert!(answer.status().is_redirection(), "{answer:?}");
        let location = answer.headers()[header::LOCATION].to_str().expect("text");
        assert!(location.ends_with(prefix), "{location}");
        let outside = url(&front, "/token");
        let request = client.get(&outside).basic_auth("ada", Some(PASSWORD));
        assert_ne!(request.send().await.expect("answers").status(), 200);
    }
    drop(front);

    let front = Front::start(program, file, address(&stage), &[]).await;
    let token = format!("{}token", url(&front, prefix));
    // Bob claims to be Ada. Only Ada may record.
    let bob = client.get(&token).basic_auth("bob", Some(PASSWORD));
    let bob = bob.header("x-forwarded-user", "ada");
    assert_eq!(bob.send().await.expect("answers").status(), 403);
    let ada = client.get(&token).basic_auth("ada", Some(PASSWORD));
    assert_eq!(ada.send().await.expect("answers").status(), 200);

    let browser = browser().await;
    // From then on, the browser sends the password itself.
    let with_password = url(&front, prefix).replace("://", &format!("://ada:{PASSWORD}@"));
    browser.go_to(&with_password).await;
    // Browsers refuse relative requests from a URL with a password, so the page reloads without it.
    let is_ready = "document.getElementById('status')?.dataset.state === 'idle' \
                    && !document.baseURI.includes('@')";
    browser.wait_within(PATIENCE, is_ready).await;
    let page = Page::load(browser, &url(&front, prefix)).await;
    record_some_words(&page).await;
}

/// Tests nginx with oauth2-proxy, which is replaced by a stub.
async fn with_oauth2_proxy(file: &str, prefix: &'static str) {
    let stage = behind_proxy("ada@example.org", "x-auth-request-email").await;
    let echo = Running::start(stage::loopback(), echo()).await;
    let signed_in = Arc::new(AtomicBool::new(false));
    let stub = Running::start(stage::loopback(), sign_in(prefix, Arc::clone(&signed_in))).await;
    let stub = stub.address.to_string();
    let also = [("127.0.0.1:4180", stub.as_str())];
    let client = client();

    let front = Front::start(Program::Nginx, file, echo.address, &also).await;
    let token = format!("{}token", url(&front, prefix));
    let stranger = forged(client.get(&token)).send().await.expect("answers");
    assert_eq!(stranger.status(), 302);
    let location = stranger.headers()[header::LOCATION].to_str().expect("text");
    assert_eq!(location, format!("{prefix}oauth2/start?rd={prefix}"));
    signed_in.store(true, Ordering::SeqCst);
    let received = forged(client.get(&token)).send().await.expect("answers");
    let received = received.json().await.expect("the echo");
    assert_forwarded(
        &received,
        "x-auth-request-email",
        "ada@example.org",
        &front,
        prefix,
    );
    drop(front);

    let front = Front::start(Program::Nginx, file, address(&stage), &also).await;
    let page = Page::load(browser().await, &url(&front, prefix)).await;
    record_some_words(&page).await;
    let before = page.turns().await;

    // The sign-in expires during a recording. It is noticed at the next one.
    page.record().await;
    signed_in.store(false, Ordering::SeqCst);
    page.browser
        .wait_for("document.querySelector('#transcript [data-session=\"2\"]')")
        .await;
    page.stop().await;
    assert_eq!(page.problem().await, None);
    page.press().await;
    let problem = page.wait_for_problem().await;
    assert_eq!(problem.kind, "sign-in-needed", "{problem:?}");
    page.wait_for_state("idle").await;
    let leads_to: String = page
        .browser
        .value("document.querySelector('#problem a').href")
        .await;
    assert_eq!(leads_to, url(&front, prefix));
    signed_in.store(true, Ordering::SeqCst);
    page.record().await;
    assert_eq!(page.problem().await, None);
    page.stop().await;
    assert_eq!(page.turns().await[..before.len()], before);
}

/// Starts a server that trusts its proxy, and lets one user record.
async fn behind_proxy(person: &str, identity_header: &str) -> Stage {
    let setting = Setting::new()
        .with_flag("--auth", "proxy")
        .with_flag("--trusted-proxy", "127.0.0.1")
        .with_flag("--identity-header", identity_header)
        .with_flag("--allow-user", person);
    setting.open().await
}

pub(crate) async fn browser() -> Browser {
    let voice = Microphone::Repeats(speech::go_forward().part(0.4, 1.6));
    let resolve = format!("--host-resolver-rules=MAP {HOST} 127.0.0.1");
    Browser::open_with(&voice, &["--ignore-certificate-errors", &resolve]).await
}

async fn record_some_words(page: &Page) {
    page.record().await;
    page.wait_for_words("one two").await;
    page.stop().await;
    assert_eq!(page.problem().await, None);
}

pub(crate) fn url(front: &Front, path: &str) -> String {
    format!("https://{HOST}:{}{path}", front.address.port())
}

pub(crate) fn address(stage: &Stage) -> SocketAddr {
    let address = stage
        .url
        .trim_start_matches("http://")
        .trim_end_matches('/');
    address.parse().expect("an address and a port")
}

/// Returns a client that accepts self-signed certificates, follows no redirects, and sends the
/// page's header.
fn client() -> Client {
    let mut headers = HeaderMap::new();
    headers.insert("x-inturn-host", header::HeaderValue::from_static("a test"));
    let builder = Client::builder()
        .default_headers(headers)
        .tls_danger_accept_invalid_certs(true)
        .redirect(Policy::none())
        .no_proxy();
    // Port 0: the port of the URL is used.
    let any_port = SocketAddr::from(([127, 0, 0, 1], 0));
    builder.resolve(HOST, any_port).build().expect("a client")
}

/// Adds all headers that a server might trust from a proxy.
fn forged(mut request: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
    for name in FORGED {
        request = request.header(*name, MARK);
    }
    request.header("x-forwarded-for", "6.6.6.6, 127.0.0.1")
}

/// Asserts that only the proxy's own headers were forwarded.
fn assert_forwarded(
    received: &Map<String, Value>,
    identity_header: &str,
    user: &str,
    front: &Front,
    prefix: &str,
) {
    let all = Value::from(received.clone()).to_string();
    assert!(!all.contains(MARK) && !all.contains("6.6.6.6"), "{all}");
    assert!(
        !all.contains("uthorization") && !all.contains("authorization"),
        "{all}"
    );
    let value = |name: &str| {
        received
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    assert_eq!(value("path"), "/token", "{all}");
    assert_eq!(value(identity_header), user, "{all}");
    assert_eq!(value("x-forwarded-for"), "127.0.0.1", "{all}");
    assert_eq!(value("x-forwarded-proto"), "https", "{all}");
    let host = format!("{HOST}:{}", front.address.port());
    assert_eq!(value("x-forwarded-host"), host, "{all}");
    // An id that the proxy can log too.
    assert!(value("x-request-id").len() >= 16, "{all}");
    let forwarded_prefix = value("x-forwarded-prefix");
    let expected = if prefix == "/" { "" } else { prefix };
    assert_eq!(forwarded_prefix, expected, "{all}");
}

/// Returns a server that answers with the request's headers (lines joined) and path.
fn echo() -> Router {
    Router::new().fallback(async |headers: HeaderMap, uri: axum::http::Uri| {
        let mut request = Map::new();
        request.insert("path".to_owned(), uri.path().into());
        for name in headers.keys() {
            let lines = headers.get_all(name).iter();
            let lines: Vec<_> = lines
                .map(|it| String::from_utf8_lossy(it.as_bytes()))
                .collect();
            request.insert(name.to_string(), lines.join(" | ").into());
        }
        Json(request)
    })
}

/// Returns a stub of oauth2-proxy: the check by nginx, and the redirect of users who are not signed
/// in.
fn sign_in(prefix: &str, signed_in: Arc<AtomicBool>) -> Router {
    let auth = async move || -> Response {
        if signed_in.load(Ordering::SeqCst) {
            let identity = [("x-auth-request-email", "ada@example.org")];
            (StatusCode::ACCEPTED, identity).into_response()
        } else {
            StatusCode::UNAUTHORIZED.into_response()
        }
    };
    let start = async || {
        let provider = [(header::LOCATION, "https://id.example.org/authorize")];
        (StatusCode::FOUND, provider)
    };
    Router::new()
        .route(&format!("{prefix}oauth2/auth"), get(auth))
        .route(&format!("{prefix}oauth2/start"), get(start))
}

const MARK: &str = "forged-by-a-stranger";

const FORGED: &[&str] = &[
    "forwarded",
    "remote-email",
    "remote-groups",
    "remote-user",
    "x-auth-request-email",
    "x-auth-request-groups",
    "x-auth-request-preferred-username",
    "x-auth-request-user",
    "x-forwarded-email",
    "x-forwarded-groups",
    "x-forwarded-host",
    "x-forwarded-preferred-username",
    "x-forwarded-prefix",
    "x-forwarded-proto",
    "x-forwarded-user",
    "x-proxy-secret",
    "x-real-ip",
    "x-request-id",
];

/// Timeout, far above the time for two starts of the page.
const PATIENCE: Duration = Duration::from_secs(30);
