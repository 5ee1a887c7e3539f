//! What happens by itself, on the emulator's clock, which the tests let jump.

use std::time::Duration;

use inturn_emulator::Faults;

use crate::client::{options, start, start_with};
use crate::sound::silence;

#[tokio::test]
async fn a_session_without_messages_is_ended() {
    let emulator = start().await;
    let mut client = emulator.begun("inactivity_timeout=30").await;
    emulator.emulator.skip(Duration::from_secs(31));
    client
        .refused(
            3006,
            "Session terminated due to inactivity: No messages received for 30 seconds",
        )
        .await;
}

#[tokio::test]
async fn keep_alive_and_audio_put_that_off() {
    let emulator = start().await;
    let mut client = emulator.begun("inactivity_timeout=30").await;
    emulator.emulator.skip(Duration::from_secs(20));
    client.text(r#"{"type":"KeepAlive"}"#).await;
    emulator
        .emulator
        .wait_for(|logs| logs[0].control_messages.contains_key("KeepAlive"))
        .await;
    emulator.emulator.skip(Duration::from_secs(20));
    client.audio(&silence(100)).await;
    emulator
        .emulator
        .wait_for(|logs| logs[0].audio_ms == 100)
        .await;
    emulator.emulator.skip(Duration::from_secs(20));
    client.finish().await;
}

#[tokio::test]
async fn without_the_setting_a_session_waits() {
    let emulator = start().await;
    let mut client = emulator.begun("").await;
    emulator.emulator.skip(Duration::from_secs(7_200));
    client.finish().await;
    assert!(
        emulator
            .last_closed()
            .await
            .billed_seconds
            .is_some_and(|secs| secs >= 7_200)
    );
}

/// Whoever mounts the routes for other people may not leave it to the clients.
#[tokio::test]
async fn with_a_longest_inactivity_no_client_chooses_a_longer_one() {
    for (query, secs) in [
        ("", 30),
        ("inactivity_timeout=3600", 30),
        ("inactivity_timeout=10", 10),
    ] {
        let mut options = options();
        options.limits.max_inactivity_secs = Some(30);
        let emulator = start_with(options).await;
        let mut client = emulator.begun(query).await;
        emulator.emulator.skip(Duration::from_secs(secs + 1));
        let text = format!(
            "Session terminated due to inactivity: No messages received for {secs} seconds"
        );
        client.refused(3006, &text).await;
    }
}

#[tokio::test]
async fn a_session_is_ended_at_its_cap() {
    let emulator = start().await;
    let token = emulator
        .token_for("expires_in_seconds=60&max_session_duration_seconds=60")
        .await;
    let mut client = emulator
        .connect(&format!("/v3/ws?token={token}"), &[])
        .await;
    client.message().await;
    emulator.emulator.skip(Duration::from_secs(61));
    client
        .refused(3008, "Session Expired: Maximum session duration exceeded")
        .await;
}

#[tokio::test]
async fn three_hours_are_the_cap_of_all() {
    let emulator = start().await;
    let mut client = emulator.begun("").await;
    emulator.emulator.skip(Duration::from_secs(10_800));
    client
        .refused(3008, "Session Expired: Maximum session duration exceeded")
        .await;
}

#[tokio::test]
async fn begin_comes_when_it_is_told_to() {
    let mut options = options();
    options.delays.begin = Duration::from_secs(3_600);
    let emulator = start_with(options).await;
    let mut client = emulator.open("").await;
    client.audio(&silence(100)).await;
    let logs = emulator
        .emulator
        .wait_for(|logs| logs.iter().any(|log| log.audio_ms == 100))
        .await;
    assert!(!logs[0].begun);
    emulator.emulator.skip(Duration::from_secs(3_600));
    assert_eq!(client.message().await["type"], "Begin");
}

#[tokio::test]
async fn heartbeats_come_every_five_seconds_when_asked_for() {
    let emulator = start().await;
    let mut client = emulator.begun("session_heartbeat=true").await;
    client.audio(&silence(400)).await;
    emulator
        .emulator
        .wait_for(|logs| logs[0].audio_ms == 400)
        .await;
    emulator.emulator.skip(Duration::from_secs(5));
    let beat = client.message().await;
    assert_eq!(
        (&beat["type"], &beat["total_audio_received_ms"]),
        (&"Heartbeat".into(), &400.into())
    );
    assert!(
        beat["total_duration_ms"]
            .as_u64()
            .is_some_and(|ms| ms >= 5_000)
    );
    client
        .text(r#"{"type":"UpdateConfiguration","session_heartbeat":false}"#)
        .await;
    let updated = |logs: &[inturn_emulator::SessionLog]| {
        logs[0].control_messages.contains_key("UpdateConfiguration")
    };
    emulator.emulator.wait_for(updated).await;
    emulator.emulator.skip(Duration::from_secs(20));
    client.finish().await;
}

#[tokio::test]
async fn the_final_turn_can_be_held_back() {
    let emulator = start().await;
    let faults = r#"[{"fault": "hold_final", "ms": 3600000}]"#;
    emulator
        .emulator
        .set_faults(Faults::from_json(faults).expect("a list"));
    let mut client = emulator.begun("speech_model=universal-3-5-pro").await;
    client.audio(&crate::sound::voice(500)).await;
    client.terminate().await;
    emulator.emulator.wait_for(|logs| logs[0].terminated).await;
    assert_eq!(emulator.emulator.sessions()[0].turns, 0);
    emulator.emulator.skip(Duration::from_secs(3_600));
    let (messages, _) = client.rest().await;
    assert!(
        messages
            .iter()
            .any(|message| message["end_of_turn"] == true)
    );
}
