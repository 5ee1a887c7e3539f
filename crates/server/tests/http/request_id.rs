//! Each request has an id: its proxy's or our own, in the answer and on every line.

use reqwest::Client;
use serde_json::Value;

use crate::support::{FakeUpstream, KEY, Program, Reply, TOKEN, built_page};

#[tokio::test]
async fn an_id_is_on_every_line_and_in_the_answer() {
    let service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let lines = ask(&service, &["--trusted-proxy=127.0.0.0/8"], "proxy-id-1").await;
    for message in ["request", "a token was handed out"] {
        let line = lines.iter().find(|line| line["message"] == message);
        let line = line.unwrap_or_else(|| panic!("{message}: {lines:?}"));
        assert_eq!(line["span"]["id"], "proxy-id-1", "{line}");
        assert_eq!(line["address"], "203.0.113.77", "{line}");
    }
    let request = lines.iter().find(|line| line["message"] == "request");
    let request = request.expect("a request line").as_object();
    let mut fields: Vec<_> = request.expect("an object").keys().collect();
    fields.sort();
    assert_eq!(
        fields,
        [
            "address",
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

    let failing = FakeUpstream::start(Reply::json("401 Unauthorized", "{}")).await;
    let lines = ask(&failing, &["--trusted-proxy=127.0.0.0/8"], "a/b.c-d_e:f+g=").await;
    let cause = lines.iter().find(|line| line["level"] == "WARN");
    assert_eq!(cause.expect("a warning")["span"]["id"], "a/b.c-d_e:f+g=");
    let request = lines.iter().find(|line| line["message"] == "request");
    assert_eq!(request.expect("a request line")["code"], "key_refused");
}

#[tokio::test]
async fn a_strangers_id_and_an_odd_one_are_replaced() {
    let service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let long = "x".repeat(129);
    for (flags, told) in [
        (&[][..], "strangers-marker"),
        (&["--trusted-proxy=127.0.0.0/8"], "odd marker"),
        (&["--trusted-proxy=127.0.0.0/8"], "marker\"}"),
        (&["--trusted-proxy=127.0.0.0/8"], &long),
    ] {
        let lines = ask(&service, flags, told).await;
        let ids = lines.iter().filter_map(|line| line["span"]["id"].as_str());
        let ids: Vec<_> = ids.collect();
        assert!(
            ids.len() >= 2 && ids.iter().all(|id| *id == ids[0]),
            "{ids:?}"
        );
        assert_eq!(ids[0].len(), 16);
        assert!(!format!("{lines:?}").contains(told), "{lines:?}");
    }
}

#[tokio::test]
async fn a_filter_that_lets_warnings_pass_lets_their_ids_pass() {
    let service = FakeUpstream::start(Reply::json("401 Unauthorized", "{}")).await;
    let flags = ["--trusted-proxy=127.0.0.0/8", "--log-filter=warn"];
    let lines = ask(&service, &flags, "proxy-id-2").await;
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert_eq!(lines[0]["span"]["id"], "proxy-id-2");
}

/// Asks a program for a token, checks that the answer's id is that of its lines, and gives them.
async fn ask(service: &FakeUpstream, flags: &[&str], id: &str) -> Vec<Value> {
    let page = built_page();
    let dir = page.path().to_str().expect("text");
    let mut args = vec!["--client-dir", dir, "--listen=127.0.0.1:0"];
    args.extend(["--log-format=json", "--auth=open", "--service-url"]);
    args.push(service.url());
    args.extend(flags);
    let program = Program::listening(page.path(), &args, &[("ASSEMBLYAI_API_KEY", KEY)]).await;
    let url = format!("http://{}/token", program.address);
    let answer = Client::new()
        .get(url)
        .header("x-request-id", id)
        .header("x-forwarded-for", "203.0.113.77")
        .send()
        .await
        .expect("answers");
    let echoed = answer.headers()["x-request-id"].to_str().expect("text");
    let echoed = echoed.to_owned();
    program.terminate();
    let (_, written) = program.finish().await;
    let lines: Vec<Value> = written
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .filter(|line: &Value| !line["span"].is_null() || line["level"] == "WARN")
        // Of the start, before there is a request.
        .filter(|line| !line["message"].to_string().contains("--auth open"))
        .collect();
    for line in &lines {
        assert_eq!(line["span"]["id"], *echoed, "{line}");
    }
    lines
}
