//! Messages of a kind that are not sent.

use serde_json::Value;

use crate::{
    client::{Incoming, start_faulty},
    sound::{silence, voice},
};

const QUERY: &str = "speech_model=universal-3-6-pro";

#[tokio::test]
async fn a_number_of_ends_can_be_dropped() {
    let faults = r#"[{"fault": "drop_messages", "message": "EndOfTurn", "count": 1}]"#;
    let emulator = start_faulty(faults).await;
    let mut client = emulator.begin_session(QUERY).await;
    for _ in 0..3 {
        client.audio(&voice(600)).await;
        client.audio(&silence(1_500)).await;
    }
    let turns = client.finish().await;
    let orders = |ended: bool| -> Vec<&Value> {
        let turns = turns.iter().filter(|turn| turn["end_of_turn"] == ended);
        turns.map(|turn| &turn["turn_order"]).collect()
    };
    assert_eq!(orders(true), [&Value::from(1), &Value::from(2)]);
    assert!(orders(false).contains(&&Value::from(0)));
    assert_eq!(emulator.last_closed().await.turns, 3);
}

#[tokio::test]
async fn a_kind_can_be_dropped_from_a_position_of_the_audio() {
    let faults = r#"[
        {"fault": "drop_messages", "message": "SpeechStarted", "after_audio_ms": 2100},
        {"fault": "drop_messages", "message": "PartialTurn"}]"#;
    let emulator = start_faulty(faults).await;
    let mut client = emulator.begin_session(QUERY).await;
    client.audio(&voice(600)).await;
    client.audio(&silence(1_500)).await;
    assert_eq!(client.message().await["type"], "SpeechStarted");
    assert_eq!(client.message().await["end_of_turn"], true);
    client.audio(&voice(600)).await;
    client.terminate().await;
    let (messages, _) = client.read_to_close().await;
    let kinds: Vec<&Value> = messages.iter().map(|message| &message["type"]).collect();
    assert_eq!(kinds, ["Turn", "Termination"]);
    assert_eq!(messages[0]["end_of_turn"], true);
}

#[tokio::test]
async fn begin_and_termination_can_be_dropped() {
    let faults = r#"[
        {"fault": "drop_messages", "message": "Begin"},
        {"fault": "drop_messages", "message": "Termination"}]"#;
    let emulator = start_faulty(faults).await;
    let mut client = emulator.open(QUERY).await;
    client.audio(&voice(600)).await;
    client.terminate().await;
    let (messages, close) = client.read_to_close().await;
    assert_eq!(messages[0]["type"], "SpeechStarted");
    assert_eq!(
        messages.last().map(|last| &last["end_of_turn"]),
        Some(&true.into())
    );
    assert_eq!(close, Incoming::Closed(1000, "Session Ended".to_owned()));
}
