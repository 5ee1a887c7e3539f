//! The tones recogniser: its words follow the audio, not the session.

use inturn_emulator::{Options, RecogniserChoice, RecogniserKind, ToneSpeech};
use serde_json::Value;

use crate::{
    client::{Client, RunningEmulator, options, start_with},
    sound::silence,
};

async fn start() -> RunningEmulator {
    start_with(Options {
        recogniser: RecogniserChoice::Tones,
        script: String::new(),
        ..options()
    })
    .await
}

fn samples(speech: &ToneSpeech) -> Vec<i16> {
    let samples = speech.samples();
    samples.iter().map(|x| (x * 32_767.0) as i16).collect()
}

/// Ends the session. Returns the words of all ended turns.
async fn words(client: &mut Client) -> Vec<String> {
    let turns = client.finish().await;
    let is_end = |turn: &&Value| turn["end_of_turn"] == true;
    turns
        .iter()
        .filter(is_end)
        .flat_map(|turn| turn["words"].as_array().expect("words"))
        .map(|word| plain(word["text"].as_str().expect("a text")))
        .collect()
}

/// Removes the capitals and full stops of a formatted turn.
fn plain(word: &str) -> String {
    word.trim_end_matches('.').to_lowercase()
}

fn numbered(range: std::ops::Range<u32>) -> Vec<String> {
    range.map(|number| format!("w{number}")).collect()
}

#[tokio::test]
async fn a_new_session_goes_on_with_the_words_of_its_audio() {
    let emulator = start().await;
    assert_eq!(emulator.emulator.recogniser(), RecogniserKind::Tones);
    let speech = ToneSpeech::new(0..20, 16_000).with_turns_of(6, 1_500);
    let samples = samples(&speech);
    // In the pause after the eighth word.
    let cut = (speech.words()[7].end_ms as usize + 60) * 16;
    for model in ["universal-3-6-pro", "universal-streaming-english"] {
        let query = format!("speech_model={model}");
        let mut client = emulator.begin_session(&query).await;
        client.audio(&samples[..cut]).await;
        assert_eq!(words(&mut client).await, numbered(0..8), "{model}");
        let mut client = emulator.begin_session(&query).await;
        client.audio(&samples[cut..]).await;
        assert_eq!(words(&mut client).await, numbered(8..20), "{model}");
    }
}

#[tokio::test]
async fn a_turn_ends_at_a_long_pause() {
    let emulator = start().await;
    let mut client = emulator.begin_session("mode=min_latency").await;
    let speech = ToneSpeech::new(120..126, 16_000).with_turns_of(3, 1_000);
    client.audio(&samples(&speech)).await;
    for text in ["W120 w121 w122.", "W123 w124 w125."] {
        let turn = client.turn(|turn| turn["end_of_turn"] == true).await;
        assert_eq!(turn["transcript"], text);
    }
}

#[tokio::test]
async fn all_rates_and_encodings_are_understood() {
    let emulator = start().await;
    for rate_hz in [8_000, 16_000, 24_000, 44_100, 48_000] {
        let speech = samples(&ToneSpeech::new(995..1_000, rate_hz));
        let frame_len = rate_hz as usize / 10;

        let query = format!("sample_rate={rate_hz}");
        let mut client = emulator.begin_session(&query).await;
        client.audio_in_frames(frame_len, &speech).await;
        assert_eq!(words(&mut client).await, numbered(995..1_000), "{rate_hz}");

        let query = format!("sample_rate={rate_hz}&encoding=pcm_mulaw");
        let mut client = emulator.begin_session(&query).await;
        for block in speech.chunks(frame_len) {
            let mut frame: Vec<u8> = block.iter().map(|&sample| compress_mulaw(sample)).collect();
            frame.resize(frame_len, 0xff);
            client.frame(frame).await;
        }
        assert_eq!(words(&mut client).await, numbered(995..1_000), "{rate_hz}");
    }
}

#[tokio::test]
async fn silence_has_no_words() {
    let emulator = start().await;
    let mut client = emulator.begin_session("").await;
    client.audio(&silence(3_000)).await;
    assert_eq!(words(&mut client).await, [""; 0]);
    assert_eq!(emulator.last_closed().await.words_after_ms, None);
}

#[tokio::test]
async fn the_log_has_the_audio_until_the_first_words() {
    let emulator = start().await;
    let mut client = emulator.begin_session("").await;
    client.audio(&silence(3_000)).await;
    client.audio(&samples(&ToneSpeech::new(0..6, 16_000))).await;
    client
        .turn(|turn| turn["words"] != Value::Array(Vec::new()))
        .await;
    client.audio(&silence(3_000)).await;
    client.finish().await;
    let log = emulator.last_closed().await;
    let words_after_ms = log.words_after_ms.expect("there were words");
    assert!(
        (3_000..log.audio_ms - 3_000).contains(&words_after_ms),
        "{log:#?}"
    );
}

/// Encodes a sample in ITU-T G.711 μ-law: sign, exponent and mantissa, all bits inverted.
fn compress_mulaw(sample: i16) -> u8 {
    let sign = if sample < 0 { 0x80 } else { 0 };
    let magnitude = sample.unsigned_abs().min(32_635) + 0x84;
    let exponent = magnitude.ilog2() as u8 - 7;
    let mantissa = (magnitude >> (exponent + 3)) as u8 & 0x0f;
    !(sign | exponent << 4 | mantissa)
}
