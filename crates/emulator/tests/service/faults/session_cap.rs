//! A session whose duration is limited.

use std::time::Duration;

use crate::{client::start_faulty, sound::silence};

#[tokio::test]
async fn a_session_expires_when_begin_says() {
    let faults = r#"[{"fault": "session_cap", "seconds": 20, "session": 1}]"#;
    let emulator = start_faulty(faults).await;
    let mut client = emulator.open("").await;
    let begin = client.message().await;
    let opened_secs = emulator.emulator.sessions()[0].opened_at_ms / 1_000;
    let expires_at = begin["expires_at"].as_u64().expect("a number");
    // The two clocks are read one after the other.
    assert!((opened_secs + 20).abs_diff(expires_at) <= 1, "{begin}");
    emulator.emulator.skip(Duration::from_secs(10));
    client.audio(&silence(100)).await;
    emulator
        .emulator
        .wait_for(|logs| logs[0].audio_ms == 100)
        .await;
    emulator.emulator.skip(Duration::from_secs(10));
    client
        .expect_refused(3008, "Session Expired: Maximum session duration exceeded")
        .await;
    let mut client = emulator.begin_session("").await;
    emulator.emulator.skip(Duration::from_secs(60));
    client.finish().await;
}
