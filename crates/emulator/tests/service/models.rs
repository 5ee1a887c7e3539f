//! The model of a session.

use inturn_emulator::Options;

use crate::client::{options, start, start_with};

#[tokio::test]
async fn the_default_is_the_newest_model() {
    let emulator = start().await;
    let begin = emulator.open("").await.message().await;
    assert_eq!(begin["configuration"]["model"], "universal-3-6-pro");
    assert_eq!(begin["configuration"]["mode"], "balanced");
}

#[tokio::test]
async fn a_retired_model_is_replaced() {
    let emulator = start().await;
    let begin = emulator
        .open("speech_model=u3-rt-pro")
        .await
        .message()
        .await;
    assert_eq!(begin["configuration"]["model"], "universal-3-5-pro");
    assert_eq!(
        emulator.emulator.sessions()[0].speech_model,
        "universal-3-5-pro"
    );
}

#[tokio::test]
async fn an_unlisted_model_is_refused_and_the_listed_ones_are_named() {
    let emulator = start().await;
    let message = emulator
        .open("speech_model=universal-9")
        .await
        .message()
        .await;
    let error = message["error"].as_str().expect("an Error");
    assert!(
        error.starts_with("User Input Validation Error: Invalid 'speech_model': Input should be "),
        "{error}"
    );
    for name in ["'universal-3-6-pro'", "'universal-streaming-english'"] {
        assert!(error.contains(name), "{error}");
    }
}

#[tokio::test]
async fn an_unlisted_model_can_be_allowed() {
    let allowed = ["universal-9", "universal-streaming-9"].map(str::to_owned);
    let emulator = start_with(Options {
        accepted_models: allowed.to_vec(),
        ..options()
    })
    .await;
    let begin = emulator
        .open("speech_model=universal-9&prompt=a+meeting")
        .await
        .message()
        .await;
    assert_eq!(begin["configuration"]["model"], "universal-9");
    let mut client = emulator
        .open("speech_model=universal-streaming-9&prompt=a+meeting")
        .await;
    assert_eq!(
        client.message().await["error_code"],
        3006,
        "its family has no prompt"
    );
}
