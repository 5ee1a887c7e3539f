//! Request ids: forwarded from a trusted proxy or generated, in the response and on every log line.

use reqwest::Client;
use serde_json::Value;

use crate::support::{FakeUpstream, KEY, OWN_PAGE, Reply, ServerProgram, TOKEN, built_page};

#[tokio::test]
async fn the_request_id_is_on_every_log_line_and_in_the_response() {
    let service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let lines = log_lines(&service, &["--trusted-proxy=127.0.0.0/8"], "proxy-id-1").await;
    // A request for a token has one log line, which names the person.
    let [line] = &lines[..] else {
        panic!("{lines:?}");
    };
    assert_eq!(line["span"]["id"], "proxy-id-1", "{line}");
    let values = ["message", "target", "path", "address", "who"].map(|field| line[field].as_str());
    let expected = [
        "a token was handed out",
        "inturn_server::audit",
        "/token",
        "203.0.113.77",
        "-",
    ];
    assert_eq!(values, expected.map(Some), "{line}");
    assert_eq!(
        fields(line),
        [
            "address",
            "cap_seconds",
            "level",
            "message",
            "method",
            "ms",
            "path",
            "span",
            "status",
            "target",
            "timestamp",
            "who"
        ]
    );

    let failing = FakeUpstream::start(Reply::json("401 Unauthorized", "{}")).await;
    let lines = log_lines(&failing, &["--trusted-proxy=127.0.0.0/8"], "a/b.c-d_e:f+g=").await;
    let cause = lines.iter().find(|line| line["level"] == "WARN");
    assert_eq!(cause.expect("a warning")["span"]["id"], "a/b.c-d_e:f+g=");
    let request = lines.iter().find(|line| line["message"] == "request");
    let request = request.expect("a request line");
    assert_eq!(request["code"], "key_refused");
    assert_eq!(
        fields(request),
        [
            "address",
            "code",
            "level",
            "message",
            "method",
            "ms",
            "path",
            "span",
            "status",
            "target",
            "timestamp"
        ]
    );
}

#[tokio::test]
async fn an_untrusted_or_invalid_id_is_replaced() {
    let service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let long = "x".repeat(129);
    for (flags, sent) in [
        (&[][..], "strangers-marker"),
        (&["--trusted-proxy=127.0.0.0/8"], "odd marker"),
        (&["--trusted-proxy=127.0.0.0/8"], "marker\"}"),
        (&["--trusted-proxy=127.0.0.0/8"], &long),
    ] {
        let lines = log_lines(&service, flags, sent).await;
        let ids = lines.iter().filter_map(|line| line["span"]["id"].as_str());
        let ids: Vec<_> = ids.collect();
        assert!(
            !ids.is_empty() && ids.iter().all(|id| *id == ids[0]),
            "{ids:?}"
        );
        assert_eq!(ids[0].len(), 36, "a UUID");
        assert!(!format!("{lines:?}").contains(sent), "{lines:?}");
    }
}

#[tokio::test]
async fn a_filter_for_warnings_keeps_their_request_ids() {
    let service = FakeUpstream::start(Reply::json("401 Unauthorized", "{}")).await;
    let flags = ["--trusted-proxy=127.0.0.0/8", "--log-filter=warn"];
    let lines = log_lines(&service, &flags, "proxy-id-2").await;
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert_eq!(lines[0]["span"]["id"], "proxy-id-2");
}

fn fields(line: &Value) -> Vec<&str> {
    let line = line.as_object().expect("an object");
    let mut fields: Vec<_> = line.keys().map(String::as_str).collect();
    fields.sort_unstable();
    fields
}

/// Requests a token, checks that the response and all log lines have the same id, and returns the
/// lines.
async fn log_lines(service: &FakeUpstream, flags: &[&str], id: &str) -> Vec<Value> {
    let page = built_page();
    let dir = page.path().to_str().expect("UTF-8");
    let mut args = vec!["--client-dir", dir, "--listen=127.0.0.1:0"];
    args.extend(["--log-format=json", "--auth=open", "--service-url"]);
    args.push(service.url());
    args.extend(flags);
    let program = ServerProgram::start(page.path(), &args, &[("ASSEMBLYAI_API_KEY", KEY)]).await;
    let url = format!("http://{}/token", program.address);
    let response = Client::new()
        .get(url)
        .header("x-request-id", id)
        .header(OWN_PAGE.0, OWN_PAGE.1)
        .header("x-forwarded-for", "203.0.113.77")
        .send()
        .await
        .expect("a response");
    let echoed = response.headers()["x-request-id"].to_str().expect("UTF-8");
    let echoed = echoed.to_owned();
    program.terminate();
    let (_, log) = program.finish().await;
    let lines: Vec<Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .filter(|line: &Value| !line["span"].is_null() || line["level"] == "WARN")
        // Skip a warning that is logged at start, before there is a request.
        .filter(|line| !line["message"].to_string().contains("--auth open"))
        .collect();
    for line in &lines {
        assert_eq!(line["span"]["id"], *echoed, "{line}");
    }
    lines
}
