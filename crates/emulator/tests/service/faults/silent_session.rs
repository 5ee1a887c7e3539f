//! A session that accepts audio and sends nothing any more.

use std::time::Duration;

use crate::{
    client::{Incoming, start_faulty},
    sound::voice,
};

#[tokio::test]
async fn audio_is_read_and_not_even_an_error_is_sent() {
    let faults = r#"[
        {"fault": "silent", "after_audio_ms": 100},
        {"fault": "session_cap", "seconds": 60}]"#;
    let emulator = start_faulty(faults).await;
    let mut client = emulator.begin_session("session_heartbeat=true").await;
    client.audio(&voice(2_000)).await;
    client.text(r#"{"type":"ForceEndpoint"}"#).await;
    client.terminate().await;
    let logs = emulator.emulator.wait_for(|logs| logs[0].terminated).await;
    assert_eq!(logs[0].audio_ms, 2_000);
    emulator.emulator.skip(Duration::from_secs(60));
    let (messages, close) = client.read_to_close().await;
    assert!(messages.is_empty(), "{messages:?}");
    assert_eq!(close, Incoming::Closed(3008, String::new()));
    assert_eq!(emulator.last_closed().await.error, None);
}
