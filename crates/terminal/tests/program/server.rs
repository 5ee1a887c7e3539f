//! A team's server: real, below a prefix, with a passphrase, and with the local service.

use std::{ffi::OsString, future::pending};

use axum::{Router, body::Body, http::Request};
use inturn_server::{
    AppState, Config, ServeOptions, app, config::PasswordHash, hash_password, listen, serve,
};
use inturn_testkit::secrets::PASSPHRASE;
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tower::ServiceExt;

use crate::{
    audio::{raw, speech},
    program::Program,
};

/// A server that is served until this is dropped.
struct Server {
    url: String,
    routes: Router,
    serving: JoinHandle<()>,
    _page: TempDir,
}

impl Server {
    async fn start() -> Self {
        let page = tempfile::tempdir().expect("a folder");
        let index = page.path().join("index.html");
        std::fs::write(index, "<!doctype html><title>x</title>").expect("a file");
        let mut flags: Vec<OsString> = [
            "inturn",
            "--auth=password",
            "--base-path=/team/captions",
            "--local-service",
            "--recogniser=tones",
            "--client-dir",
        ]
        .map(OsString::from)
        .into();
        flags.push(page.path().into());
        let mut config = Config::parse_flags(flags).expect("flags");
        let hash = hash_password(PASSPHRASE).expect("a hash");
        config.access.secrets.password_hash = PasswordHash::parse(&hash).expect("a hash");
        let listener = listen("127.0.0.1:0".parse().expect("an address")).await;
        let listener = listener.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let routes = app(AppState::new(&config).expect("a state"));
        let serving = serve(listener, routes.clone(), pending(), ServeOptions::default());
        Self {
            url: format!("http://{address}/team/captions"),
            routes,
            serving: tokio::spawn(serving),
            _page: page,
        }
    }

    /// Signs in, and returns the cookie.
    async fn sign_in(&self) -> String {
        let request = Request::post("/team/captions/sign-in")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Body::from(format!("passphrase={PASSPHRASE}")))
            .expect("a request");
        let response = self.routes.clone().oneshot(request).await;
        let response = response.unwrap_or_else(|never| match never {});
        let cookie = response.headers()["set-cookie"].to_str().expect("ASCII");
        cookie.split(';').next().expect("a cookie").to_owned()
    }

    fn program(&self, cookie: &str) -> Program {
        Program::new(["--rate", "16000", "--server", &self.url])
            .var("INTURN_SERVER_HEADERS", format!("Cookie: {cookie}"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_below_a_prefix_gives_tokens_for_a_cookie() {
    let server = Server::start().await;
    let cookie = server.sign_in().await;
    let ended = server.program(&cookie).run_with(raw(&speech(0..6))).await;
    assert_eq!(ended.status, Some(0), "{ended:?}");
    assert_eq!(ended.stdout, "W0 w1 w2.\nW3 w4 w5.\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_cookie_is_a_refusal() {
    let server = Server::start().await;
    for cookie in ["", "inturn=wrong"] {
        let ended = server.program(cookie).run_with(raw(&speech(0..3))).await;
        assert_eq!(ended.status, Some(4), "{ended:?}");
        assert!(ended.stderr.contains("sign in"), "{ended:?}");
        assert_eq!(ended.stdout, "");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passphrase_is_not_sent_unencrypted_without_a_warning() {
    // No such name exists, so the sign-in fails after the warning.
    let program = Program::new([
        "--quiet",
        "--server",
        "http://captions.invalid",
        "--rate=16000",
    ]);
    let ended = program
        .var("INTURN_SERVER_PASSPHRASE", PASSPHRASE)
        .run()
        .await;
    assert_eq!(ended.status, Some(5), "{ended:?}");
    let mut lines = ended.stderr.lines();
    let warning = lines.next().unwrap_or_default();
    assert!(warning.contains("unencrypted: use https://"), "{ended:?}");
    assert!(
        lines.next().is_some_and(|it| it.contains("Sign-in")),
        "{ended:?}"
    );
    assert!(!ended.stderr.contains(PASSPHRASE));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flag_wins_over_the_variable_of_a_server() {
    let program = Program::new(["--local-service", "--recogniser=tones", "--rate=16000"])
        .var("INTURN_SERVER", "https://captions.invalid");
    let ended = program.run_with(raw(&speech(0..3))).await;
    assert_eq!(ended.status, Some(0), "{ended:?}");
    assert_eq!(ended.stdout, "W0 w1 w2.\n");
}
