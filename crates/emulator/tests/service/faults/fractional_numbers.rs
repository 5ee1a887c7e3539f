//! Times and durations that are not integers.

use serde_json::Value;

use crate::{client::start_faulty, sound::voice};

#[tokio::test]
async fn times_and_durations_are_fractional() {
    let emulator = start_faulty(r#"[{"fault": "fractional_numbers"}]"#).await;
    let mut client = emulator.open("speech_model=universal-3-6-pro").await;
    client.audio(&voice(900)).await;
    client.terminate().await;
    let (messages, _) = client.read_to_close().await;
    for (kind, pointer) in [
        ("Begin", "/expires_at"),
        ("SpeechStarted", "/timestamp"),
        ("Turn", "/words/0/start"),
        ("Turn", "/words/0/end"),
        ("Termination", "/audio_duration_seconds"),
        ("Termination", "/session_duration_seconds"),
    ] {
        let message = messages.iter().rfind(|message| message["type"] == kind);
        let number = message
            .and_then(|message| message.pointer(pointer))
            .and_then(Value::as_f64)
            .unwrap_or_else(|| panic!("no {pointer} in {message:?}"));
        assert_eq!(number.fract(), 0.5, "{message:?}");
    }
    let turn = messages.iter().find(|message| message["type"] == "Turn");
    assert_eq!(
        turn.map(|turn| &turn["turn_order"]),
        Some(&0.into()),
        "it is neither a time nor a duration"
    );
}
