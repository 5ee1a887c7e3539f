//! Timers. The tests move the emulator's clock forward.

use std::time::Duration;

use inturn_emulator::Faults;

use crate::{
    client::{options, start, start_with},
    sound::silence,
};

#[tokio::test]
async fn a_session_without_messages_is_ended() {
    let emulator = start().await;
    let mut client = emulator.begin_session("inactivity_timeout=30").await;
    emulator.emulator.skip(Duration::from_secs(31));
    client
        .expect_refused(
            3006,
            "Session terminated due to inactivity: No messages received for 30 seconds",
        )
        .await;
}

#[tokio::test]
async fn keep_alive_and_audio_reset_the_inactivity_timeout() {
    let emulator = start().await;
    let mut client = emulator.begin_session("inactivity_timeout=30").await;
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
async fn by_default_there_is_no_inactivity_timeout() {
    let emulator = start().await;
    let mut client = emulator.begin_session("").await;
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

/// A program that mounts the routes for its users can't rely on the clients for this.
#[tokio::test]
async fn clients_cannot_exceed_the_longest_inactivity_timeout() {
    for (query, secs) in [
        ("", 30),
        ("inactivity_timeout=3600", 30),
        ("inactivity_timeout=10", 10),
    ] {
        let mut options = options();
        options.limits.max_inactivity_secs = Some(30);
        let emulator = start_with(options).await;
        let mut client = emulator.begin_session(query).await;
        emulator.emulator.skip(Duration::from_secs(secs + 1));
        let text = format!(
            "Session terminated due to inactivity: No messages received for {secs} seconds"
        );
        client.expect_refused(3006, &text).await;
    }
}

#[tokio::test]
async fn a_session_ends_at_its_tokens_limit() {
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
        .expect_refused(3008, "Session Expired: Maximum session duration exceeded")
        .await;
}

#[tokio::test]
async fn the_longest_session_is_three_hours() {
    let emulator = start().await;
    let mut client = emulator.begin_session("").await;
    emulator.emulator.skip(Duration::from_secs(10_800));
    client
        .expect_refused(3008, "Session Expired: Maximum session duration exceeded")
        .await;
}

#[tokio::test]
async fn begin_can_be_delayed() {
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
    let mut client = emulator.begin_session("session_heartbeat=true").await;
    client.audio(&silence(400)).await;
    emulator
        .emulator
        .wait_for(|logs| logs[0].audio_ms == 400)
        .await;
    emulator.emulator.skip(Duration::from_secs(5));
    let heartbeat = client.message().await;
    assert_eq!(
        (&heartbeat["type"], &heartbeat["total_audio_received_ms"]),
        (&"Heartbeat".into(), &400.into())
    );
    assert!(
        heartbeat["total_duration_ms"]
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
async fn the_last_turn_can_be_delayed() {
    let emulator = start().await;
    let faults = r#"[{"fault": "hold_final", "ms": 3600000}]"#;
    emulator
        .emulator
        .set_faults(Faults::from_json(faults).expect("a list"));
    let mut client = emulator
        .begin_session("speech_model=universal-3-5-pro")
        .await;
    client.audio(&crate::sound::voice(500)).await;
    client.terminate().await;
    emulator.emulator.wait_for(|logs| logs[0].terminated).await;
    assert_eq!(emulator.emulator.sessions()[0].turns, 0);
    emulator.emulator.skip(Duration::from_secs(3_600));
    let (messages, _) = client.read_to_close().await;
    assert!(
        messages
            .iter()
            .any(|message| message["end_of_turn"] == true)
    );
}
