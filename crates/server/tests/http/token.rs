//! `GET /token`: all statuses, and the calls to the service.

use inturn_protocol::{ConnectionParameters, TokenReply};
use tokio::task::JoinSet;

use crate::support::{
    FakeUpstream, KEY, Reply, Response, TOKEN, UNLIMITED, built_page, config_for, get, request,
    router,
};

async fn request_token(reply: Reply) -> (Response, FakeUpstream) {
    let service = FakeUpstream::start(reply).await;
    let page = built_page();
    let router = router(&config_for(
        &service,
        page.path(),
        &["--upstream-timeout-seconds", "1"],
    ));
    let response = get(&router, "/token").await;
    (response, service)
}

#[tokio::test]
async fn a_token_comes_with_its_socket_url() {
    let service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let page = built_page();
    let flags = [
        "--max-session-duration-seconds",
        "600",
        "--token-expires-in-seconds",
        "45",
    ];
    let router = router(&config_for(&service, page.path(), &flags));
    let response = get(&router, "/token").await;

    assert_eq!(response.status, 200);
    assert_eq!(response.header("cache-control"), "no-store");
    assert_eq!(response.header("content-type"), "application/json");
    let reply = TokenReply::decode(&response.text()).expect("a token reply");
    assert_eq!(reply.token, TOKEN);
    assert_eq!(reply.expires_in_seconds, 30);
    assert_eq!(reply.max_session_duration_seconds, 600);
    let socket = service.url().replace("http://", "ws://");
    assert_eq!(
        reply.websocket_url,
        format!(
            "{socket}/v3/ws?speech_model=universal-3-6-pro&sample_rate=16000&encoding=pcm_s16le\
             &inactivity_timeout=30&session_heartbeat=true&format_turns=true"
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
async fn the_socket_url_has_the_operators_parameters() {
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
    let parameters = ConnectionParameters::from_query(query).expect("valid parameters");
    assert_eq!(parameters.speaker_labels, Some(true));
    let codes = ["en", "de"].map(str::to_owned).to_vec();
    assert_eq!(parameters.language_codes, Some(codes));
    assert_eq!(parameters.model().as_str(), "universal-3-6-pro");
}

#[tokio::test]
async fn settings_are_in_the_socket_url() {
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

#[tokio::test]
async fn heartbeats_can_be_turned_off() {
    let service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let page = built_page();
    let heartbeat = async |flags: &[&str]| {
        let router = router(&config_for(&service, page.path(), flags));
        let reply = TokenReply::decode(&get(&router, "/token").await.text());
        let url = reply.expect("a token reply").websocket_url;
        let (_, query) = url.split_once('?').expect("a query");
        let parameters = ConnectionParameters::from_query(query).expect("valid parameters");
        parameters.session_heartbeat
    };
    assert_eq!(heartbeat(&[]).await, Some(true));
    let off = "--session-parameter=session_heartbeat=false";
    assert_eq!(heartbeat(&[off]).await, Some(false));
}

/// The JavaScript example does `const { token, error } = await response.json()`, and shows `error`
/// unchanged.
#[tokio::test]
async fn the_reply_has_the_fields_that_the_javascript_example_reads() {
    let (response, _) = request_token(Reply::token(TOKEN)).await;
    assert_eq!(response.json()["token"], TOKEN);
    assert!(response.json().get("error").is_none());

    let (response, _) = request_token(Reply::json("401 Unauthorized", "{}")).await;
    assert!(response.json()["error"].is_string());
    assert!(response.json().get("token").is_none());
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
        let (response, service) = request_token(Reply::json(upstream, &body)).await;
        assert_eq!(response.status, status, "{upstream}");
        assert_eq!(response.json()["code"], code, "{upstream}");
        assert!(
            response.json().get("retry_after_seconds").is_none(),
            "{upstream}"
        );
        assert_eq!(response.header("cache-control"), "no-store", "{upstream}");
        let sentence = response.json()["error"]
            .as_str()
            .expect("a sentence")
            .to_owned();
        assert!(sentence.ends_with('.'), "{sentence}");
        for secret in ["upstream-marker", KEY, TOKEN] {
            assert!(
                !response.text().contains(secret),
                "{upstream}: {}",
                response.text()
            );
        }
        assert_eq!(service.calls(), 1, "{upstream}");
    }
}

#[tokio::test]
async fn retry_after_of_the_service_is_forwarded() {
    for (upstream, status) in [
        ("429 Too Many Requests", 429),
        ("503 Service Unavailable", 503),
    ] {
        let (response, _) =
            request_token(Reply::Answer(upstream, "Retry-After: 17\r\n", Vec::new())).await;
        assert_eq!(response.status, status);
        assert_eq!(response.header("retry-after"), "17");
        assert_eq!(response.json()["retry_after_seconds"], 17);
    }
}

#[tokio::test]
async fn a_reply_without_a_token_is_a_502() {
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
        let (response, service) = request_token(Reply::json("200 OK", body)).await;
        assert_eq!(response.status, 502, "{body:.30}");
        assert_eq!(
            response.json()["code"],
            "service_reply_invalid",
            "{body:.30}"
        );
        assert_eq!(service.calls(), 1, "{body:.30}");
    }
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let elsewhere = FakeUpstream::start(Reply::token(TOKEN)).await;
    let line: &'static str =
        Box::leak(format!("Location: {}/v3/token\r\n", elsewhere.url()).into_boxed_str());
    for status in [
        "301 Moved Permanently",
        "302 Found",
        "307 Temporary Redirect",
    ] {
        let (response, service) = request_token(Reply::Answer(status, line, Vec::new())).await;
        assert_eq!(response.status, 502);
        assert_eq!(response.json()["code"], "service_reply_invalid");
        assert_eq!((service.calls(), elsewhere.calls()), (1, 0));
    }
}

#[tokio::test]
async fn a_service_that_hangs_is_a_timeout() {
    for reply in [Reply::Hang, Reply::Stall] {
        let (response, service) = request_token(reply).await;
        assert_eq!(response.status, 504);
        assert_eq!(response.json()["code"], "service_timeout");
        assert_eq!(service.calls(), 1);
    }
}

#[tokio::test]
async fn a_reply_of_a_hundred_megabytes_is_not_read() {
    let (response, service) = request_token(Reply::Flood).await;
    assert_eq!(response.status, 502);
    assert_eq!(response.json()["code"], "service_reply_invalid");
    assert_eq!(service.calls(), 1);
    // The service could send what fits into the sockets' buffers, without the server reading it.
    assert!(
        service.flooded() < 20_000_000,
        "{} bytes",
        service.flooded()
    );
}

#[tokio::test]
async fn a_service_that_is_down_is_unreachable() {
    let (response, _) = request_token(Reply::Cut).await;
    assert_eq!(
        (response.status.as_u16(), response.json()["code"].as_str()),
        (503, Some("service_unreachable"))
    );

    // A free port without a listener.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    drop(listener);
    let page = built_page();
    let service = FakeUpstream::start(Reply::Hang).await;
    let mut config = config_for(&service, page.path(), &[]);
    config.service.service_url = Some(format!("http://{address}").parse().expect("an address"));
    let response = get(&router(&config), "/token").await;
    assert_eq!(
        (response.status.as_u16(), response.json()["code"].as_str()),
        (503, Some("service_unreachable"))
    );
}

#[tokio::test]
async fn other_requests_are_served_while_the_service_fails() {
    // Only `Hang` and `Stall` fail by the timeout. The others get enough time for a busy machine.
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
async fn a_killed_service_is_unreachable_and_used_again_after_a_restart() {
    let mut service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let page = built_page();
    let router = router(&config_for(&service, page.path(), &[]));
    assert_eq!(get(&router, "/token").await.status, 200);
    let address = service.url().trim_start_matches("http://").to_owned();
    service.kill().await;
    let response = get(&router, "/token").await;
    assert_eq!(
        (response.status.as_u16(), response.json()["code"].as_str()),
        (503, Some("service_unreachable"))
    );
    let _again = FakeUpstream::start_at(&address, Reply::token(TOKEN)).await;
    assert_eq!(get(&router, "/token").await.status, 200);
}

#[tokio::test]
async fn a_service_killed_during_a_call_is_unreachable() {
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
    let response = asking.await.expect("a response");
    assert_eq!(
        (response.status.as_u16(), response.json()["code"].as_str()),
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
async fn other_methods_get_no_token() {
    let service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let page = built_page();
    let router = router(&config_for(&service, page.path(), &[]));
    for method in ["HEAD", "POST", "PUT", "DELETE", "OPTIONS"] {
        let response = request(&router, method, "/token", &[]).await;
        assert_eq!(response.status, 405, "{method}");
        assert_eq!(response.header("allow"), "GET", "{method}");
        if method != "HEAD" {
            assert_eq!(response.json()["code"], "method_not_allowed", "{method}");
        }
    }
    assert_eq!(service.calls(), 0);
}

#[tokio::test]
async fn a_call_on_a_closed_keep_alive_connection_is_retried_once() {
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
    // A service that closes every connection without a response is called twice, not more often.
    let service = FakeUpstream::start(Reply::Close(0, body)).await;
    let router = super::support::router(&config_for(&service, page.path(), &[]));
    assert_eq!(get(&router, "/token").await.status, 503);
    assert_eq!(service.calls(), 2);
}

#[tokio::test]
async fn a_token_that_equals_the_key_is_not_returned() {
    let service = FakeUpstream::start(Reply::token(KEY)).await;
    let page = built_page();
    let router = router(&config_for(&service, page.path(), &[]));
    let response = get(&router, "/token").await;
    assert_eq!(response.status, 502);
    assert_eq!(response.json()["code"], "service_reply_invalid");
    assert!(!response.text().contains(KEY));
}
