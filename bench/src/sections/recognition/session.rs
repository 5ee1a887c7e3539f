//! A session that sends recordings and reads their words.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use anyhow::{Context as _, bail};
use futures_util::{Sink, SinkExt as _, Stream, StreamExt as _};
use inturn_protocol::{ClientMessage, ServerMessage, Turn};
use tokio::time::{Instant, sleep_until};
use tokio_tungstenite::{
    connect_async,
    tungstenite::{self, Message, client::IntoClientRequest as _},
};

use super::{
    alignment::{Start, first_start},
    corpus::RATE_HZ,
};

/// What a session received.
#[derive(Debug, Default)]
pub(super) struct Heard {
    /// The text of all ended turns.
    pub(super) text: String,
    /// Their words with the starts in the sound.
    pub(super) starts: Vec<Start>,
    /// For each word: from its end in the sound to the first message with it, in ms. Only
    /// meaningful if the sound was sent as fast as it is spoken.
    pub(super) word_delays_ms: Vec<f64>,
    /// For each part of the sound: from its end to the end of its turn, in ms.
    pub(super) end_delays_ms: Vec<f64>,
}

/// How fast the sound is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pace {
    /// At once.
    Fast,
    /// As fast as it is spoken.
    Spoken,
}

/// Sends parts of a sound, each with silence after it, and reads all words. The end of each part is
/// the end of its turn.
pub(super) async fn listen(url: &str, parts: &[Vec<i16>], pace: Pace) -> anyhow::Result<Heard> {
    let socket = url.replacen("http", "ws", 1);
    let url = format!("{socket}/v3/ws?speech_model=universal-3-5-pro&sample_rate={RATE_HZ}");
    let mut request = url.into_client_request()?;
    request
        .headers_mut()
        .insert("authorization", "bench".parse()?);
    let (socket, _) = connect_async(request).await?;
    let (to_service, from_service) = socket.split();
    let began = Instant::now();
    let ended_at = Mutex::new(None);
    let sent = send(to_service, parts, pace, began, &ended_at);
    let received = receive(from_service, began, &ended_at);
    let ((), heard) = tokio::try_join!(sent, received)?;
    Ok(heard)
}

/// When the last part that was sent has ended; none if its turn has ended too.
type EndedAt = Mutex<Option<Instant>>;

async fn send(
    mut service: impl Sink<Message, Error = tungstenite::Error> + Unpin,
    parts: &[Vec<i16>],
    pace: Pace,
    began: Instant,
    ended_at: &EndedAt,
) -> anyhow::Result<()> {
    let silence = vec![0_i16; RATE_HZ as usize];
    let mut sent_ms = 0;
    for part in parts {
        for (sound, is_voice) in [(part, true), (&silence, false)] {
            for chunk in sound.chunks(CHUNK_SAMPLES) {
                sent_ms += CHUNK_MS;
                if pace == Pace::Spoken {
                    sleep_until(began + Duration::from_millis(sent_ms)).await;
                }
                let mut frame: Vec<u8> = chunk.iter().flat_map(|it| it.to_le_bytes()).collect();
                frame.resize(CHUNK_SAMPLES * 2, 0);
                service.send(Message::binary(frame)).await?;
            }
            if is_voice {
                *ended_at.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
                let end = ClientMessage::ForceEndpoint.encode()?;
                service.send(Message::text(end)).await?;
            }
        }
    }
    let end = ClientMessage::Terminate.encode()?;
    Ok(service.send(Message::text(end)).await?)
}

async fn receive(
    mut service: impl Stream<Item = Result<Message, tungstenite::Error>> + Unpin,
    began: Instant,
    ended_at: &EndedAt,
) -> anyhow::Result<Heard> {
    let mut heard = Heard::default();
    let mut ended = BTreeMap::new();
    let mut counted = BTreeMap::new();
    while let Some(message) = service.next().await {
        let Message::Text(text) = message.context("the connection failed")? else {
            continue;
        };
        match ServerMessage::decode(&text)? {
            ServerMessage::Turn(turn) => {
                let now = began.elapsed();
                let known: &mut usize = counted.entry(turn.turn_order).or_default();
                heard.word_delays_ms.extend(delays_ms(&turn, *known, now));
                *known = turn.words.len().max(*known);
                if turn.end_of_turn {
                    let ended_at = ended_at
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .take();
                    let delay = ended_at.map(|it| it.elapsed().as_secs_f64() * 1e3);
                    heard.end_delays_ms.extend(delay);
                    ended.insert(turn.turn_order, turn);
                }
            }
            ServerMessage::Termination(_) => break,
            ServerMessage::Error(error) => bail!("the service sent an error: {}", error.error),
            _ => {}
        }
    }
    let words = ended.values().flat_map(|turn| &turn.words);
    heard.starts = words
        .filter_map(|word| first_start(&word.text, word.start as f64))
        .collect();
    let texts = ended.into_values().map(|turn| turn.transcript);
    heard.text = texts.collect::<Vec<_>>().join(" ");
    Ok(heard)
}

/// Returns the delays of the words after the first `known`.
fn delays_ms(turn: &Turn, known: usize, now: Duration) -> impl Iterator<Item = f64> {
    let new = turn.words.iter().skip(known);
    new.map(move |word| now.as_secs_f64() * 1e3 - word.end as f64)
}

/// Length of a frame.
const CHUNK_MS: u64 = 100;
const CHUNK_SAMPLES: usize = RATE_HZ as usize / 10;
