//! What may be said in text frames.

use serde_json::Value;

use crate::client::start;
use crate::sound::{silence, voice};

async fn refused(text: &str, starts: &str) {
    let emulator = start().await;
    let mut client = emulator.begun("").await;
    client.text(text).await;
    let (messages, _) = client.rest().await;
    assert_eq!(messages[0]["error_code"], 3006);
    let error = messages[0]["error"].as_str().expect("a text");
    assert!(error.starts_with(starts), "{error}");
    assert!(!emulator.last_closed().await.terminated);
}

#[tokio::test]
async fn an_unknown_message_ends_the_session() {
    refused(r#"{"type":"Hello"}"#, "Invalid Message Type: Hello").await;
}

#[tokio::test]
async fn the_retired_terminate_session_ends_it_too() {
    refused(r#"{"terminate_session":true}"#, "Invalid Message: ").await;
}

#[tokio::test]
async fn invalid_json_ends_the_session() {
    refused(
        "{type:Terminate}",
        "User Input Validation Error: Invalid JSON: ",
    )
    .await;
}

#[tokio::test]
async fn json_that_is_no_object_ends_the_session() {
    refused("[1]", "Invalid Message: ").await;
}

#[tokio::test]
async fn a_bad_setting_ends_the_session_and_is_named() {
    refused(
        r#"{"type":"UpdateConfiguration","mode":"fastest"}"#,
        "User Input Validation Error: Invalid 'mode'",
    )
    .await;
}

#[tokio::test]
async fn force_endpoint_ends_the_open_turn_and_the_rest_is_the_next() {
    let emulator = start().await;
    let mut client = emulator.begun("speech_model=universal-3-5-pro").await;
    client.audio(&voice(1_000)).await;
    client.text(r#"{"type":"ForceEndpoint"}"#).await;
    let end = client.turn(|turn| turn["end_of_turn"] == true).await;
    assert_eq!(
        (&end["turn_order"], &end["transcript"]),
        (&0.into(), &"One two three four.".into())
    );
    client.audio(&voice(600)).await;
    let turns = client.finish().await;
    let last = turns.last().expect("the rest");
    assert_eq!(
        (&last["turn_order"], &last["transcript"]),
        (&1.into(), &"Five six.".into())
    );
}

#[tokio::test]
async fn on_universal_streaming_force_endpoint_loses_the_tail_in_flight() {
    let emulator = start().await;
    let mut client = emulator
        .begun("speech_model=universal-streaming-english")
        .await;
    // Three words and a half, of which the fourth is not final yet.
    client.audio(&voice(1_100)).await;
    client.text(r#"{"type":"ForceEndpoint"}"#).await;
    let end = client.turn(|turn| turn["end_of_turn"] == true).await;
    assert_eq!(end["transcript"], "one two three");
    client.audio(&voice(600)).await;
    let turns = client.finish().await;
    let last = turns.last().expect("the rest");
    assert_eq!(
        (&last["turn_order"], &last["transcript"]),
        (&1.into(), &"five six".into()),
        "the fourth word is lost"
    );
}

#[tokio::test]
async fn on_universal_streaming_terminate_loses_nothing() {
    let emulator = start().await;
    let mut client = emulator
        .begun("speech_model=universal-streaming-english")
        .await;
    client.audio(&voice(1_100)).await;
    let turns = client.finish().await;
    let last = turns.last().expect("an end");
    assert_eq!(last["transcript"], "one two three four");
}

#[tokio::test]
async fn an_endpoint_silence_threshold_is_passed_over() {
    let emulator = start().await;
    let mut client = emulator.begun("").await;
    client
        .text(r#"{"type":"EndpointSilenceThreshold","value_ms":700}"#)
        .await;
    client.finish().await;
    let counted = emulator.last_closed().await.control_messages;
    assert_eq!(counted["EndpointSilenceThreshold"], 1);
}

#[tokio::test]
async fn force_endpoint_without_a_turn_brings_nothing() {
    let emulator = start().await;
    let mut client = emulator.begun("").await;
    client.audio(&silence(500)).await;
    client.text(r#"{"type":"ForceEndpoint"}"#).await;
    assert_eq!(client.finish().await, Vec::<Value>::new());
}

#[tokio::test]
async fn a_shorter_silence_can_be_set_in_mid_session() {
    let emulator = start().await;
    let mut client = emulator.begun("speech_model=universal-3-5-pro").await;
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
    let mut client = emulator.begun("").await;
    client.text(r#"{"type":"KeepAlive"}"#).await;
    client.text(r#"{"type":"KeepAlive"}"#).await;
    client.finish().await;
    let counted = emulator.last_closed().await.control_messages;
    assert_eq!((counted["KeepAlive"], counted["Terminate"]), (2, 1));
}
