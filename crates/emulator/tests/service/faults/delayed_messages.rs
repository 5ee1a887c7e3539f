//! Messages that are sent late.

use inturn_emulator::ClosedBy;
use tokio::time::Instant;

use crate::{
    client::{Incoming, faulty_options, start_faulty},
    pipe::PipedEmulator,
    sound::{silence, voice},
};

#[tokio::test(start_paused = true)]
async fn every_message_is_late_and_in_order() {
    let faults = r#"[{"fault": "delay_messages", "after_audio_ms": 0, "ms": 20000}]"#;
    let emulator = PipedEmulator::start(faulty_options(faults), 1 << 20);
    let mut client = emulator
        .begin_session("speech_model=universal-3-6-pro")
        .await;
    let started = Instant::now();
    client.audio(&voice(500)).await;
    client.terminate().await;
    let first = client.message().await;
    assert_eq!(
        (&first["type"], started.elapsed().as_millis()),
        (&"SpeechStarted".into(), 20_000)
    );
    let (messages, close) = client.read_to_close().await;
    assert_eq!(
        messages.last().map(|last| &last["type"]),
        Some(&"Termination".into())
    );
    assert_eq!(close, Incoming::Closed(1000, "Session Ended".to_owned()));
    assert_eq!(started.elapsed().as_millis(), 20_000);
}

#[tokio::test(start_paused = true)]
async fn an_error_is_late_too() {
    let faults = r#"[{"fault": "delay_messages", "after_audio_ms": 0, "ms": 20000}]"#;
    let emulator = PipedEmulator::start(faulty_options(faults), 1 << 20);
    let mut client = emulator.begin_session("").await;
    let started = Instant::now();
    client.text("{not json").await;
    assert_eq!(client.message().await["error_code"], 3006);
    assert_eq!(started.elapsed().as_millis(), 20_000);
}

#[tokio::test(start_paused = true)]
async fn the_end_of_a_delay_keeps_the_order() {
    let faults = r#"[
        {"fault": "delay_messages", "after_audio_ms": 0, "ms": 20000},
        {"fault": "say", "after_audio_ms": 0, "send": 1},
        {"fault": "delay_messages", "after_audio_ms": 100, "ms": 0},
        {"fault": "say", "after_audio_ms": 100, "send": 2},
        {"fault": "say", "after_audio_ms": 200, "send": 3}]"#;
    let emulator = PipedEmulator::start(faulty_options(faults), 1 << 20);
    let mut client = emulator.begin_session("").await;
    let started = Instant::now();
    client.audio(&silence(100)).await;
    for number in [1, 2] {
        assert_eq!(client.message().await, number);
        assert_eq!(started.elapsed().as_millis(), 20_000);
    }
    client.audio(&silence(100)).await;
    assert_eq!(client.message().await, 3);
    assert_eq!(started.elapsed().as_millis(), 20_000);
}

#[tokio::test]
async fn a_client_can_close_before_the_late_messages() {
    let faults = r#"[{"fault": "delay_messages", "after_audio_ms": 0, "ms": 3600000}]"#;
    let emulator = start_faulty(faults).await;
    let mut client = emulator.begin_session("").await;
    client.audio(&voice(500)).await;
    client.terminate().await;
    client.close().await;
    let (messages, _) = client.read_to_close().await;
    assert!(messages.is_empty(), "{messages:?}");
    let log = emulator.last_closed().await;
    assert_eq!(log.closed.map(|closed| closed.by), Some(ClosedBy::Client));
    assert!(log.terminated);
}
