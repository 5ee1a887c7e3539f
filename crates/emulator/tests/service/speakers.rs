//! Speaker labels and their revisions.

use inturn_emulator::Options;
use serde_json::Value;

use crate::{
    client::{Client, RunningEmulator, options, start_with},
    sound::{silence, voice},
};

const QUERY: &str = "speech_model=universal-3-6-pro&speaker_labels=true";

async fn start(script: &str) -> RunningEmulator {
    start_with(Options {
        script: script.to_owned(),
        ..options()
    })
    .await
}

/// Sends a turn with this many words.
async fn send_turn(client: &mut Client, words: usize) {
    client.audio(&voice(320 * words)).await;
    client.audio(&silence(1_500)).await;
}

/// Terminates the session and returns all messages.
async fn all_messages(client: &mut Client) -> Vec<Value> {
    client.terminate().await;
    client.read_to_close().await.0
}

/// Returns the speakers of the words.
fn speakers(message: &Value) -> Vec<&str> {
    let words = message["words"].as_array().expect("words");
    words
        .iter()
        .filter_map(|word| word["speaker"].as_str())
        .collect()
}

#[tokio::test]
async fn ended_turns_and_their_words_have_speakers() {
    let emulator = start("A: one two three B: four five six seven A: eight").await;
    let mut client = emulator.begin_session(QUERY).await;
    send_turn(&mut client, 8).await;
    let messages = all_messages(&mut client).await;
    let ends: Vec<&Value> = messages
        .iter()
        .filter(|message| message["end_of_turn"] == true)
        .collect();
    assert_eq!(ends.len(), 1);
    assert_eq!(speakers(ends[0]), ["A", "A", "A", "B", "B", "B", "B", "A"]);
    assert_eq!(
        ends[0]["speaker_label"], "A",
        "the speaker of most words; of two, the first"
    );
    assert!(ends[0]["speaker_confidence"].is_number());
    for partial in messages.iter().filter(|m| m["end_of_turn"] == false) {
        assert!(partial.get("speaker_label").is_none(), "{partial}");
        assert!(speakers(partial).is_empty(), "{partial}");
    }
    assert!(
        messages
            .iter()
            .all(|message| message["type"] != "SpeakerRevision"),
        "nothing to revise"
    );
}

#[tokio::test]
async fn by_default_there_are_no_labels() {
    let emulator = start("A>B: one two three four").await;
    let mut client = emulator.begin_session("").await;
    send_turn(&mut client, 4).await;
    for message in all_messages(&mut client).await {
        assert!(message.get("speaker_label").is_none(), "{message}");
        assert_ne!(message["type"], "SpeakerRevision");
    }
}

#[tokio::test]
async fn labels_are_revised_right_before_termination() {
    let emulator = start("A: one two three four B>A: five six seven eight").await;
    let mut client = emulator.begin_session(QUERY).await;
    send_turn(&mut client, 4).await;
    send_turn(&mut client, 4).await;
    let messages = all_messages(&mut client).await;
    let [.., end, revision, termination] = messages.as_slice() else {
        panic!("too few: {messages:?}");
    };
    assert_eq!(speakers(end), ["B"; 4]);
    assert_eq!(termination["type"], "Termination");
    assert_eq!(revision["type"], "SpeakerRevision");
    let revisions = revision["revisions"].as_array().expect("a list");
    assert_eq!(revisions.len(), 1, "only the turn that changes: {revision}");
    assert_eq!(revisions[0]["turn_order"], 1);
    assert_eq!(revisions[0]["speaker_label"], "A");
    assert_eq!(speakers(&revisions[0]), ["A"; 4]);
    for (old, new) in ["text", "start", "end", "confidence", "word_is_final"]
        .map(|name| (&end["words"][0][name], &revisions[0]["words"][0][name]))
    {
        assert_eq!(old, new);
    }
}

#[tokio::test]
async fn a_short_turn_is_pending_until_it_is_revised() {
    let emulator = start("A: one B: two three").await;
    let mut client = emulator.begin_session(QUERY).await;
    send_turn(&mut client, 1).await;
    send_turn(&mut client, 2).await;
    let messages = all_messages(&mut client).await;
    let ends = messages.iter().filter(|m| m["end_of_turn"] == true);
    for end in ends {
        assert_eq!(end["speaker_label"], "PENDING");
        assert!(speakers(end).is_empty(), "{end}");
    }
    let revision = &messages[messages.len() - 2];
    let labels: Vec<&str> = revision["revisions"]
        .as_array()
        .expect("a revision")
        .iter()
        .filter_map(|turn| turn["speaker_label"].as_str())
        .collect();
    assert_eq!(labels, ["A", "B"]);
}

#[tokio::test]
async fn the_formatted_end_has_the_labels_of_the_raw_one() {
    let emulator = start("A: one two B: three four five").await;
    let query = "speech_model=universal-streaming-english&format_turns=true&speaker_labels=true";
    let mut client = emulator.begin_session(query).await;
    send_turn(&mut client, 5).await;
    let messages = all_messages(&mut client).await;
    let ends: Vec<Vec<&str>> = messages
        .iter()
        .filter(|message| message["end_of_turn"] == true)
        .map(speakers)
        .collect();
    assert_eq!(ends, [["A", "A", "B", "B", "B"]; 2]);
}

#[tokio::test]
async fn max_speakers_limits_the_labels() {
    let emulator = start("A: one two B: three C: four").await;
    let mut client = emulator
        .begin_session(&format!("{QUERY}&max_speakers=2"))
        .await;
    send_turn(&mut client, 4).await;
    let messages = all_messages(&mut client).await;
    let end = messages
        .iter()
        .find(|message| message["end_of_turn"] == true)
        .expect("an end");
    assert_eq!(speakers(end), ["A", "A", "B", "B"]);
}

#[tokio::test]
async fn with_an_interval_labels_are_revised_in_mid_session() {
    let emulator = start("B>A: one two three four").await;
    // Raised to 120 s, the shortest interval.
    let query = format!("{QUERY}&speaker_labels_revision_interval_ms=5000");
    let mut client = emulator.begin_session(&query).await;
    send_turn(&mut client, 4).await;
    client.audio_in_frames(16_000, &silence(117_000)).await;
    assert_eq!(emulator.emulator.sessions()[0].error, None);
    send_turn(&mut client, 4).await;
    let revision = client.message_of("SpeakerRevision").await;
    let orders: Vec<&Value> = revision["revisions"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|turn| &turn["turn_order"])
        .collect();
    assert_eq!(orders, [0, 1]);
    send_turn(&mut client, 4).await;
    let messages = all_messages(&mut client).await;
    let last = &messages[messages.len() - 2];
    assert_eq!(
        last["revisions"][0]["turn_order"], 2,
        "the last revision comes at the end"
    );
}

#[tokio::test]
async fn with_labels_a_turn_ends_after_ten_seconds() {
    let emulator = start("A: one two three").await;
    let mut client = emulator.begin_session(QUERY).await;
    client.audio(&voice(15_000)).await;
    client.turn(|turn| turn["end_of_turn"] == true).await;
    let turns = client.finish().await;
    assert_eq!(
        turns.last().map(|turn| &turn["turn_order"]),
        Some(&1.into())
    );
}
