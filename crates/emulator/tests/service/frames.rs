//! Validation of audio frames.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{
    client::{Client, Incoming, RunningEmulator, TIMEOUT, options, start, start_with},
    sound::silence,
};

async fn begin_session(emulator: &RunningEmulator) -> Client {
    emulator
        .begin_session("sample_rate=16000&encoding=pcm_s16le")
        .await
}

/// Sends frames of this size until the emulator refuses one. Returns the number of accepted frames.
async fn accepted_frames(bytes: usize, text: &str) -> u64 {
    let emulator = start().await;
    let mut client = begin_session(&emulator).await;
    for _ in 0..60 {
        if !client.try_frame(vec![0; bytes]).await {
            break;
        }
    }
    client.expect_refused(3007, text).await;
    emulator.last_closed().await.frames.count
}

#[tokio::test]
async fn frames_of_49_ms_are_refused_after_a_second_of_them() {
    let text = "Input Duration Error: Input Duration Violation: 49.0 ms. \
                Expected between 50 and 1000 ms";
    assert_eq!(accepted_frames(1_568, text).await, 19);
}

#[tokio::test]
async fn frames_of_20_ms_are_refused_at_the_49th() {
    let text = "Input Duration Error: Input Duration Violation: 20.0 ms. \
                Expected between 50 and 1000 ms";
    assert_eq!(accepted_frames(640, text).await, 48);
}

#[tokio::test]
async fn a_frame_over_a_second_is_refused_at_once() {
    let text = "Input Duration Error: Input Duration Violation: 1000.1 ms. \
                Expected between 50 and 1000 ms";
    assert_eq!(accepted_frames(32_002, text).await, 0);
}

#[tokio::test]
async fn frames_of_50_and_1000_ms_are_accepted() {
    let emulator = start().await;
    let mut client = begin_session(&emulator).await;
    client.frame(vec![0; 1_600]).await;
    client.frame(vec![0; 32_000]).await;
    client.finish().await;
    assert_eq!(emulator.last_closed().await.frames.short, 0);
}

#[tokio::test]
async fn one_short_last_frame_is_accepted_and_counted() {
    let emulator = start().await;
    let mut client = begin_session(&emulator).await;
    client.audio(&silence(300)).await;
    client.frame(vec![0; 640]).await;
    client.finish().await;
    let log = emulator.last_closed().await;
    assert_eq!(log.frames.short, 1);
    assert!(log.frames.all_but_the_last_are(3_200));
}

#[tokio::test]
async fn the_allowance_can_be_one_short_frame() {
    let mut options = options();
    options.limits.short_frame_allowance_ms = 50;
    let emulator = start_with(options).await;
    let mut client = begin_session(&emulator).await;
    client.frame(vec![0; 1_568]).await;
    client.frame(vec![0; 1_568]).await;
    let (messages, _) = client.read_to_close().await;
    assert_eq!(messages[0]["error_code"], 3007);
}

#[tokio::test]
async fn the_bounds_follow_rate_and_encoding() {
    let emulator = start().await;
    let mut client = emulator
        .begin_session("sample_rate=8000&encoding=pcm_mulaw")
        .await;
    client.frame(vec![0xff; 400]).await;
    client.frame(vec![0xff; 8_000]).await;
    client.frame(vec![0xff; 8_001]).await;
    let (messages, _) = client.read_to_close().await;
    assert_eq!(messages[0]["error_code"], 3007);
    assert_eq!(emulator.last_closed().await.audio_ms, 1_050);
}

#[tokio::test]
async fn more_than_128_kb_is_1009() {
    let emulator = start().await;
    let mut client = emulator.begin_session("sample_rate=96000").await;
    client.frame(vec![0; 131_072]).await;
    client.frame(vec![0; 131_074]).await;
    let (messages, close) = client.read_to_close().await;
    assert_eq!(messages[0]["error_code"], 1009);
    assert_eq!(
        close,
        Incoming::Closed(1009, "See Error message for details".to_owned())
    );
}

#[tokio::test]
async fn a_frame_that_ends_within_a_sample_is_refused() {
    let emulator = start().await;
    let mut client = begin_session(&emulator).await;
    client.frame(vec![0; 3_201]).await;
    client
        .expect_refused(3006, "Invalid Message: audio frame ends within a sample")
        .await;
}

#[tokio::test]
async fn a_client_more_than_five_minutes_ahead_is_refused() {
    let emulator = start().await;
    let mut client = begin_session(&emulator).await;
    for _ in 0..310 {
        if !client.try_frame(vec![0; 32_000]).await {
            break;
        }
    }
    let (messages, _) = client.read_to_close().await;
    let error = messages[0]["error"].as_str().expect("an Error");
    assert!(
        error.starts_with("Input Duration Error: Audio Transmission Rate Exceeded: Received 30"),
        "{error}"
    );
    let accepted = emulator.last_closed().await.audio_ms / 1_000;
    assert!((300..310).contains(&accepted), "{accepted} s");
}

#[tokio::test]
async fn audio_after_terminate_is_ignored_and_counted() {
    let emulator = start().await;
    emulator.emulator.set_faults(
        inturn_emulator::Faults::from_json(r#"[{"fault": "no_termination"}]"#).expect("a list"),
    );
    let mut client = begin_session(&emulator).await;
    client.audio(&silence(100)).await;
    client.terminate().await;
    client.audio(&silence(200)).await;
    client.close().await;
    let log = emulator.last_closed().await;
    assert_eq!((log.audio_ms, log.frames.after_terminate), (100, 2));
}

/// Otherwise a few sockets could fill the memory.
#[tokio::test]
async fn a_huge_message_is_refused_with_1009_before_it_is_read() {
    let emulator = start().await;
    let token = emulator.token().await;
    for (token, code, messages) in [(token.as_str(), 1009, 2), ("none", 1008, 1)] {
        let query = format!("sample_rate=16000&token={token}");
        let mut stream = open_upgraded(&emulator, &query).await;
        // Only the header of a masked binary frame of 10 MB.
        let mut head = vec![0x82, 0xff];
        head.extend(10_000_000_u64.to_be_bytes());
        head.extend([0; 4]);
        stream.write_all(&head).await.expect("it can be sent");
        let mut answer = Vec::new();
        let ended = stream.read_to_end(&mut answer);
        // The connection ends without the other ten million bytes.
        let ended = tokio::time::timeout(TIMEOUT, ended).await;
        ended.expect("it ends in time").expect("it ends cleanly");
        let text = String::from_utf8_lossy(&answer);
        assert!(text.starts_with("HTTP/1.1 101 "), "{text}");
        let count = text.matches("\"type\":").count();
        assert_eq!(count, messages, "{text}");
        assert!(text.contains(&format!("\"error_code\":{code}")), "{text}");
        // A close frame of this code.
        let close = [&u16::to_be_bytes(code)[..], b"See Error"].concat();
        let closes = answer.windows(close.len()).any(|bytes| bytes == close);
        assert!(closes, "{text}");
    }
}

/// Opens a connection and sends an upgrade request. The test then writes frames byte by byte.
async fn open_upgraded(emulator: &RunningEmulator, query: &str) -> TcpStream {
    let mut stream = TcpStream::connect(emulator.address)
        .await
        .expect("it connects");
    let upgrade = format!(
        "GET /v3/ws?{query} HTTP/1.1\r\nHost: service\r\nConnection: Upgrade\r\n\
         Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    );
    stream
        .write_all(upgrade.as_bytes())
        .await
        .expect("it can be sent");
    stream
}
