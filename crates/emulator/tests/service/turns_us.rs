//! Turns of the Universal-Streaming models.

use inturn_emulator::{FormattedForm, Options};
use serde_json::Value;

use crate::{
    client::{options, start, start_with},
    sound::{silence, voice},
};

const QUERY: &str = "speech_model=universal-streaming-english";

fn ends(turns: &[Value]) -> Vec<(&str, bool)> {
    turns
        .iter()
        .filter(|turn| turn["end_of_turn"] == true)
        .map(|turn| {
            let text = turn["transcript"].as_str().expect("a text");
            (text, turn["turn_is_formatted"] == true)
        })
        .collect()
}

#[tokio::test]
async fn final_words_never_change_and_at_most_one_word_is_not_final() {
    let emulator = start().await;
    let mut client = emulator.begin_session(QUERY).await;
    client.audio(&voice(1_900)).await;
    client.audio(&silence(800)).await;
    let turns = client.finish().await;
    let mut finals: Vec<Value> = Vec::new();
    for turn in &turns {
        let words = turn["words"].as_array().expect("words");
        let settled: Vec<Value> = words
            .iter()
            .take_while(|word| word["word_is_final"] == true)
            .cloned()
            .collect();
        assert!(words.len() - settled.len() <= 1, "{turn}");
        assert!(settled.starts_with(&finals), "{turn}");
        let texts: Vec<&str> = settled
            .iter()
            .filter_map(|word| word["text"].as_str())
            .collect();
        assert_eq!(turn["transcript"], texts.join(" "), "only the final words");
        finals = settled;
    }
    assert_eq!(turns[0]["transcript"], "", "the first transcript is empty");
    assert_eq!(finals.len(), 6);
}

#[tokio::test]
async fn without_format_turns_there_is_one_raw_end() {
    let emulator = start().await;
    let mut client = emulator.begin_session(QUERY).await;
    client.audio(&voice(600)).await;
    let turns = client.finish().await;
    assert_eq!(ends(&turns), [("one two", false)]);
    assert_eq!(
        turns.last().map(|turn| &turn["utterance"]),
        Some(&"One two.".into())
    );
}

#[tokio::test]
async fn with_format_turns_the_end_is_sent_raw_then_formatted() {
    let emulator = start().await;
    let mut client = emulator
        .begin_session(&format!("{QUERY}&format_turns=true"))
        .await;
    client.audio(&voice(600)).await;
    let turns = client.finish().await;
    assert_eq!(ends(&turns), [("one two", false), ("One two.", true)]);
    assert_eq!(
        turns[turns.len() - 2]["turn_order"],
        turns[turns.len() - 1]["turn_order"]
    );
}

#[tokio::test]
async fn in_the_in_model_form_every_message_is_formatted_and_there_is_one_end() {
    let options = Options {
        formatted_form: FormattedForm::InModel,
        ..options()
    };
    let emulator = start_with(options).await;
    let mut client = emulator
        .begin_session(&format!("{QUERY}&format_turns=true"))
        .await;
    client.audio(&voice(600)).await;
    let turns = client.finish().await;
    assert!(turns.iter().all(|turn| turn["turn_is_formatted"] == true));
    assert_eq!(turns[0]["words"][0]["text"], "One");
    assert_eq!(ends(&turns), [("One two.", true)]);
}

#[tokio::test]
async fn format_turns_can_be_set_in_mid_session() {
    let emulator = start().await;
    let mut client = emulator.begin_session(QUERY).await;
    client
        .text(r#"{"type":"UpdateConfiguration","format_turns":true}"#)
        .await;
    client.audio(&voice(600)).await;
    assert_eq!(ends(&client.finish().await).len(), 2);
}

#[tokio::test]
async fn a_higher_threshold_requires_more_silence() {
    let emulator = start().await;
    for (threshold, expected) in [("0", 2), ("1", 1)] {
        let query = format!("{QUERY}&end_of_turn_confidence_threshold={threshold}");
        let mut client = emulator.begin_session(&query).await;
        client.audio(&voice(600)).await;
        client.audio(&silence(700)).await;
        client.audio(&voice(600)).await;
        assert_eq!(
            ends(&client.finish().await).len(),
            expected,
            "threshold {threshold}"
        );
    }
}

#[tokio::test]
async fn this_family_sends_no_speech_started() {
    let emulator = start().await;
    let mut client = emulator.begin_session(QUERY).await;
    client.audio(&voice(600)).await;
    client.terminate().await;
    let (messages, _) = client.read_to_close().await;
    assert!(
        messages
            .iter()
            .all(|message| message["type"] != "SpeechStarted")
    );
}
