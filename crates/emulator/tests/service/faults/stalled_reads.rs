//! The emulator stops reading for a time.

use tokio::time::Instant;

use crate::{
    client::{faulty_options, last_closed},
    pipe::PipedEmulator,
    sound::silence,
};

#[tokio::test(start_paused = true)]
async fn sends_back_up_until_the_emulator_reads_again() {
    let faults = r#"[{"fault": "stall_reading", "after_audio_ms": 100, "ms": 20000}]"#;
    let emulator = PipedEmulator::start(faulty_options(faults), SMALL_PIPE_BYTES);
    let mut client = emulator.begin_session(QUERY).await;
    client.audio(&silence(100)).await;
    let started = Instant::now();
    client.audio(&silence(2_000)).await;
    assert_eq!(started.elapsed().as_millis(), 20_000);
    client.terminate().await;
    let (messages, _) = client.read_to_close().await;
    let heartbeats_during_the_stall = messages
        .iter()
        .filter(|message| message["type"] == "Heartbeat")
        .filter(|message| message["total_audio_received_ms"] == 100)
        .count();
    assert!(heartbeats_during_the_stall >= 3, "{messages:?}");
    assert_eq!(
        messages.last().map(|last| &last["type"]),
        Some(&"Termination".into())
    );
    assert_eq!(last_closed(&emulator.emulator).await.audio_ms, 2_100);
}

/// Heartbeats show that the emulator still sends. The timeout is shorter than the stall: the
/// client did send messages.
const QUERY: &str = "session_heartbeat=true&inactivity_timeout=10";
/// Holds 0.5 s of audio.
const SMALL_PIPE_BYTES: usize = 16 * 1024;
