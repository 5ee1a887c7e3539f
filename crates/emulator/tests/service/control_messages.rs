//! Control messages: text frames from the client.

use serde_json::Value;

use crate::{
    client::start,
    sound::{silence, voice},
};

/// Sends a text frame, which must end the session with an error that starts with `prefix`.
async fn expect_refused(text: &str, prefix: &str) {
    let emulator = start().await;
    let mut client = emulator.begin_session("").await;
    client.text(text).await;
    let (messages, _) = client.read_to_close().await;
    assert_eq!(messages[0]["error_code"], 3006);
    let error = messages[0]["error"].as_str().expect("a text");
    assert!(error.starts_with(prefix), "{error}");
    assert!(!emulator.last_closed().await.terminated);
}

#[tokio::test]
async fn an_unknown_message_ends_the_session() {
    expect_refused(r#"{"type":"Hello"}"#, "Invalid Message Type: Hello").await;
}

#[tokio::test]
async fn the_retired_terminate_session_ends_it_too() {
    expect_refused(r#"{"terminate_session":true}"#, "Invalid Message: ").await;
}

#[tokio::test]
async fn invalid_json_ends_the_session() {
    expect_refused(
        "{type:Terminate}",
        "User Input Validation Error: Invalid JSON: ",
    )
    .await;
}

#[tokio::test]
async fn json_that_is_not_an_object_ends_the_session() {
    expect_refused("[1]", "Invalid Message: ").await;
}

#[tokio::test]
async fn an_invalid_setting_ends_the_session_and_is_named() {
    expect_refused(
        r#"{"type":"UpdateConfiguration","mode":"fastest"}"#,
        "User Input Validation Error: Invalid 'mode'",
    )
    .await;
}

#[tokio::test]
async fn force_endpoint_ends_the_open_turn_and_later_words_start_the_next() {
    let emulator = start().await;
    let mut client = emulator
        .begin_session("speech_model=universal-3-5-pro")
        .await;
    client.audio(&voice(1_000)).await;
    client.text(r#"{"type":"ForceEndpoint"}"#).await;
    let end = client.turn(|turn| turn["end_of_turn"] == true).await;
    assert_eq!(
        (&end["turn_order"], &end["transcript"]),
        (&0.into(), &"One two three four.".into())
    );
    client.audio(&voice(600)).await;
    let turns = client.finish().await;
    let last = turns.last().expect("a second turn");
    assert_eq!(
        (&last["turn_order"], &last["transcript"]),
        (&1.into(), &"Five six.".into())
    );
}

#[tokio::test]
async fn on_universal_streaming_force_endpoint_drops_words_that_are_not_final() {
    let emulator = start().await;
    let mut client = emulator
        .begin_session("speech_model=universal-streaming-english")
        .await;
    // Three and a half words; the fourth is not final yet.
    client.audio(&voice(1_100)).await;
    client.text(r#"{"type":"ForceEndpoint"}"#).await;
    let end = client.turn(|turn| turn["end_of_turn"] == true).await;
    assert_eq!(end["transcript"], "one two three");
    client.audio(&voice(600)).await;
    let turns = client.finish().await;
    let last = turns.last().expect("a second turn");
    assert_eq!(
        (&last["turn_order"], &last["transcript"]),
        (&1.into(), &"five six".into()),
        "the fourth word is dropped"
    );
}

#[tokio::test]
async fn on_universal_streaming_terminate_drops_nothing() {
    let emulator = start().await;
    let mut client = emulator
        .begin_session("speech_model=universal-streaming-english")
        .await;
    client.audio(&voice(1_100)).await;
    let turns = client.finish().await;
    let last = turns.last().expect("an end");
    assert_eq!(last["transcript"], "one two three four");
}

#[tokio::test]
async fn endpoint_silence_threshold_is_ignored() {
    let emulator = start().await;
    let mut client = emulator.begin_session("").await;
    client
        .text(r#"{"type":"EndpointSilenceThreshold","value_ms":700}"#)
        .await;
    client.finish().await;
    let counted = emulator.last_closed().await.control_messages;
    assert_eq!(counted["EndpointSilenceThreshold"], 1);
}

#[tokio::test]
async fn force_endpoint_without_a_turn_has_no_answer() {
    let emulator = start().await;
    let mut client = emulator.begin_session("").await;
    client.audio(&silence(500)).await;
    client.text(r#"{"type":"ForceEndpoint"}"#).await;
    assert_eq!(client.finish().await, Vec::<Value>::new());
}

#[tokio::test]
async fn a_shorter_silence_can_be_set_in_mid_session() {
    let emulator = start().await;
    let mut client = emulator
        .begin_session("speech_model=universal-3-5-pro")
        .await;
    client
        .text(r#"{"type":"UpdateConfiguration","max_turn_silence":200}"#)
        .await;
    client.audio(&voice(400)).await;
    client.audio(&silence(300)).await;
    let end = client.turn(|turn| turn["end_of_turn"] == true).await;
    assert_eq!(end["transcript"], "One two.");
    client.finish().await;
}

#[tokio::test]
async fn control_messages_are_counted() {
    let emulator = start().await;
    let mut client = emulator.begin_session("").await;
    client.text(r#"{"type":"KeepAlive"}"#).await;
    client.text(r#"{"type":"KeepAlive"}"#).await;
    client.finish().await;
    let counted = emulator.last_closed().await.control_messages;
    assert_eq!((counted["KeepAlive"], counted["Terminate"]), (2, 1));
}
