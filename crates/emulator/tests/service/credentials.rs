//! Credentials for a session. The upgrade is completed even if they are wrong.

use std::time::Duration;

use inturn_emulator::Options;

use crate::client::{RunningEmulator, options, start, start_with};

const INVALID: &str = "Unauthorized Connection: Invalid API key";

async fn with_header(emulator: &RunningEmulator, value: &str) -> crate::client::Client {
    emulator
        .connect("/v3/ws", &[("authorization", value)])
        .await
}

#[tokio::test]
async fn a_request_without_credentials_is_refused() {
    let emulator = start().await;
    let mut client = emulator.connect("/v3/ws", &[]).await;
    client
        .expect_refused(
            1008,
            "Unauthorized Connection: Missing Authorization header",
        )
        .await;
    let log = emulator.last_closed().await;
    assert!(!log.accepted && !log.begun);
    assert_eq!(log.error.map(|error| error.code), Some(1008));
}

#[tokio::test]
async fn the_header_takes_a_key_or_a_token() {
    let emulator = start().await;
    let token = emulator.token().await;
    for credential in ["a-key", token.as_str()] {
        let mut client = with_header(&emulator, credential).await;
        assert_eq!(client.message().await["type"], "Begin");
    }
}

#[tokio::test]
async fn bearer_is_refused_on_the_socket() {
    let emulator = start().await;
    with_header(&emulator, "Bearer a-key")
        .await
        .expect_refused(1008, INVALID)
        .await;
}

#[tokio::test]
async fn a_wrong_key_is_refused() {
    let emulator = start_with(Options {
        api_keys: vec!["right".to_owned()],
        ..options()
    })
    .await;
    with_header(&emulator, "wrong")
        .await
        .expect_refused(1008, INVALID)
        .await;
    assert_eq!(
        with_header(&emulator, "right").await.message().await["type"],
        "Begin"
    );
}

#[tokio::test]
async fn a_forged_token_is_refused() {
    let emulator = start().await;
    emulator
        .connect("/v3/ws?token=AQIforged", &[])
        .await
        .expect_refused(1008, INVALID)
        .await;
    with_header(&emulator, "AQIforged")
        .await
        .expect_refused(1008, INVALID)
        .await;
}

#[tokio::test]
async fn a_key_in_place_of_a_token_is_refused() {
    let emulator = start().await;
    emulator
        .connect("/v3/ws?token=a-key", &[])
        .await
        .expect_refused(1008, INVALID)
        .await;
}

#[tokio::test]
async fn a_token_opens_one_session() {
    let emulator = start().await;
    let path = format!("/v3/ws?token={}", emulator.token().await);
    let mut first = emulator.connect(&path, &[]).await;
    assert_eq!(first.message().await["type"], "Begin");
    emulator
        .connect(&path, &[])
        .await
        .expect_refused(1008, INVALID)
        .await;
}

#[tokio::test]
async fn tokens_can_be_made_reusable() {
    let mut options = options();
    options.limits.single_use_tokens = false;
    let emulator = start_with(options).await;
    let path = format!("/v3/ws?token={}", emulator.token().await);
    for _ in 0..2 {
        assert_eq!(
            emulator.connect(&path, &[]).await.message().await["type"],
            "Begin"
        );
    }
}

#[tokio::test]
async fn an_expired_token_is_refused() {
    let emulator = start().await;
    let late = emulator.token_for("expires_in_seconds=30").await;
    let in_time = emulator.token_for("expires_in_seconds=60").await;
    emulator.emulator.skip(Duration::from_secs(31));
    let mut client = emulator.connect(&format!("/v3/ws?token={late}"), &[]).await;
    client
        .expect_refused(1008, "Unauthorized Connection: Signature has expired")
        .await;
    let mut client = emulator
        .connect(&format!("/v3/ws?token={in_time}"), &[])
        .await;
    assert_eq!(client.message().await["type"], "Begin");
}

#[tokio::test]
async fn too_many_new_sessions_in_a_minute_are_refused() {
    for code in [1008, 3009] {
        let mut options = options();
        options.limits.new_sessions_per_minute = Some(5);
        options.limits.too_many_sessions_code = code;
        let emulator = start_with(options).await;
        for _ in 0..5 {
            emulator.begin_session("").await.finish().await;
        }
        let text = "Unauthorized Connection: Too many concurrent sessions";
        emulator.open("").await.expect_refused(code, text).await;
        emulator.emulator.skip(Duration::from_secs(61));
        emulator.begin_session("").await.finish().await;
    }
}
