//! Turns of the Universal-3 models.

use inturn_emulator::Options;
use serde_json::{Value, json};

use crate::{
    client::{Client, options, start, start_with},
    sound::{silence, voice},
};

const QUERY: &str = "speech_model=universal-3-5-pro";

async fn all_messages(client: &mut Client) -> Vec<Value> {
    client.terminate().await;
    client.read_to_close().await.0
}

#[tokio::test]
async fn speech_started_is_followed_by_partials_and_one_end() {
    let emulator = start().await;
    let mut client = emulator.begin_session(QUERY).await;
    client.audio(&silence(500)).await;
    client.audio(&voice(1_900)).await;
    client.audio(&silence(1_500)).await;
    let messages = all_messages(&mut client).await;
    assert_eq!(messages[0]["type"], "SpeechStarted");
    let onset = messages[0]["timestamp"].as_u64().expect("milliseconds");
    assert!(onset.abs_diff(500) <= 20, "{onset}");
    let turns = &messages[1..messages.len() - 1];
    let (end, partials) = turns.split_last().expect("turns");
    assert!(partials.len() >= 2, "{partials:?}");
    for partial in partials {
        assert_eq!(partial["end_of_turn"], false);
        assert_eq!(partial["utterance"], "");
        let words = partial["words"].as_array().expect("words");
        assert!(
            words.iter().all(|word| word["word_is_final"] == false),
            "{partial}"
        );
    }
    let text = "One two three four five six.";
    assert_eq!(
        (&end["transcript"], &end["utterance"]),
        (&text.into(), &text.into())
    );
    assert_eq!(
        (&end["end_of_turn"], &end["turn_is_formatted"]),
        (&true.into(), &true.into())
    );
    assert_eq!(end["end_of_turn_confidence"], json!(1.0));
}

#[tokio::test]
async fn turn_orders_count_from_zero_and_times_never_decrease() {
    let emulator = start().await;
    let mut client = emulator.begin_session(QUERY).await;
    for _ in 0..3 {
        client.audio(&voice(700)).await;
        client.audio(&silence(1_500)).await;
    }
    let turns = client.finish().await;
    let ends: Vec<&Value> = turns
        .iter()
        .filter(|turn| turn["end_of_turn"] == true)
        .collect();
    let orders: Vec<&Value> = ends.iter().map(|turn| &turn["turn_order"]).collect();
    assert_eq!(orders, [0, 1, 2]);
    let mut previous_end = 0;
    for word in ends
        .iter()
        .flat_map(|turn| turn["words"].as_array().expect("words"))
    {
        let (start, end) = (word["start"].as_u64(), word["end"].as_u64());
        assert!(
            start >= Some(previous_end) && end >= start,
            "{word} after {previous_end}"
        );
        previous_end = end.expect("milliseconds");
    }
}

#[tokio::test]
async fn eager_partials_follow_each_change_of_the_words_and_nothing_else() {
    let mut counts = Vec::new();
    for (eager, query) in [
        (false, QUERY.to_owned()),
        (true, QUERY.to_owned()),
        (true, format!("{QUERY}&continuous_partials=false")),
    ] {
        let mut options = options();
        options.limits.eager_partials = eager;
        let emulator = start_with(options).await;
        let mut client = emulator.begin_session(&query).await;
        client.audio(&voice(3_000)).await;
        let turns = client.finish().await;
        let texts: Vec<&Value> = turns.iter().map(|turn| &turn["transcript"]).collect();
        let (_, partials) = texts.split_last().expect("turns");
        let changes = partials.windows(2).filter(|pair| pair[0] != pair[1]);
        assert_eq!(changes.count() + 1, partials.len(), "{partials:?}");
        counts.push(partials.len());
    }
    let [service, eager, rare] = counts[..] else {
        panic!("{counts:?}");
    };
    assert!(eager > 2 * service && rare <= service, "{counts:?}");
}

#[tokio::test]
async fn only_silence_in_the_audio_ends_a_turn() {
    let emulator = start().await;
    let mut client = emulator.begin_session(QUERY).await;
    client.audio(&voice(700)).await;
    client.audio(&silence(1_200)).await;
    emulator
        .emulator
        .wait_for(|logs| logs[0].audio_ms == 1_900)
        .await;
    // Without audio for ten minutes, the turn stays open.
    emulator.emulator.skip(std::time::Duration::from_secs(600));
    client.text(r#"{"type":"KeepAlive"}"#).await;
    emulator
        .emulator
        .wait_for(|logs| logs[0].control_messages.contains_key("KeepAlive"))
        .await;
    assert_eq!(emulator.emulator.sessions()[0].turns, 0);
    client.audio(&silence(200)).await;
    client.turn(|turn| turn["end_of_turn"] == true).await;
    client.finish().await;
}

#[tokio::test]
async fn punctuation_ends_a_turn_early() {
    let emulator = start_with(Options {
        script: "Stop. Go".to_owned(),
        ..options()
    })
    .await;
    let mut client = emulator.begin_session(QUERY).await;
    client.audio(&voice(300)).await;
    client.audio(&silence(400)).await;
    let end = client.turn(|turn| turn["end_of_turn"] == true).await;
    assert_eq!(end["transcript"], "Stop.");
    client.finish().await;
}

#[tokio::test]
async fn only_on_3_6_the_confidence_rises_with_the_silence() {
    let emulator = start().await;
    for (model, ramps) in [("universal-3-6-pro", true), ("universal-3-5-pro", false)] {
        let mut client = emulator
            .begin_session(&format!("speech_model={model}"))
            .await;
        client.audio(&voice(700)).await;
        client.audio(&silence(1_200)).await;
        client.audio(&voice(300)).await;
        client.audio(&silence(1_300)).await;
        let turns = client.finish().await;
        let confidences: Vec<f64> = turns
            .iter()
            .map(|turn| turn["end_of_turn_confidence"].as_f64().expect("a number"))
            .collect();
        let (end, partials) = confidences.split_last().expect("turns");
        assert_eq!(*end, 1.0, "{model}");
        assert_eq!(
            partials.iter().any(|confidence| *confidence > 0.0),
            ramps,
            "{model}"
        );
    }
}

#[tokio::test]
async fn partials_can_be_left_out() {
    let emulator = start().await;
    let mut client = emulator
        .begin_session(&format!("{QUERY}&include_partial_turns=false"))
        .await;
    client.audio(&voice(1_900)).await;
    let turns = client.finish().await;
    assert_eq!(turns.len(), 1);
    assert_eq!(turns[0]["end_of_turn"], true);
}

#[tokio::test]
async fn silence_is_acknowledged_when_asked_for() {
    let emulator = start().await;
    let mut client = emulator
        .begin_session(&format!("{QUERY}&acknowledge_silence=true"))
        .await;
    client.audio(&silence(2_000)).await;
    let messages = all_messages(&mut client).await;
    assert_eq!(
        messages[0],
        json!({ "type": "Silence", "start_ms": 0, "end_ms": 1_000 })
    );
    assert_eq!(
        messages[1],
        json!({ "type": "Silence", "start_ms": 1_000, "end_ms": 2_000 })
    );
}

#[tokio::test]
async fn the_turns_do_not_depend_on_the_frame_size() {
    let emulator = start().await;
    let mut sound = silence(330);
    sound.extend(voice(1_010));
    sound.extend(silence(1_500));
    sound.extend(voice(770));
    sound.resize(16 * 4_000, 0);
    let mut seen = Vec::new();
    for frame_len in [800, 1_600, 16_000] {
        let mut client = emulator.begin_session(QUERY).await;
        client.audio_in_frames(frame_len, &sound).await;
        seen.push(client.finish().await);
    }
    assert!(seen.windows(2).all(|pair| pair[0] == pair[1]), "{seen:?}");
}
