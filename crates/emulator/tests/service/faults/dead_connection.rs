//! A dead connection: neither data nor a FIN nor a reset.

use std::time::Duration;

use inturn_emulator::ClosedBy;
use tokio::time::{Instant, timeout};
use tokio_tungstenite::tungstenite::Message;

use crate::{
    client::{Incoming, faulty_options, last_closed, start_faulty},
    pipe::PipedEmulator,
    sound::silence,
};

#[tokio::test(start_paused = true)]
async fn nothing_is_read_or_sent_until_the_deadline() {
    let faults = r#"[{"fault": "dead_connection", "after_audio_ms": 100, "seconds": 600}]"#;
    let emulator = PipedEmulator::start(faulty_options(faults), 16 * 1024);
    let query = "session_heartbeat=true&inactivity_timeout=30";
    let mut client = emulator.begin_session(query).await;
    client.audio(&silence(100)).await;
    let started = Instant::now();
    client.send(Message::Ping("?".into())).await;
    client.terminate().await;
    assert!(client.receives_nothing_for(Duration::from_secs(300)).await);
    let sent = timeout(Duration::from_secs(299), async {
        client.audio(&silence(2_000)).await;
    });
    assert!(sent.await.is_err(), "the client's sends back up");
    assert!(emulator.emulator.sessions()[0].closed.is_none());
    assert_eq!(client.next().await, Incoming::Lost);
    assert_eq!(started.elapsed().as_secs(), 600);
    let log = last_closed(&emulator.emulator).await;
    assert_eq!((log.audio_ms, log.terminated), (100, false));
}

#[tokio::test]
async fn without_a_deadline_the_shutdown_ends_it() {
    let faults = r#"[{"fault": "dead_connection", "after_audio_ms": 0}]"#;
    let emulator = start_faulty(faults).await;
    let mut client = emulator.begin_session("").await;
    client.terminate().await;
    // Longer than any session.
    emulator.emulator.skip(Duration::from_secs(86_400));
    emulator.emulator.shut_down().await;
    assert_eq!(client.next().await, Incoming::Lost);
    let closed = emulator.last_closed().await.closed.expect("it is closed");
    assert_eq!((closed.by, closed.code), (ClosedBy::Emulator, None));
}
