//! Delays like the real service's, on Tokio's paused clock. It advances only when all tasks are
//! idle, so the measured delays are exact. The connections are pipes within the process.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use inturn_emulator::{Delays, Options};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, DuplexStream},
    time::{Instant, sleep, timeout_at},
};
use tokio_tungstenite::{WebSocketStream, tungstenite::Message};

use crate::{
    client::options,
    pipe::PipedEmulator,
    sound::{silence, voice},
};

/// An emulator with delays like the real service's.
struct SlowEmulator(PipedEmulator);

fn start() -> SlowEmulator {
    let options = Options {
        delays: Delays::like_the_real_service(),
        ..options()
    };
    SlowEmulator(PipedEmulator::start(options, 1 << 20))
}

impl SlowEmulator {
    /// Sends a request. Returns the status and the time until the response, in milliseconds.
    async fn get(&self, path: &str) -> (String, u128) {
        let started = Instant::now();
        let mut stream = self.0.stream();
        let request = format!(
            "GET {path} HTTP/1.1\r\nhost: emulator\r\nauthorization: a-key\r\n\
             connection: close\r\n\r\n"
        );
        stream
            .write_all(request.as_bytes())
            .await
            .expect("it can be sent");
        let mut response = String::new();
        stream
            .read_to_string(&mut response)
            .await
            .expect("a complete response");
        let status = response.split(' ').nth(1).expect("a status line");
        (status.to_owned(), started.elapsed().as_millis())
    }

    async fn open(&self, path: &str, key: Option<&str>) -> Client {
        let socket = self.0.connect(path, key).await;
        Client {
            socket,
            since: Instant::now(),
        }
    }

    /// Opens a session and receives its `Begin`.
    async fn begin_session(&self, query: &str) -> Client {
        let mut client = self.open(&format!("/v3/ws?{query}"), Some("a-key")).await;
        client.expect("Begin", 600).await;
        client
    }
}

/// A client that measures the time between messages.
struct Client {
    socket: WebSocketStream<DuplexStream>,
    /// When a message was last sent or received.
    since: Instant,
}

impl Client {
    async fn send(&mut self, message: Message) {
        self.socket.send(message).await.expect("it can be sent");
        self.since = Instant::now();
    }

    /// Sends samples at real time, each frame when its last sample was spoken.
    async fn audio(&mut self, samples: &[i16]) {
        for block in samples.chunks(1_600) {
            sleep(FRAME).await;
            self.audio_at_once(block).await;
        }
    }

    async fn audio_at_once(&mut self, samples: &[i16]) {
        for block in samples.chunks(1_600) {
            let bytes: Vec<u8> = block.iter().flat_map(|s| s.to_le_bytes()).collect();
            self.send(Message::binary(bytes)).await;
        }
    }

    /// Receives the next message. Returns it and the time since the last one, in milliseconds.
    async fn next(&mut self) -> (Message, u128) {
        let message = self
            .socket
            .next()
            .await
            .expect("it is open")
            .expect("a message");
        let waited_ms = self.since.elapsed().as_millis();
        self.since = Instant::now();
        (message, waited_ms)
    }

    async fn expect(&mut self, kind: &str, after_ms: u128) -> Value {
        let (message, waited_ms) = self.next().await;
        let message: Value =
            serde_json::from_str(message.to_text().expect("text")).expect("a message");
        assert_eq!(
            (message["type"].as_str(), waited_ms),
            (Some(kind), after_ms),
            "{message}"
        );
        message
    }

    async fn expect_turn(&mut self, ended: bool, formatted: bool, after_ms: u128) {
        let turn = self.expect("Turn", after_ms).await;
        assert_eq!(
            (&turn["end_of_turn"], &turn["turn_is_formatted"]),
            (&ended.into(), &formatted.into()),
            "{turn}"
        );
    }

    async fn expect_close(&mut self, code: u16, after_ms: u128) {
        let (message, waited_ms) = self.next().await;
        let Message::Close(Some(frame)) = message else {
            panic!("expected a close, got {message:?}");
        };
        assert_eq!((u16::from(frame.code), waited_ms), (code, after_ms));
    }
}

/// Duration of the frames that the client sends.
const FRAME: Duration = Duration::from_millis(100);
const TERMINATE: &str = r#"{"type":"Terminate"}"#;
const FORCE_ENDPOINT: &str = r#"{"type":"ForceEndpoint"}"#;

#[tokio::test(start_paused = true)]
async fn a_token_takes_a_second_and_a_refusal_200_ms() {
    let emulator = start();
    let token = emulator.get("/v3/token?expires_in_seconds=60").await;
    assert_eq!(token, ("200".to_owned(), 1_000));
    assert_eq!(emulator.get("/v3/token").await, ("422".to_owned(), 200));
}

#[tokio::test(start_paused = true)]
async fn words_are_delayed() {
    let emulator = start();
    let query = "speech_model=universal-3-6-pro&mode=min_latency";
    let mut client = emulator.begin_session(query).await;
    client.audio(&voice(400)).await;
    client.expect("SpeechStarted", 290).await;
    client.expect_turn(false, false, 0).await;

    let mut client = emulator
        .begin_session("speech_model=universal-streaming-english")
        .await;
    client.audio(&voice(100)).await;
    client.audio(&silence(100)).await;
    client.expect_turn(false, false, 800).await;
}

/// Ten seconds of audio at once take eight seconds, at 1.25 times real time.
#[tokio::test(start_paused = true)]
async fn a_backlog_is_processed_at_one_and_a_quarter_of_real_time() {
    let emulator = start();
    let query = "speech_model=universal-3-6-pro&include_partial_turns=false&max_turn_silence=640";
    let mut client = emulator.begin_session(query).await;
    let sent = Instant::now();
    for _ in 0..5 {
        client.audio_at_once(&voice(1_000)).await;
        client.audio_at_once(&silence(1_000)).await;
    }
    client.send(Message::text(TERMINATE)).await;
    let mut ends_ms = Vec::new();
    loop {
        let (message, _) = client.next().await;
        let message: Value =
            serde_json::from_str(message.to_text().expect("text")).expect("a message");
        match message["type"].as_str() {
            Some("Turn") => ends_ms.push(sent.elapsed().as_millis()),
            Some("Termination") => break,
            _ => {}
        }
    }
    // Each turn ends 640 ms after the voice, so in the 17th frame of 100 ms.
    assert_eq!(ends_ms, [1_570, 3_170, 4_770, 6_370, 7_970]);
    assert_eq!(sent.elapsed().as_millis(), 8_560);
}

/// The default mode of Universal-3, with audio at real time.
#[tokio::test(start_paused = true)]
async fn partials_come_1200_ms_after_the_beginning_of_speech_and_then_as_often() {
    let emulator = start();
    let mut client = emulator
        .begin_session("speech_model=universal-3-6-pro")
        .await;
    let spoken = Instant::now();
    let mut partials_ms = Vec::new();
    for block in voice(6_000).chunks(1_600) {
        let sent = Instant::now();
        while let Ok((message, _)) = timeout_at(sent + FRAME, client.next()).await {
            let message: Value =
                serde_json::from_str(message.to_text().expect("text")).expect("a message");
            if message["type"] == "Turn" {
                partials_ms.push(spoken.elapsed().as_millis());
            }
        }
        // A frame is sent when its last sample was spoken.
        client.audio_at_once(block).await;
    }
    assert_eq!(partials_ms, [1_190, 2_390, 3_590, 4_790, 5_990]);
}

#[tokio::test(start_paused = true)]
async fn a_forced_end_does_not_overtake_earlier_messages() {
    let emulator = start();
    let query = "speech_model=universal-3-6-pro&mode=min_latency";
    let mut client = emulator.begin_session(query).await;
    client.audio(&voice(400)).await;
    client.send(Message::text(FORCE_ENDPOINT)).await;
    client.expect("SpeechStarted", 140).await;
    client.expect_turn(false, false, 0).await;
    client.expect_turn(true, true, 0).await;
}

#[tokio::test(start_paused = true)]
async fn a_formatted_end_is_delayed_after_the_raw_one() {
    let emulator = start();
    let query =
        "speech_model=universal-streaming-english&format_turns=true&include_partial_turns=false";
    let mut client = emulator.begin_session(query).await;
    client.audio(&voice(800)).await;
    // Long enough for the end of the turn.
    client.audio(&silence(600)).await;
    client.expect_turn(true, false, 800).await;
    client.expect_turn(true, true, 500).await;
}

#[tokio::test(start_paused = true)]
async fn termination_and_the_close_are_delayed() {
    let emulator = start();
    let mut client = emulator
        .begin_session("speech_model=universal-3-6-pro")
        .await;
    client.audio(&silence(500)).await;
    client.send(Message::text(TERMINATE)).await;
    client.expect("Termination", 640).await;
    client.expect_close(1000, 900).await;

    let query = "speech_model=universal-3-6-pro&include_partial_turns=false&speaker_labels=true";
    let mut client = emulator.begin_session(query).await;
    client.audio(&voice(500)).await;
    client.send(Message::text(TERMINATE)).await;
    client.expect("SpeechStarted", 140).await;
    client.expect_turn(true, true, 0).await;
    client.expect("SpeakerRevision", 1_060).await;
    client.expect("Termination", 400).await;
    client.expect_close(1000, 900).await;
}

#[tokio::test(start_paused = true)]
async fn refusals_are_delayed() {
    let emulator = start();
    let mut client = emulator.open("/v3/ws", None).await;
    client.expect("Error", 450).await;
    client.expect_close(1008, 0).await;
    let mut client = emulator.begin_session("").await;
    client.send(Message::text("{not json")).await;
    client.expect("Error", 950).await;
    client.expect_close(3006, 0).await;
}
