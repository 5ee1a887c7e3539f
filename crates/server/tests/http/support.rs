//! Test support: a built page, a server, and helpers for requests.

mod program;
#[cfg(feature = "redis-server")]
mod redis;

use std::{
    ffi::OsString,
    fs,
    path::Path,
    sync::{Mutex, Once},
};

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Request, StatusCode},
};
use inturn_server::{AppState, Config, app, logging};
use inturn_service::ApiKey;
pub(crate) use inturn_testkit::{
    FakeUpstream, Reply,
    secrets::{KEY, TOKEN},
};
use inturn_testkit::{OutputFile, OutputSource, keep_response};
pub(crate) use program::ServerProgram;
#[cfg(feature = "redis-server")]
pub(crate) use redis::RedisServer;
use serde_json::Value;
use tempfile::TempDir;
use tower::ServiceExt;

/// Returns the inline script that a build puts into the page.
pub(crate) fn start_script() -> &'static str {
    let build = include_str!("../../../../public/index.html");
    let script = build.split_once("<script type=\"module\">");
    let script = script.and_then(|(_, rest)| rest.split_once("</script>"));
    script.expect("the build has a script").0
}

/// Creates a built page in a temporary folder.
pub(crate) fn built_page() -> TempDir {
    let dir = tempfile::tempdir().expect("a temporary folder");
    for (name, text) in [
        ("index.html", page(start_script()).as_str()),
        ("app-0123456789ab.js", "export default () => {};"),
        ("app-0123456789ab.js.br", "compressed by brotli"),
        ("app-0123456789ab.js.gz", "compressed by gzip"),
        ("app-0123456789ab_bg.wasm", "\0asm"),
        ("style-0123456789ab.css", "body {}"),
        ("audio-processor.js", "registerProcessor;"),
        ("snippets/x/y.js", "export {};"),
        (".env", "NAME=never-served"),
    ] {
        write(dir.path(), name, text);
    }
    dir
}

/// Returns a page with one inline script and one script file.
pub(crate) fn page(script: &str) -> String {
    format!(
        "<!doctype html><title>x</title><script type=\"module\">{script}</script>\
         <script src=\"audio-processor.js\"></script>"
    )
}

pub(crate) fn write(dir: &Path, name: &str, text: &str) {
    let path = dir.join(name);
    fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
    fs::write(path, text).expect("a file");
}

/// The header with which our own page requests a token.
pub(crate) const OWN_PAGE: (&str, &str) = ("x-inturn-host", "localhost");

/// Returns a configuration from flags, without an API key from the environment.
pub(crate) fn config(page: &Path, flags: &[&str]) -> Config {
    let mut args = vec![OsString::from("inturn"), "--client-dir".into(), page.into()];
    args.extend(flags.iter().map(OsString::from));
    Config::parse_flags(args).expect("valid flags")
}

/// Returns a configuration that uses `service` with [`KEY`].
pub(crate) fn config_for(service: &FakeUpstream, page: &Path, flags: &[&str]) -> Config {
    let mut all = vec!["--service-url", service.url()];
    all.extend(flags);
    let mut config = config(page, &all);
    config.key = ApiKey::parse(KEY).expect("a key");
    config
}

/// Flags that turn the limits off, for tests that send many requests.
pub(crate) const UNLIMITED: [&str; 8] = [
    "--person-tokens-per-minute=0",
    "--person-tokens-per-day=0",
    "--person-recordings-at-once=0",
    "--all-tokens-per-minute=0",
    "--all-tokens-per-day=0",
    "--all-recordings-at-once=0",
    "--person-hours-per-day=0",
    "--all-hours-per-day=0",
];

/// Returns the router that the program serves.
pub(crate) fn router(config: &Config) -> Router {
    keep_log();
    app(AppState::new(config).expect("a state"))
}

/// Keeps everything that this process logs, for the search for secrets after all tests.
fn keep_log() {
    static STARTED: Once = Once::new();
    STARTED.call_once(|| {
        let Some((_, file)) = OutputFile::create_if_kept(OutputSource::Log) else {
            return;
        };
        let all = ["inturn", "--log-filter=trace"].map(OsString::from);
        let all = Config::parse_flags(all).expect("valid flags");
        let log = logging::subscriber(&all.log, false, Mutex::new(file));
        // No other code sets a subscriber for the whole process.
        tracing::subscriber::set_global_default(log).expect("the first subscriber");
    });
}

/// A response, read to its end.
pub(crate) struct Response {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Response {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Returns a header's value, or `""` if the header is missing.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().expect("UTF-8"))
    }
}

pub(crate) async fn send(router: &Router, request: Request<Body>) -> Response {
    let asked = format!("{} {}", request.method(), request.uri().path());
    let response = router.clone().oneshot(request).await.expect("infallible");
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.expect("a body").to_vec();
    let headers = parts.headers.iter();
    let headers = headers.map(|(name, value)| (name.as_str(), value.as_bytes()));
    keep_response(&format!("{asked}: {}", parts.status), headers, &body);
    Response {
        status: parts.status,
        headers: parts.headers,
        body,
    }
}

pub(crate) async fn request(
    router: &Router,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
) -> Response {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    send(router, request.body(Body::empty()).expect("a request")).await
}

pub(crate) async fn get(router: &Router, path: &str) -> Response {
    request(router, "GET", path, &[]).await
}
