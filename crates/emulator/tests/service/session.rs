//! Sessions without faults.

use std::time::{SystemTime, UNIX_EPOCH};

use inturn_emulator::ClosedBy;
use serde_json::json;
use tokio_tungstenite::tungstenite::Message;

use crate::{
    client::{Incoming, start},
    sound::{silence, voice},
};

#[tokio::test]
async fn begin_comes_first_and_echoes_eight_settings() {
    let emulator = start().await;
    let mut client = emulator
        .open("speech_model=universal-3-5-pro&speaker_labels=True")
        .await;
    let mut begin = client.message().await;
    assert_eq!(begin["type"], "Begin");
    assert_eq!(begin["id"].as_str().map(str::len), Some(36));
    assert_eq!(
        begin["configuration"].take(),
        json!({ "model": "universal-3-5-pro", "mode": "balanced", "api_version": "2025-05-12",
            "speaker_labels": true, "redact_pii": false, "filter_profanity": false,
            "domain": null, "voice_focus": null })
    );
}

#[tokio::test]
async fn the_mode_is_null_outside_universal_3() {
    let emulator = start().await;
    let mut client = emulator
        .open("speech_model=universal-streaming-english")
        .await;
    assert_eq!(client.message().await["configuration"]["mode"], json!(null));
}

#[tokio::test]
async fn a_pinned_api_version_is_echoed() {
    let emulator = start().await;
    let headers = [
        ("authorization", "a-key"),
        ("assemblyai-version", "2025-01-01"),
    ];
    let mut client = emulator.connect("/v3/ws", &headers).await;
    assert_eq!(
        client.message().await["configuration"]["api_version"],
        "2025-01-01"
    );
}

#[tokio::test]
async fn expires_at_is_now_plus_the_tokens_duration() {
    let emulator = start().await;
    let token = emulator
        .token_for("expires_in_seconds=9&max_session_duration_seconds=90")
        .await;
    let mut client = emulator
        .connect(&format!("/v3/ws?token={token}"), &[])
        .await;
    let expires_at = client.message().await["expires_at"]
        .as_u64()
        .expect("Unix seconds");
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("after 1970")
        .as_secs();
    assert!(expires_at.abs_diff(now + 90) <= 2);
}

#[tokio::test]
async fn the_root_route_is_a_socket_too() {
    let emulator = start().await;
    let mut client = emulator
        .connect("/?sample_rate=16000", &[("authorization", "a-key")])
        .await;
    assert_eq!(client.message().await["type"], "Begin");
}

#[tokio::test]
async fn terminate_ends_the_turn_reports_whole_seconds_and_closes_with_1000() {
    let emulator = start().await;
    let mut client = emulator
        .begin_session("speech_model=universal-3-5-pro")
        .await;
    client.audio(&voice(1_900)).await;
    client.terminate().await;
    let (messages, close) = client.read_to_close().await;
    let end = &messages[messages.len() - 2];
    assert_eq!(
        end["end_of_turn"], true,
        "the open turn is ended first: {end}"
    );
    let termination = &messages[messages.len() - 1];
    assert_eq!(
        *termination,
        json!({ "type": "Termination", "audio_duration_seconds": 1, "session_duration_seconds": 1 })
    );
    assert_eq!(close, Incoming::Closed(1000, "Session Ended".to_owned()));
    let log = emulator.last_closed().await;
    assert!(log.accepted && log.begun && log.terminated);
    assert_eq!(
        (log.audio_ms, log.turns, log.billed_seconds),
        (1_900, 1, Some(1))
    );
    let closed = log.closed.expect("it is closed");
    assert_eq!((closed.by, closed.code), (ClosedBy::Emulator, Some(1000)));
}

#[tokio::test]
async fn audio_and_control_frames_are_accepted_before_begin_is_read() {
    let emulator = start().await;
    let mut client = emulator.open("speech_model=universal-3-5-pro").await;
    client.audio(&voice(1_000)).await;
    client.terminate().await;
    let (messages, _) = client.read_to_close().await;
    assert_eq!(messages[0]["type"], "Begin");
    assert!(
        messages
            .iter()
            .any(|message| message["end_of_turn"] == true)
    );
}

#[tokio::test]
async fn pings_are_answered() {
    let emulator = start().await;
    let mut client = emulator.begin_session("").await;
    client.send(Message::Ping("are you there".into())).await;
    assert_eq!(
        client.next().await,
        Incoming::NotJson("pong are you there".to_owned())
    );
}

#[tokio::test]
async fn a_close_without_terminate_is_logged() {
    let emulator = start().await;
    let mut client = emulator.begin_session("").await;
    client.audio(&silence(200)).await;
    client.close().await;
    let log = emulator.last_closed().await;
    assert!(!log.terminated);
    assert_eq!(log.closed.map(|closed| closed.by), Some(ClosedBy::Client));
    assert_eq!(log.error, None);
}

#[tokio::test]
async fn a_lost_connection_is_logged() {
    let emulator = start().await;
    drop(emulator.begin_session("").await);
    let log = emulator.last_closed().await;
    assert_eq!(
        log.closed.map(|closed| closed.by),
        Some(ClosedBy::Connection)
    );
}

#[tokio::test]
async fn an_open_session_is_logged_as_open() {
    let emulator = start().await;
    let _client = emulator.begin_session("").await;
    let logs = emulator
        .emulator
        .wait_for(|logs| logs.iter().any(|log| log.begun))
        .await;
    assert_eq!((&logs[0].closed, logs[0].billed_seconds), (&None, None));
}

#[tokio::test]
async fn a_shutdown_closes_all_sessions_with_1001() {
    let emulator = start().await;
    let mut client = emulator.begin_session("").await;
    let handle = emulator.emulator.clone();
    let stop = tokio::spawn(async move { handle.shut_down().await });
    assert_eq!(client.next().await, Incoming::Closed(1001, String::new()));
    drop(client);
    stop.await.expect("the shutdown completes");
    assert!(
        emulator.try_connect("/v3/ws", &[]).await.is_err(),
        "no new session"
    );
}
