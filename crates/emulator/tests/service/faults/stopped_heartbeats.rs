//! Heartbeats that stop.

use std::time::Duration;

use crate::{client::start_faulty, sound::silence};

#[tokio::test]
async fn heartbeats_stop_at_a_position_of_the_audio() {
    let faults = r#"[{"fault": "stop_heartbeats", "after_audio_ms": 500}]"#;
    let emulator = start_faulty(faults).await;
    let mut client = emulator.begin_session("session_heartbeat=true").await;
    client.audio(&silence(400)).await;
    emulator
        .emulator
        .wait_for(|logs| logs[0].audio_ms == 400)
        .await;
    emulator.emulator.skip(Duration::from_secs(5));
    assert_eq!(client.message().await["type"], "Heartbeat");
    client.audio(&silence(100)).await;
    client
        .text(r#"{"type":"UpdateConfiguration","session_heartbeat":true}"#)
        .await;
    emulator
        .emulator
        .wait_for(|logs| logs[0].control_messages.contains_key("UpdateConfiguration"))
        .await;
    emulator.emulator.skip(Duration::from_secs(20));
    client.terminate().await;
    let (messages, _) = client.read_to_close().await;
    assert_eq!(messages.len(), 1, "{messages:?}");
    assert_eq!(messages[0]["type"], "Termination");
}
