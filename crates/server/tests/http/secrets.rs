//! Secrets: the key, tokens and the service's replies are in no log, at any level.

use std::{
    io,
    sync::{Arc, Mutex},
};

use inturn_protocol::ServerMessage;
use inturn_server::logging;
use inturn_testkit::secrets::{PASSPHRASE, PROXY, SIGN_IN};
use tracing::{info, trace, warn};

use crate::support::{
    FakeUpstream, KEY, OWN_PAGE, Reply, ServerProgram, TOKEN, built_page, config, get,
};

const ARGS: [&str; 4] = ["--listen", "127.0.0.1:0", "--log-filter", "trace"];

#[tokio::test]
async fn neither_key_nor_token_is_logged_with_a_real_service() {
    let page = built_page();
    let dir = page.path().to_str().expect("UTF-8");
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
        let program =
            ServerProgram::start(page.path(), &args, &[("ASSEMBLYAI_API_KEY", KEY)]).await;
        let url = format!("http://{}/token?token={TOKEN}&key={KEY}", program.address);
        let client = reqwest::Client::new();
        let response = client.get(url).header("authorization", KEY).send().await;
        let text = response.expect("a response").text().await.expect("a body");
        assert!(
            !text.contains(KEY) && !text.contains("upstream-marker"),
            "{text}"
        );
        program.terminate();
        let (_, log) = program.finish().await;
        assert!(log.contains("path=\"/token\""), "{log}");
        for secret in [KEY, TOKEN, "upstream-marker"] {
            assert!(!log.contains(secret), "{secret}: {log}");
        }
    }
}

#[tokio::test]
async fn no_token_is_logged_by_the_local_service() {
    let page = built_page();
    let dir = page.path().to_str().expect("UTF-8");
    let mut args = ARGS.to_vec();
    args.extend(["--client-dir", dir, "--recogniser", "script"]);
    let program = ServerProgram::start(page.path(), &args, &[]).await;
    let mut session = program.session().await;
    assert!(matches!(session.message().await, ServerMessage::Begin(_)));
    session.terminate().await;
    while !matches!(session.message().await, ServerMessage::Termination(_)) {}
    program.terminate();
    let (_, log) = program.finish().await;
    assert!(log.contains("path=\"/local/v3/ws\""), "{log}");
    assert!(!log.contains(&session.token), "{log}");
}

#[test]
fn other_crates_log_nothing_below_info() {
    let buffer = LogBuffer::default();
    let page = built_page();
    let config = config(page.path(), &["--log-filter", "trace"]);
    let writer = buffer.clone();
    let log = logging::subscriber(&config.log, false, move || writer.clone());
    tracing::subscriber::with_default(log, || {
        trace!(target: "inturn_server::token", "ours");
        trace!(target: "hyper::proto::h1::io", "head-marker");
        tracing::debug!(target: "tungstenite::protocol", "frame-marker");
        tracing::debug_span!(target: "tower_http::trace", "request", uri = "uri-marker")
            .in_scope(|| info!(target: "h2", "theirs"));
        warn!(target: "rustls", "warned");
    });
    let text = buffer.text();
    for kept in ["ours", "theirs", "warned"] {
        assert!(text.contains(kept), "{kept}: {text}");
    }
    assert!(!text.contains("marker"), "{text}");
}

#[tokio::test]
async fn the_cause_is_in_the_log_and_not_in_the_response() {
    let buffer = LogBuffer::default();
    let page = built_page();
    let service = FakeUpstream::start(Reply::json("401 Unauthorized", "{}")).await;
    let config = crate::support::config_for(&service, page.path(), &[]);
    let writer = buffer.clone();
    let log = logging::subscriber(&config.log, false, move || writer.clone());
    let _guard = tracing::subscriber::set_default(log);
    let response = get(&crate::support::router(&config), "/token").await;
    assert_eq!(response.status, 500);
    let text = buffer.text();
    let causes = text
        .lines()
        .filter(|line| line.contains("the service refused the API key (401)"));
    assert_eq!(causes.count(), 1, "{text}");
    assert!(!response.text().contains("401"), "{}", response.text());
}

/// Sends every kind of request to servers with markers as secrets, then searches for the markers.
#[tokio::test]
async fn no_secret_is_in_any_response_or_log() {
    // The client panics without an installed crypto provider.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let page = built_page();
    let dir = page.path().to_str().expect("UTF-8");
    let hash = inturn_server::hash_password(PASSPHRASE).expect("a hash");
    let refusal = format!(r#"{{"error":"{KEY} {TOKEN}"}}"#);
    for (mode, format) in [
        ("loopback", "text"),
        ("proxy", "json"),
        ("password", "json"),
        ("open", "text"),
    ] {
        for reply in [
            Reply::token(TOKEN),
            Reply::json("401 Unauthorized", &refusal),
            Reply::Cut,
        ] {
            let gives_token = matches!(reply, Reply::Answer("200 OK", ..));
            let service = FakeUpstream::start(reply).await;
            let mut args = ARGS.to_vec();
            args.extend(["--client-dir", dir, "--service-url", service.url()]);
            args.extend(["--auth", mode, "--log-format", format]);
            args.extend(["--trusted-proxy", "127.0.0.1"]);
            let variables = [
                ("ASSEMBLYAI_API_KEY", KEY),
                ("INTURN_PROXY_SECRET", PROXY),
                ("INTURN_SIGN_IN_SECRET", SIGN_IN),
                ("INTURN_PASSWORD_HASH", &hash),
            ];
            let program = ServerProgram::start(page.path(), &args, &variables).await;
            let url = format!("http://{}", program.address);
            let client = reqwest::Client::builder()
                .redirect(reqwest::redirect::Policy::none())
                .no_proxy()
                .build()
                .expect("a client");
            let given = format!("passphrase={PASSPHRASE}");
            let form = ("content-type", "application/x-www-form-urlencoded");
            let signed_in = client.post(format!("{url}/sign-in")).header(form.0, form.1);
            let signed_in = signed_in
                .body(given.clone())
                .send()
                .await
                .expect("a response");
            let cookie = signed_in.headers().get("set-cookie");
            let cookie = cookie.and_then(|it| it.to_str().ok()?.split(';').next());
            let cookie = cookie.unwrap_or_default().to_owned();
            let mut tokens = 0;
            for path in [
                "",
                "index.html",
                "config",
                "token",
                "healthz",
                "readyz",
                "metrics",
                "sign-in",
                "sign-out",
                "local/v3/token",
                "recordings/x/end",
                "nothing",
                "%2e%2e/.env",
            ] {
                for method in ["GET", "POST", "HEAD", "DELETE"] {
                    for secret in [PROXY, "wrong"] {
                        let method = method.parse().expect("a method");
                        let address = format!("{url}/{path}?key={KEY}&token={TOKEN}");
                        let mut request = client.request(method, address).body(given.clone());
                        request = request
                            .header("authorization", KEY)
                            .header("cookie", &cookie)
                            .header(OWN_PAGE.0, OWN_PAGE.1);
                        if mode == "proxy" {
                            request = request
                                .header("x-forwarded-user", "ann")
                                .header("x-proxy-secret", secret);
                        }
                        let response = request.send().await.expect("a response");
                        let headers = format!("{:?}", response.headers());
                        let text = response.text().await.expect("a body");
                        if path == "token" && text.contains(TOKEN) {
                            tokens += 1;
                            continue;
                        }
                        for hidden in [KEY, TOKEN, PROXY, SIGN_IN, PASSPHRASE, hash.as_str()] {
                            assert!(
                                !headers.contains(hidden),
                                "{mode} {path}: {hidden}: {headers}"
                            );
                            assert!(!text.contains(hidden), "{mode} {path}: {hidden}: {text}");
                        }
                    }
                }
            }
            assert_eq!(tokens > 0, gives_token, "{mode}");
            program.terminate();
            let (_, log) = program.finish().await;
            assert!(log.contains("/token"), "{log}");
            let cookie = cookie.rsplit('=').next().filter(|it| !it.is_empty());
            for hidden in [KEY, TOKEN, PROXY, SIGN_IN, PASSPHRASE, hash.as_str()]
                .into_iter()
                .chain(cookie)
            {
                assert!(!log.contains(hidden), "{mode}: {hidden}: {log}");
            }
        }
    }
}

/// A buffer of log lines that a test can read.
#[derive(Clone, Default)]
struct LogBuffer(Arc<Mutex<Vec<u8>>>);

impl LogBuffer {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().expect("no panic").clone()).expect("UTF-8")
    }
}

impl io::Write for LogBuffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("no panic").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
