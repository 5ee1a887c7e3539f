//! `/metrics`: the counters, the listener, and data that metrics must not contain.

use std::time::Duration;

use inturn_protocol::{ServerMessage, TokenReply};
use reqwest::Client;

use crate::support::{FakeUpstream, KEY, OWN_PAGE, Reply, ServerProgram, TOKEN, built_page};

#[tokio::test]
async fn requests_are_counted_without_personal_data() {
    let service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let page = built_page();
    let args = [
        "--metrics-listen=127.0.0.1:0",
        "--service-url",
        service.url(),
        "--auth=proxy",
        "--trusted-proxy=127.0.0.0/8",
        "--person-tokens-per-minute=1",
    ];
    let variables = [("ASSEMBLYAI_API_KEY", KEY)];
    let mut program = ServerProgram::serve_page(page.path(), &args, &variables).await;
    let metrics = program.metrics_url().await;
    let client = Client::new();
    let url = format!("http://{}", program.address);
    for (path, name, status) in [
        ("/token?query-marker", "name-marker", 200),
        ("/token", "name-marker", 429),
        ("/token", "", 401),
        ("/", "name-marker", 200),
        ("/path-marker", "name-marker", 404),
        ("/readyz", "", 200),
    ] {
        let mut call = client.get(format!("{url}{path}"));
        if !name.is_empty() {
            call = call.header("x-forwarded-user", name);
        }
        let call = call.header(OWN_PAGE.0, OWN_PAGE.1);
        let call = call.header("x-forwarded-for", "203.0.113.77");
        let response = call.send().await.expect("a response");
        assert_eq!(response.status(), status, "{path}");
    }
    let text = get(&metrics).await;
    for line in [
        r#"inturn_requests_total{route="/token",status="200"} 1"#,
        r#"inturn_requests_total{route="/token",status="429"} 1"#,
        r#"inturn_requests_total{route="/token",status="401"} 1"#,
        r#"inturn_requests_total{route="files",status="200"} 1"#,
        r#"inturn_requests_total{route="files",status="404"} 1"#,
        r#"inturn_requests_total{route="/readyz",status="200"} 1"#,
        r#"inturn_tokens_total{outcome="handed_out"} 1"#,
        r#"inturn_tokens_total{outcome="limit_reached"} 1"#,
        r#"inturn_tokens_total{outcome="sign_in_needed"} 1"#,
        r#"inturn_limits_hit_total{limit="person_minute"} 1"#,
        "inturn_upstream_seconds_count 1",
        r#"inturn_upstream_seconds_bucket{le="+Inf"} 1"#,
        concat!(
            r#"inturn_build_info{version=""#,
            env!("CARGO_PKG_VERSION"),
            r#""} 1"#
        ),
    ] {
        assert!(text.lines().any(|it| it == line), "{line}:\n{text}");
    }
    // The client has at least one connection, and more if it could not reuse one in time.
    let open = text
        .lines()
        .find_map(|line| line.strip_prefix("inturn_connections_open "));
    let open: u32 = open.expect("a gauge").parse().expect("a number");
    assert!((1..=6).contains(&open), "{open}");
    for secret in ["marker", "203.0.113.77", "127.0.0.1", KEY, TOKEN] {
        assert!(!text.contains(secret), "{secret}: {text}");
    }
    drop(client);
    program.terminate();
    assert!(program.finish().await.0);
}

/// The log tells the operator that the account is billed for another model. Clients can't fill the
/// log with such lines.
#[tokio::test]
async fn a_session_with_an_unexpected_model_is_logged_once() {
    let service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let page = built_page();
    let args = [
        "--metrics-listen=127.0.0.1:0",
        "--service-url",
        service.url(),
        "--speech-model=universal-3-6",
    ];
    let variables = [("ASSEMBLYAI_API_KEY", KEY)];
    let mut program = ServerProgram::serve_page(page.path(), &args, &variables).await;
    let metrics = program.metrics_url().await;
    let client = Client::new();
    let url = format!("http://{}", program.address);
    let report = async |id: &str, body: &str| {
        let call = client.post(format!("{url}/recordings/{id}/begin"));
        let response = call.body(body.to_owned()).send().await.expect("a response");
        assert_eq!(response.status(), 204, "{body}");
    };
    let long = format!(r#"{{"model":"{}"}}"#, "marker".repeat(20));
    let very_long = format!(r#"{{"model":"{}"}}"#, "marker".repeat(500));
    for body in [
        r#"{"model":"universal-3-6"}"#,
        r#"{"model":"universal-9-pro"}"#,
        "{}",
        "",
        r#"{"model":"marker\nmarker"}"#,
        long.as_str(),
        very_long.as_str(),
    ] {
        let reply = client.get(format!("{url}/token")).send().await;
        let reply = reply.expect("a response").text().await.expect("UTF-8");
        let reply = TokenReply::decode(&reply).expect("a reply");
        let id = reply.recording.expect("a recording id");
        for body in [body, body, r#"{"model":"marker-again"}"#] {
            report(&id, body).await;
        }
    }
    report("AAAAAAAAAAAAAAAAAAAAAA", r#"{"model":"marker"}"#).await;
    let text = get(&metrics).await;
    for (model, count) in [("asked", 1), ("another", 1), ("unnamed", 5)] {
        let line = format!(r#"inturn_sessions_begun_total{{model="{model}"}} {count}"#);
        assert!(text.lines().any(|it| it == line), "{line}:\n{text}");
    }
    assert!(
        !text.contains("marker") && !text.contains("universal"),
        "{text}"
    );
    drop(client);
    program.terminate();
    let (_, log) = program.finish().await;
    let line = "the service uses another model than requested asked=universal-3-6 \
                used=universal-9-pro";
    assert_eq!(log.matches(line).count(), 1, "{log}");
    assert_eq!(log.matches("another model").count(), 1, "{log}");
    assert!(!log.contains("marker"), "{log}");
}

#[tokio::test]
async fn metrics_are_served_only_on_their_own_listener() {
    let page = built_page();
    let dir = page.path().to_str().expect("UTF-8");
    let mut args = vec![
        "--client-dir",
        dir,
        "--listen=127.0.0.1:0",
        "--recogniser=script",
    ];
    let program = ServerProgram::start(page.path(), &args, &[]).await;
    let response = reqwest::get(format!("http://{}/metrics", program.address)).await;
    assert_eq!(response.expect("a response").status(), 404);
    program.terminate();
    assert!(program.finish().await.0);

    args.push("--metrics-listen=127.0.0.1:0");
    let mut program = ServerProgram::start(page.path(), &args, &[]).await;
    let metrics = program.metrics_url().await;
    let base = metrics.trim_end_matches("/metrics");
    for (url, status) in [
        (format!("http://{}/metrics", program.address), 404),
        (format!("{base}/metrics"), 200),
        (format!("{base}/healthz"), 200),
        (format!("{base}/readyz"), 200),
        (format!("{base}/token"), 404),
        (format!("{base}/"), 404),
    ] {
        let response = reqwest::get(&url).await.expect("a response");
        assert_eq!(response.status(), status, "{url}");
    }
    program.terminate();
    assert!(program.finish().await.0);
}

#[tokio::test]
async fn a_connection_cut_for_a_slow_head_is_counted() {
    let page = built_page();
    let args = [
        "--metrics-listen=127.0.0.1:0",
        "--recogniser=script",
        "--header-timeout-seconds=1",
    ];
    let mut program = ServerProgram::serve_page(page.path(), &args, &[]).await;
    let metrics = program.metrics_url().await;
    let slow = tokio::net::TcpStream::connect(&program.address).await;
    let slow = slow.expect("a connection");
    slow.readable().await.expect("the connection is cut");
    let text = get(&metrics).await;
    let line = r#"inturn_connections_cut_total{reason="slow_head"} 1"#;
    assert!(text.lines().any(|it| it == line), "{text}");
    program.terminate();
    assert!(program.finish().await.0);
}

#[tokio::test]
async fn the_local_service_counts_its_sessions_and_its_audio() {
    let page = built_page();
    let args = [
        "--metrics-listen=127.0.0.1:0",
        "--recogniser=script",
        "--local-person-sessions=2",
    ];
    let mut program = ServerProgram::serve_page(page.path(), &args, &[]).await;
    let metrics = program.metrics_url().await;
    let value = async |name: &str| {
        let text = get(&metrics).await;
        let line = format!("inturn_local_{name}{{recogniser=\"script\"}} ");
        let value = text.lines().find_map(|it| it.strip_prefix(&line));
        value.map(|it| it.parse::<f64>().expect("a number"))
    };
    let mut sessions = [program.session().await, program.session().await];
    for session in &mut sessions {
        let begin = session.message().await;
        assert!(matches!(begin, ServerMessage::Begin(_)), "{begin:?}");
    }
    let refused = program.session().await.message().await;
    assert!(matches!(refused, ServerMessage::Error(_)), "{refused:?}");
    assert_eq!(value("sessions_open").await, Some(2.0));
    assert_eq!(value("sessions_refused_total").await, Some(1.0));
    assert_eq!(value("audio_seconds_total").await, Some(0.0));
    // The script needs almost no processor time.
    assert_eq!(value("sessions_limit").await, None);

    for session in &mut sessions {
        session.silence(700).await;
        session.terminate().await;
        while !matches!(session.message().await, ServerMessage::Termination(_)) {}
        assert_eq!(session.close_code().await, Some(1000));
    }
    let mut open = value("sessions_open").await;
    for _ in 0..MAX_POLLS {
        if open == Some(0.0) {
            break;
        }
        tokio::time::sleep(POLL_INTERVAL).await;
        open = value("sessions_open").await;
    }
    assert_eq!(open, Some(0.0), "the sessions have ended");
    assert_eq!(value("audio_seconds_total").await, Some(1.4));
    assert!(value("recogniser_seconds_total").await > Some(0.0));
    program.terminate();
    assert!(program.finish().await.0);
}

async fn get(url: &str) -> String {
    let response = reqwest::get(url).await.expect("a response");
    assert_eq!(
        response.headers()["content-type"],
        "application/openmetrics-text; version=1.0.0; charset=utf-8"
    );
    response.text().await.expect("UTF-8")
}

/// How often a metric is read, whose changes can only be polled.
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// Twenty seconds: far longer than a session takes to end.
const MAX_POLLS: u32 = 1_000;
