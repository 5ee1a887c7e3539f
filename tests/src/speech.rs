//! Recorded voices, and the words that a recogniser finds in them.

use std::{collections::BTreeMap, fmt::Debug};

use futures_util::{Sink, SinkExt, Stream, StreamExt};
use inturn_emulator::ToneWord;
use inturn_protocol::{ClientMessage, ServerMessage, Turn};
pub use inturn_testkit::words::words;
use tokio_tungstenite::{
    connect_async,
    tungstenite::{Message, client::IntoClientRequest},
};

use crate::{machine, sound::Sound, stage};

/// Returns a recording of "go forward ten meters".
///
/// # Panics
///
/// If the recording is not installed.
pub fn go_forward() -> Sound {
    let path = machine::voices().join("goforward.raw");
    Sound::read_raw(&path, VOICES_HZ).expect("the recording can be read")
}

/// Returns a sentence from a novel by its number: 870, 880, 890, 920 or 930.
///
/// # Panics
///
/// If the recording is not installed.
pub fn novel(number: u32) -> Sound {
    let name = format!("librivox/sense_and_sensibility_01_austen_64kb-{number:04}.wav");
    Sound::read_wav(&machine::voices().join(name)).expect("the recording can be read")
}

/// Returns the words that the service at `service_url` finds in a sound, sent without a browser.
///
/// # Panics
///
/// If the service violates the protocol.
pub async fn words_found(service_url: &str, sound: &Sound) -> Vec<String> {
    let turns = turns_found(service_url, sound).await;
    turns
        .iter()
        .flat_map(|turn| words(&turn.transcript))
        .collect()
}

/// Returns the words that are tones, see [`Sound::tone_words`], that the service at `service_url`
/// finds in a sound, with their times.
///
/// # Panics
///
/// If the service violates the protocol or recognises no tones.
pub async fn tones_found(service_url: &str, sound: &Sound) -> Vec<ToneWord> {
    let turns = turns_found(service_url, sound).await;
    let words_of = |turn: &Turn| turn.words.clone();
    let number = |text: &str| words(text).concat().strip_prefix('w')?.parse().ok();
    turns
        .iter()
        .flat_map(words_of)
        .map(|word| ToneWord {
            number: number(&word.text).unwrap_or_else(|| panic!("not a tone: {}", word.text)),
            start_ms: word.start,
            end_ms: word.end,
        })
        .collect()
}

/// Returns the ended turns that the service finds in a sound.
async fn turns_found(service_url: &str, sound: &Sound) -> Vec<Turn> {
    let socket = service_url.replacen("http", "ws", 1);
    let url = format!(
        "{socket}/v3/ws?speech_model=universal-3-5-pro&sample_rate=16000&encoding=pcm_s16le\
         &format_turns=true"
    );
    let mut request = url.into_client_request().expect("the URL is valid");
    let key = stage::KEY.parse().expect("the key is a valid header value");
    request.headers_mut().insert("authorization", key);
    let (socket, _) = connect_async(request)
        .await
        .expect("the service accepts the connection");
    let (to_service, from_service) = socket.split();
    // Both at once: with a long sound, the service waits until its messages are read.
    let ((), turns) = tokio::join!(send(to_service, sound), ended_turns(from_service));
    turns
}

/// Sends a sound and `Terminate`.
async fn send(mut service: impl Sink<Message, Error: Debug> + Unpin, sound: &Sound) {
    for chunk in sound.at_rate(VOICES_HZ).to_int16().chunks(CHUNK_SAMPLES) {
        let frame: Vec<u8> = chunk
            .iter()
            .flat_map(|sample| sample.to_le_bytes())
            .collect();
        service
            .send(Message::binary(frame))
            .await
            .expect("the service accepts audio");
    }
    let terminate = ClientMessage::Terminate
        .encode()
        .expect("the message can be encoded");
    service
        .send(Message::text(terminate))
        .await
        .expect("the service accepts `Terminate`");
}

/// Returns the turns that have ended until `Termination`.
async fn ended_turns<E>(mut service: impl Stream<Item = Result<Message, E>> + Unpin) -> Vec<Turn> {
    let mut turns = BTreeMap::new();
    while let Some(Ok(message)) = service.next().await {
        let Message::Text(text) = message else {
            continue;
        };
        match ServerMessage::decode(&text) {
            Ok(ServerMessage::Turn(turn)) if turn.end_of_turn => {
                turns.insert(turn.turn_order, turn);
            }
            Ok(ServerMessage::Termination(_)) => break,
            Ok(ServerMessage::Error(error)) => panic!("the service sent an error: {}", error.error),
            _ => {}
        }
    }
    turns.into_values().collect()
}

/// Returns the share of the expected words that were found in their order.
pub fn share_found(expected: &[String], found: &[String]) -> f64 {
    let mut row = vec![0_usize; found.len() + 1];
    for word in expected {
        let mut diagonal = 0;
        for (index, other) in found.iter().enumerate() {
            let above = row[index + 1];
            row[index + 1] = if word == other {
                diagonal + 1
            } else {
                above.max(row[index])
            };
            diagonal = above;
        }
    }
    row[found.len()] as f64 / expected.len().max(1) as f64
}

/// The rate of the recordings.
const VOICES_HZ: u32 = 16_000;

/// A tenth of a second.
const CHUNK_SAMPLES: usize = 1_600;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_words_in_their_order_count() {
        let expected = words("he was not an ill disposed young man");
        for (found, share) in [
            ("he was not an ill disposed young man", 1.0),
            ("oh he was not an ill opposed young man", 0.875),
            ("man young disposed ill an not was he", 0.125),
            ("", 0.0),
        ] {
            assert_eq!(share_found(&expected, &words(found)), share, "{found:?}");
        }
    }
}
