//! Each request has an id: its proxy's or our own, in the answer and on every line.

use reqwest::Client;
use serde_json::Value;

use crate::support::{FakeUpstream, KEY, OWN_PAGE, Program, Reply, TOKEN, built_page};

#[tokio::test]
async fn an_id_is_on_every_line_and_in_the_answer() {
    let service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let lines = ask(&service, &["--trusted-proxy=127.0.0.0/8"], "proxy-id-1").await;
    // A token's request has one line, which says who got it.
    let [line] = &lines[..] else {
        panic!("{lines:?}");
    };
    assert_eq!(line["span"]["id"], "proxy-id-1", "{line}");
    let told = ["message", "target", "path", "address", "who"].map(|field| line[field].as_str());
    let expected = [
        "a token was handed out",
        "inturn_server::audit",
        "/token",
        "203.0.113.77",
        "-",
    ];
    assert_eq!(told, expected.map(Some), "{line}");
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
    let lines = ask(&failing, &["--trusted-proxy=127.0.0.0/8"], "a/b.c-d_e:f+g=").await;
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
            !ids.is_empty() && ids.iter().all(|id| *id == ids[0]),
            "{ids:?}"
        );
        assert_eq!(ids[0].len(), 36, "a UUID");
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

fn fields(line: &Value) -> Vec<&str> {
    let line = line.as_object().expect("an object");
    let mut fields: Vec<_> = line.keys().map(String::as_str).collect();
    fields.sort_unstable();
    fields
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
        .header(OWN_PAGE.0, OWN_PAGE.1)
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
