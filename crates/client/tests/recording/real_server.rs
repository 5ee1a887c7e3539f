//! Tokens from a real Inturn server, with a passphrase and below a prefix.

use std::{ffi::OsString, future::pending};

use inturn_client::{
    Event, Options, Problem, Recording, ServerTokens, SignInError, TokenFailure,
    protocol::ErrorCode,
    service::{ApiKey, Tls},
};
use inturn_server::{
    AppState, Config, ServeOptions, app, config::PasswordHash, hash_password, listen, serve,
};
use inturn_testkit::{
    secrets::{KEY, PASSPHRASE},
    serving::Transport,
};
use tempfile::TempDir;
use tokio::task::JoinHandle;

use crate::{
    sources::Script,
    stage::{Stage, finish, numbers},
};

/// A server below a prefix. People sign in with the passphrase, and may record once at a time.
struct Server {
    url: String,
    serving: JoinHandle<()>,
    _page: TempDir,
}

impl Server {
    async fn start(service_url: &str) -> Self {
        let page = tempfile::tempdir().expect("a folder");
        let index = page.path().join("index.html");
        std::fs::write(index, "<!doctype html><title>x</title>").expect("a file");
        let flags = [
            "inturn",
            "--client-dir",
            page.path().to_str().expect("UTF-8"),
            "--service-url",
            service_url,
            "--auth=password",
            "--base-path=/team/captions",
            "--person-recordings-at-once=1",
        ];
        let mut config = Config::parse_flags(flags.map(OsString::from)).expect("flags");
        config.key = ApiKey::parse(KEY).expect("a key");
        let hash = hash_password(PASSPHRASE).expect("a hash");
        config.access.secrets.password_hash = PasswordHash::parse(&hash).expect("a hash");
        let address = "127.0.0.1:0".parse().expect("an address");
        let listener = listen(address).await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let routes = app(AppState::new(&config).expect("a state"));
        let serving = tokio::spawn(serve(listener, routes, pending(), ServeOptions::default()));
        Self {
            url: format!("http://{address}/team/captions"),
            serving,
            _page: page,
        }
    }

    fn tokens(&self) -> ServerTokens {
        ServerTokens::new(self.url.parse().expect("a base URL"))
    }

    async fn sign_in(&self, passphrase: &str) -> Result<ServerTokens, SignInError> {
        self.tokens().sign_in(passphrase, &Tls::default()).await
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// With a limit of one, the second recording needs the first one's lease to be released, and the
/// second session of a recording needs the lease of the first.
#[tokio::test(flavor = "multi_thread")]
async fn one_recording_after_another_is_allowed_and_a_lost_session_keeps_the_lease() {
    let cut = r#"[{"fault": "cut", "after_audio_ms": 1000, "session": 1}]"#;
    let stage = Stage::start(Transport::Tcp, cut).await;
    let server = Server::start(&stage.serving.url).await;
    let tokens = server
        .sign_in(PASSPHRASE)
        .await
        .expect("the right passphrase");
    for sessions in [2, 3] {
        let (_handle, mut events) =
            Recording::start(Script::speech(0..6), Options::new(tokens.clone()));
        let seen = finish(&mut events).await;
        assert_eq!(
            numbers(events.transcript()),
            Vec::from_iter(0..6),
            "{seen:#?}"
        );
        assert_eq!(stage.emulator.sessions().len(), sessions, "{seen:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_cookie_needs_a_sign_in() {
    let stage = Stage::start(Transport::Tcp, "[]").await;
    let server = Server::start(&stage.serving.url).await;
    let tokens = server.tokens().with_header("Cookie", "inturn=wrong");
    let options = Options::new(tokens.expect("a header"));
    let (handle, mut events) = Recording::start(Script::speech(0..6), options);
    let problem = Problem::Token(TokenFailure::Refused {
        code: ErrorCode::SignInNeeded,
        retry_after_secs: None,
    });
    while let Some(event) = events.next().await {
        if event == Event::Interrupted(problem) {
            drop(handle);
            return assert_eq!(stage.emulator.sessions(), []);
        }
    }
    panic!("the recording ended by itself");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_passphrase_is_refused_and_not_repeated() {
    let stage = Stage::start(Transport::Tcp, "[]").await;
    let server = Server::start(&stage.serving.url).await;
    let error = server.sign_in("wrong-marker").await.expect_err("wrong");
    assert!(matches!(error, SignInError::WrongPassphrase), "{error}");
    assert!(!format!("{error} {error:?}").contains("marker"));

    // The emulator has no such route.
    let url = stage.serving.url.parse().expect("a base URL");
    let tokens = ServerTokens::new(url);
    let error = tokens.sign_in(PASSPHRASE, &Tls::default()).await;
    let error = error.expect_err("no sign-in");
    assert!(matches!(error, SignInError::NotOffered), "{error}");
}
