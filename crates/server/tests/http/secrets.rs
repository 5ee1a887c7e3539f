//! The key, the tokens and what the service wrote are in no log, at any level.

use std::{
    io,
    sync::{Arc, Mutex},
};

use inturn_protocol::ServerMessage;
use inturn_server::logging;
use tracing::{info, trace, warn};

use crate::support::{FakeUpstream, KEY, Program, Reply, TOKEN, built_page, config, get};

const ARGS: [&str; 4] = ["--listen", "127.0.0.1:0", "--log-filter", "trace"];

#[tokio::test]
async fn neither_key_nor_token_is_logged_with_a_real_service() {
    let page = built_page();
    let dir = page.path().to_str().expect("text");
    let body = format!(r#"{{"error":"upstream-marker {KEY} {TOKEN}"}}"#);
    for reply in [
        Reply::token(TOKEN),
        Reply::json("401 Unauthorized", &body),
        Reply::json("500 Internal Server Error", &body),
        Reply::json("200 OK", &body),
        Reply::Cut,
        Reply::Hang,
    ] {
        let service = FakeUpstream::start(reply).await;
        let mut args = ARGS.to_vec();
        args.extend(["--client-dir", dir, "--service-url", service.url()]);
        args.extend(["--upstream-timeout-seconds", "1"]);
        let program = Program::listening(page.path(), &args, &[("ASSEMBLYAI_API_KEY", KEY)]).await;
        let url = format!("http://{}/token?token={TOKEN}&key={KEY}", program.address);
        let client = reqwest::Client::new();
        let answer = client.get(url).header("authorization", KEY).send().await;
        let text = answer.expect("answers").text().await.expect("a body");
        assert!(
            !text.contains(KEY) && !text.contains("upstream-marker"),
            "{text}"
        );
        program.terminate();
        let (_, written) = program.finish().await;
        assert!(written.contains("path=\"/token\""), "{written}");
        for secret in [KEY, TOKEN, "upstream-marker"] {
            assert!(!written.contains(secret), "{secret}: {written}");
        }
    }
}

#[tokio::test]
async fn no_token_is_logged_by_the_local_service() {
    let page = built_page();
    let dir = page.path().to_str().expect("text");
    let mut args = ARGS.to_vec();
    args.extend(["--client-dir", dir, "--recogniser", "script"]);
    let program = Program::listening(page.path(), &args, &[]).await;
    let mut session = program.session().await;
    assert!(matches!(session.message().await, ServerMessage::Begin(_)));
    session.terminate().await;
    while !matches!(session.message().await, ServerMessage::Termination(_)) {}
    program.terminate();
    let (_, written) = program.finish().await;
    assert!(written.contains("path=\"/local/v3/ws\""), "{written}");
    assert!(!written.contains(&session.token), "{written}");
}

#[test]
fn other_peoples_crates_log_nothing_fine() {
    let written = Written::default();
    let page = built_page();
    let config = config(page.path(), &["--log-filter", "trace"]);
    let writer = written.clone();
    let log = logging::subscriber(&config.log, false, move || writer.clone());
    tracing::subscriber::with_default(log, || {
        trace!(target: "inturn_server::token", "ours");
        trace!(target: "hyper::proto::h1::io", "head-marker");
        tracing::debug!(target: "tungstenite::protocol", "frame-marker");
        tracing::debug_span!(target: "tower_http::trace", "request", uri = "uri-marker")
            .in_scope(|| info!(target: "h2", "theirs"));
        warn!(target: "rustls", "warned");
    });
    let text = written.text();
    for kept in ["ours", "theirs", "warned"] {
        assert!(text.contains(kept), "{kept}: {text}");
    }
    assert!(!text.contains("marker"), "{text}");
}

#[tokio::test]
async fn the_log_has_the_cause_and_the_reply_has_not() {
    let written = Written::default();
    let page = built_page();
    let service = FakeUpstream::start(Reply::json("401 Unauthorized", "{}")).await;
    let config = crate::support::config_for(&service, page.path(), &[]);
    let writer = written.clone();
    let log = logging::subscriber(&config.log, false, move || writer.clone());
    let _guard = tracing::subscriber::set_default(log);
    let answer = get(&crate::support::router(&config), "/token").await;
    assert_eq!(answer.status, 500);
    let text = written.text();
    let causes = text
        .lines()
        .filter(|line| line.contains("the service refused the API key (401)"));
    assert_eq!(causes.count(), 1, "{text}");
    assert!(!answer.text().contains("401"), "{}", answer.text());
}

/// A place for log lines that a test can read.
#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Written {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().expect("no panic").clone()).expect("text")
    }
}

impl io::Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("no panic").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
