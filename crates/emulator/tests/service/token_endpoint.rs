//! `GET /v3/token`.

use inturn_emulator::Options;
use reqwest::Response;
use serde_json::{Value, json};

use crate::client::{RunningEmulator, http_client, options, start, start_faulty, start_with};

async fn get(emulator: &RunningEmulator, query: &str, authorization: Option<&str>) -> Response {
    let mut request = http_client().get(emulator.url(&format!("/v3/token?{query}")));
    if let Some(authorization) = authorization {
        request = request.header("authorization", authorization);
    }
    request.send().await.expect("the emulator responds")
}

/// Sends a request that must be refused with 422. Returns the first problem.
async fn expect_refused(emulator: &RunningEmulator, query: &str) -> Value {
    let reply = get(emulator, query, Some("a-key")).await;
    assert_eq!(reply.status(), 422);
    let body: Value = reply.json().await.expect("a JSON body");
    body["detail"][0].clone()
}

#[tokio::test]
async fn a_key_gets_a_token_and_its_lifetime() {
    let emulator = start().await;
    for authorization in ["a-key", "Bearer a-key"] {
        let reply = get(&emulator, "expires_in_seconds=45", Some(authorization)).await;
        assert_eq!(reply.status(), 200);
        let body: Value = reply.json().await.expect("a JSON body");
        assert_eq!(body["expires_in_seconds"], 45);
        // As long as the real one, since a client must carry it in a URL.
        assert_eq!(body["token"].as_str().map(str::len), Some(2_583));
    }
}

#[tokio::test]
async fn a_wrong_key_is_401() {
    let options = Options {
        api_keys: vec!["right".to_owned()],
        ..options()
    };
    let emulator = start_with(options).await;
    assert_eq!(
        get(&emulator, "expires_in_seconds=60", Some("wrong"))
            .await
            .status(),
        401
    );
    assert_eq!(
        get(&emulator, "expires_in_seconds=60", Some(""))
            .await
            .status(),
        401
    );
    assert_eq!(
        get(&emulator, "expires_in_seconds=60", Some("right"))
            .await
            .status(),
        200
    );
}

#[tokio::test]
async fn a_missing_header_is_422() {
    let emulator = start().await;
    let reply = get(&emulator, "expires_in_seconds=60", None).await;
    assert_eq!(reply.status(), 422);
    let body: Value = reply.json().await.expect("a JSON body");
    assert_eq!(body["detail"][0]["loc"], json!(["header", "authorization"]));
}

#[tokio::test]
async fn a_missing_lifetime_is_422() {
    let emulator = start().await;
    let problem = expect_refused(&emulator, "").await;
    assert_eq!(problem["type"], "missing");
    assert_eq!(problem["loc"], json!(["query", "expires_in_seconds"]));
}

#[tokio::test]
async fn numbers_out_of_range_are_422() {
    let emulator = start().await;
    let above = expect_refused(&emulator, "expires_in_seconds=601").await;
    assert_eq!(
        above,
        json!({ "type": "less_than_equal", "loc": ["query", "expires_in_seconds"],
            "msg": "Input should be less than or equal to 600", "input": "601",
            "ctx": { "le": 600 } })
    );
    let below = expect_refused(&emulator, "expires_in_seconds=0").await;
    assert_eq!(below["type"], "greater_than_equal");
    let short = expect_refused(
        &emulator,
        "expires_in_seconds=60&max_session_duration_seconds=59",
    )
    .await;
    assert_eq!(
        short["loc"],
        json!(["query", "max_session_duration_seconds"])
    );
    let long = expect_refused(
        &emulator,
        "expires_in_seconds=60&max_session_duration_seconds=10801",
    )
    .await;
    assert_eq!(long["type"], "less_than_equal");
    let text = expect_refused(&emulator, "expires_in_seconds=soon").await;
    assert_eq!(text["type"], "int_parsing");
}

#[tokio::test]
async fn each_status_can_be_simulated() {
    for status in [401_u16, 402, 403, 500, 503] {
        let faults = format!(r#"[{{"fault": "token_status", "status": {status}}}]"#);
        let emulator = start_faulty(&faults).await;
        let reply = get(&emulator, "expires_in_seconds=60", Some("a-key")).await;
        assert_eq!(reply.status(), status);
        let body: Value = reply.json().await.expect("a JSON body");
        assert!(body["error"].is_string(), "{body}");
    }
}

#[tokio::test]
async fn a_429_has_retry_after_and_can_apply_once() {
    let faults =
        r#"[{"fault": "token_status", "status": 429, "retry_after_seconds": 7, "times": 1}]"#;
    let emulator = start_faulty(faults).await;
    let reply = get(&emulator, "expires_in_seconds=60", Some("a-key")).await;
    assert_eq!(reply.status(), 429);
    assert_eq!(reply.headers()["retry-after"], "7");
    assert_eq!(
        get(&emulator, "expires_in_seconds=60", Some("a-key"))
            .await
            .status(),
        200
    );
}

#[tokio::test]
async fn a_body_can_be_invalid_json_or_have_no_token() {
    let faults =
        r#"[{"fault": "token_not_json", "request": 1}, {"fault": "token_missing", "request": 2}]"#;
    let emulator = start_faulty(faults).await;
    let reply = get(&emulator, "expires_in_seconds=60", Some("a-key")).await;
    assert_eq!(reply.status(), 200);
    assert!(reply.json::<Value>().await.is_err());
    let reply = get(&emulator, "expires_in_seconds=60", Some("a-key")).await;
    let body: Value = reply.json().await.expect("a JSON body");
    assert!(body.get("token").is_none());
}

#[tokio::test]
async fn the_endpoint_can_hang_until_the_emulator_shuts_down() {
    let emulator = start_faulty(r#"[{"fault": "token_hang"}]"#).await;
    let stop = emulator.emulator.clone();
    let url = emulator.url("/v3/token?expires_in_seconds=60");
    let request = http_client()
        .get(url)
        .header("authorization", "a-key")
        .send();
    let (reply, ()) = tokio::join!(request, stop.shut_down());
    assert_eq!(reply.expect("a response after the shutdown").status(), 503);
}
