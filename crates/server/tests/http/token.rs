//! `GET /token`: every status, each with one call to the service.

use inturn_protocol::{ConnectionParameters, TokenReply};
use tokio::task::JoinSet;

use crate::support::{
    Answer, FakeUpstream, KEY, Reply, TOKEN, UNLIMITED, built_page, config_for, get, request,
    router,
};

async fn ask(reply: Reply) -> (Answer, FakeUpstream) {
    let service = FakeUpstream::start(reply).await;
    let page = built_page();
    let router = router(&config_for(
        &service,
        page.path(),
        &["--upstream-timeout-seconds", "1"],
    ));
    let answer = get(&router, "/token").await;
    (answer, service)
}

#[tokio::test]
async fn a_token_comes_with_the_address_to_use_it_at() {
    let service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let page = built_page();
    let flags = [
        "--max-session-duration-seconds",
        "600",
        "--token-expires-in-seconds",
        "45",
    ];
    let router = router(&config_for(&service, page.path(), &flags));
    let answer = get(&router, "/token").await;

    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.header("content-type"), "application/json");
    let reply = TokenReply::decode(&answer.text()).expect("a token reply");
    assert_eq!(reply.token, TOKEN);
    assert_eq!(reply.expires_in_seconds, 30);
    assert_eq!(reply.max_session_duration_seconds, 600);
    let socket = service.url().replace("http://", "ws://");
    assert_eq!(
        reply.websocket_url,
        format!(
            "{socket}/v3/ws?speech_model=universal-3-6-pro&sample_rate=16000&encoding=pcm_s16le\
             &inactivity_timeout=30&format_turns=true"
        )
    );

    assert_eq!(service.calls(), 1);
    let head = service.last_head().to_ascii_lowercase();
    let line = "get /v3/token?expires_in_seconds=45&max_session_duration_seconds=600 http/1.1\r\n";
    assert!(head.starts_with(line), "{head}");
    assert!(
        head.contains(&format!("\r\nauthorization: {KEY}\r\n")),
        "{head}"
    );
}

#[tokio::test]
async fn every_session_is_opened_with_the_operators_parameters() {
    let service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let page = built_page();
    let flags = [
        "--session-parameter=speaker_labels=true",
        "--session-parameter=language_codes=[\"en\",\"de\"]",
    ];
    let router = router(&config_for(&service, page.path(), &flags));
    let reply = get(&router, "/token").await.text();
    let reply = TokenReply::decode(&reply).expect("a token reply");
    let (_, query) = reply.websocket_url.split_once('?').expect("a query");
    let parameters = ConnectionParameters::from_query(query).expect("is read");
    assert_eq!(parameters.speaker_labels, Some(true));
    let codes = ["en", "de"].map(str::to_owned).to_vec();
    assert_eq!(parameters.language_codes, Some(codes));
    assert_eq!(parameters.model().as_str(), "universal-3-6-pro");
}

#[tokio::test]
async fn settings_reach_the_sockets_address() {
    let service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let page = built_page();
    let flags = [
        "--speech-model",
        "universal-streaming-english",
        "--format-turns=false",
        "--inactivity-timeout-seconds=7",
    ];
    let router = router(&config_for(&service, page.path(), &flags));
    let url = get(&router, "/token").await.json()["websocket_url"].to_string();
    for part in [
        "speech_model=universal-streaming-english",
        "format_turns=false",
        "inactivity_timeout=7",
    ] {
        assert!(url.contains(part), "{url}");
    }
    assert!(!url.contains(TOKEN), "{url}");
}

/// What the JavaScript original does: `const { token, error } = await response.json()`, with
/// `error` shown as it is.
#[tokio::test]
async fn the_javascript_originals_page_finds_what_it_reads() {
    let (answer, _) = ask(Reply::token(TOKEN)).await;
    assert_eq!(answer.json()["token"], TOKEN);
    assert!(answer.json().get("error").is_none());

    let (answer, _) = ask(Reply::json("401 Unauthorized", "{}")).await;
    assert!(answer.json()["error"].is_string());
    assert!(answer.json().get("token").is_none());
}

#[tokio::test]
async fn each_refusal_has_its_own_status_and_code() {
    for (upstream, status, code) in [
        ("401 Unauthorized", 500, "key_refused"),
        ("402 Payment Required", 402, "payment_required"),
        ("403 Forbidden", 403, "account_forbidden"),
        ("400 Bad Request", 422, "request_refused"),
        ("422 Unprocessable Entity", 422, "request_refused"),
        ("429 Too Many Requests", 429, "rate_limited"),
        ("500 Internal Server Error", 503, "service_failed"),
        ("502 Bad Gateway", 503, "service_failed"),
        ("503 Service Unavailable", 503, "service_failed"),
        ("404 Not Found", 502, "service_reply_invalid"),
        ("410 Gone", 502, "service_reply_invalid"),
    ] {
        let body = format!(r#"{{"error":"upstream-marker {KEY}","token":"{TOKEN}"}}"#);
        let (answer, service) = ask(Reply::json(upstream, &body)).await;
        assert_eq!(answer.status, status, "{upstream}");
        assert_eq!(answer.json()["code"], code, "{upstream}");
        assert!(
            answer.json().get("retry_after_seconds").is_none(),
            "{upstream}"
        );
        assert_eq!(answer.header("cache-control"), "no-store", "{upstream}");
        let sentence = answer.json()["error"]
            .as_str()
            .expect("a sentence")
            .to_owned();
        assert!(sentence.ends_with('.'), "{sentence}");
        for secret in ["upstream-marker", KEY, TOKEN] {
            assert!(
                !answer.text().contains(secret),
                "{upstream}: {}",
                answer.text()
            );
        }
        assert_eq!(service.calls(), 1, "{upstream}");
    }
}

#[tokio::test]
async fn a_wait_the_service_asks_for_is_passed_on() {
    for (upstream, status) in [
        ("429 Too Many Requests", 429),
        ("503 Service Unavailable", 503),
    ] {
        let (answer, _) = ask(Reply::Answer(upstream, "Retry-After: 17\r\n", Vec::new())).await;
        assert_eq!(answer.status, status);
        assert_eq!(answer.header("retry-after"), "17");
        assert_eq!(answer.json()["retry_after_seconds"], 17);
    }
}

#[tokio::test]
async fn a_reply_that_is_no_token_is_called_so() {
    let long = format!(r#"{{"token":"{}"}}"#, "x".repeat(9000));
    for body in [
        "<html>",
        "",
        "[]",
        "{}",
        r#"{"token":""}"#,
        r#"{"token":5}"#,
        &long,
    ] {
        let (answer, service) = ask(Reply::json("200 OK", body)).await;
        assert_eq!(answer.status, 502, "{body:.30}");
        assert_eq!(answer.json()["code"], "service_reply_invalid", "{body:.30}");
        assert_eq!(service.calls(), 1, "{body:.30}");
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed_with_the_key() {
    let elsewhere = FakeUpstream::start(Reply::token(TOKEN)).await;
    let line: &'static str =
        Box::leak(format!("Location: {}/v3/token\r\n", elsewhere.url()).into_boxed_str());
    for status in [
        "301 Moved Permanently",
        "302 Found",
        "307 Temporary Redirect",
    ] {
        let (answer, service) = ask(Reply::Answer(status, line, Vec::new())).await;
        assert_eq!(answer.status, 502);
        assert_eq!(answer.json()["code"], "service_reply_invalid");
        assert_eq!((service.calls(), elsewhere.calls()), (1, 0));
    }
}

#[tokio::test]
async fn a_service_that_hangs_is_given_up_in_time() {
    for reply in [Reply::Hang, Reply::Stall] {
        let (answer, service) = ask(reply).await;
        assert_eq!(answer.status, 504);
        assert_eq!(answer.json()["code"], "service_timeout");
        assert_eq!(service.calls(), 1);
    }
}

#[tokio::test]
async fn a_hundred_megabytes_are_not_swallowed() {
    let (answer, service) = ask(Reply::Flood).await;
    assert_eq!(answer.status, 502);
    assert_eq!(answer.json()["code"], "service_reply_invalid");
    assert_eq!(service.calls(), 1);
    // What the sockets' buffers hold was sent without being read.
    assert!(
        service.flooded() < 20_000_000,
        "{} bytes",
        service.flooded()
    );
}

#[tokio::test]
async fn a_service_that_is_not_there_is_unreachable() {
    let (answer, _) = ask(Reply::Cut).await;
    assert_eq!(
        (answer.status.as_u16(), answer.json()["code"].as_str()),
        (503, Some("service_unreachable"))
    );

    // A port that was just free, and has nobody behind it.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    drop(listener);
    let page = built_page();
    let service = FakeUpstream::start(Reply::Hang).await;
    let mut config = config_for(&service, page.path(), &[]);
    config.service.service_url = Some(format!("http://{address}").parse().expect("an address"));
    let answer = get(&router(&config), "/token").await;
    assert_eq!(
        (answer.status.as_u16(), answer.json()["code"].as_str()),
        (503, Some("service_unreachable"))
    );
}

#[tokio::test]
async fn others_are_served_while_the_service_fails() {
    // What fails by itself is given the time that it takes on a busy machine.
    for (reply, status, timeout_seconds) in [
        (Reply::Hang, 504, "1"),
        (Reply::Stall, 504, "1"),
        (Reply::Flood, 502, "9"),
        (Reply::Cut, 503, "9"),
    ] {
        let service = FakeUpstream::start(reply).await;
        let page = built_page();
        let router = router(&config_for(
            &service,
            page.path(),
            &["--upstream-timeout-seconds", timeout_seconds],
        ));
        let mut failing = JoinSet::new();
        for _ in 0..20 {
            let router = router.clone();
            failing.spawn(async move { get(&router, "/token").await.status });
        }
        while service.calls() == 0 {
            assert_eq!(get(&router, "/").await.status, 200);
            assert_eq!(get(&router, "/healthz").await.text(), "ok\n");
        }
        assert_eq!(get(&router, "/").await.status, 200);
        for answered in failing.join_all().await {
            assert_eq!(answered, status);
        }
    }
}

#[tokio::test]
async fn a_service_that_is_killed_is_away_at_once_and_another_is_used_when_it_is_there() {
    let mut service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let page = built_page();
    let router = router(&config_for(&service, page.path(), &[]));
    assert_eq!(get(&router, "/token").await.status, 200);
    let address = service.url().trim_start_matches("http://").to_owned();
    service.kill().await;
    let answer = get(&router, "/token").await;
    assert_eq!(
        (answer.status.as_u16(), answer.json()["code"].as_str()),
        (503, Some("service_unreachable"))
    );
    let _again = FakeUpstream::start_at(&address, Reply::token(TOKEN)).await;
    assert_eq!(get(&router, "/token").await.status, 200);
}

#[tokio::test]
async fn a_service_that_is_killed_while_it_is_asked_is_unreachable() {
    let mut service = FakeUpstream::start(Reply::Hang).await;
    let page = built_page();
    let router = router(&config_for(&service, page.path(), &[]));
    let asking = tokio::spawn({
        let router = router.clone();
        async move { get(&router, "/token").await }
    });
    while service.calls() == 0 {
        tokio::task::yield_now().await;
    }
    service.kill().await;
    let answer = asking.await.expect("answers");
    assert_eq!(
        (answer.status.as_u16(), answer.json()["code"].as_str()),
        (503, Some("service_unreachable"))
    );
}

#[tokio::test]
async fn one_connection_serves_many_calls() {
    let service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let page = built_page();
    let router = router(&config_for(&service, page.path(), &UNLIMITED));
    for _ in 0..20 {
        assert_eq!(get(&router, "/token").await.status, 200);
    }
    assert_eq!((service.calls(), service.connections()), (20, 1));
}

#[tokio::test]
async fn other_methods_mint_nothing() {
    let service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let page = built_page();
    let router = router(&config_for(&service, page.path(), &[]));
    for method in ["HEAD", "POST", "PUT", "DELETE", "OPTIONS"] {
        let answer = request(&router, method, "/token", &[]).await;
        assert_eq!(answer.status, 405, "{method}");
        assert_eq!(answer.header("allow"), "GET", "{method}");
        if method != "HEAD" {
            assert_eq!(answer.json()["code"], "method_not_allowed", "{method}");
        }
    }
    assert_eq!(service.calls(), 0);
}

#[tokio::test]
async fn a_kept_connection_that_closes_unanswered_is_followed_by_a_new_one_once() {
    let body = format!(r#"{{"token":"{TOKEN}"}}"#).into_bytes();
    let service = FakeUpstream::start(Reply::Close(1, body.clone())).await;
    let page = built_page();
    let router = router(&config_for(&service, page.path(), &[]));
    for (calls, connections) in [(1, 1), (3, 2)] {
        assert_eq!(get(&router, "/token").await.status, 200);
        assert_eq!(
            (service.calls(), service.connections()),
            (calls, connections)
        );
    }
    // One that answers nobody is asked twice, and no more.
    let service = FakeUpstream::start(Reply::Close(0, body)).await;
    let router = super::support::router(&config_for(&service, page.path(), &[]));
    assert_eq!(get(&router, "/token").await.status, 503);
    assert_eq!(service.calls(), 2);
}

#[tokio::test]
async fn a_token_that_is_the_key_is_handed_to_nobody() {
    let service = FakeUpstream::start(Reply::token(KEY)).await;
    let page = built_page();
    let router = router(&config_for(&service, page.path(), &[]));
    let answer = get(&router, "/token").await;
    assert_eq!(answer.status, 502);
    assert_eq!(answer.json()["code"], "service_reply_invalid");
    assert!(!answer.text().contains(KEY));
}
