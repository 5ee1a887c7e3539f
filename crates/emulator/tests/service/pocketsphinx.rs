//! PocketSphinx with real speech. Needs PocketSphinx, its model and its test recordings.

use std::path::Path;

use inturn_emulator::{MoonshinePaths, Options, RecogniserChoice, RecogniserKind};
use serde_json::Value;

use crate::{
    client::{RunningEmulator, options, start_with},
    sound::silence,
};

async fn start() -> RunningEmulator {
    let options = Options {
        recogniser: RecogniserChoice::PocketSphinx,
        ..options()
    };
    start_with(options).await
}

pub(crate) fn recording(name: &str) -> Vec<i16> {
    let path = Path::new("/usr/share/pocketsphinx/test/data").join(name);
    let bytes = std::fs::read(&path).unwrap_or_else(|error| {
        panic!(
            "{} cannot be read ({error}): install the test recordings with \
             `apt-get install pocketsphinx-testdata`",
            path.display()
        )
    });
    let header = if name.ends_with(".wav") { 44 } else { 0 };
    let (pairs, _) = bytes[header..].as_chunks::<2>();
    pairs.iter().map(|pair| i16::from_le_bytes(*pair)).collect()
}

/// Returns the transcripts of all ended turns, in order.
pub(crate) async fn transcribe(emulator: &RunningEmulator, query: &str, samples: &[i16]) -> String {
    let mut client = emulator.begin_session(query).await;
    client.audio(samples).await;
    let ends = client
        .finish()
        .await
        .into_iter()
        .filter(|turn| turn["end_of_turn"] == true);
    let texts: Vec<String> = ends
        .map(|turn| turn["transcript"].as_str().expect("a text").to_owned())
        .collect();
    texts.join(" ")
}

#[tokio::test]
async fn auto_selects_pocketsphinx_if_moonshine_is_not_installed() {
    let options = Options {
        recogniser: RecogniserChoice::Auto,
        moonshine: MoonshinePaths {
            program: Some("/nonexistent/inturn-moonshine".into()),
            folder: None,
        },
        ..options()
    };
    let emulator = start_with(options).await;
    assert_eq!(
        emulator.emulator.recogniser(),
        RecogniserKind::PocketSphinx,
        "{}",
        emulator.emulator.fallback_reason().unwrap_or_default()
    );
}

#[tokio::test]
async fn a_sentence_is_recognised_on_both_families() {
    let emulator = start().await;
    let recorded = recording("goforward.raw");
    let universal_3 = transcribe(&emulator, "speech_model=universal-3-5-pro", &recorded).await;
    assert_eq!(universal_3, "Go forward ten meters.");
    let us = transcribe(
        &emulator,
        "speech_model=universal-streaming-english",
        &recorded,
    )
    .await;
    assert_eq!(us, "go forward ten meters");
}

#[tokio::test]
async fn words_have_times_and_confidences_during_speech() {
    let emulator = start().await;
    let mut client = emulator
        .begin_session("speech_model=universal-streaming-english")
        .await;
    client.audio(&silence(2_000)).await;
    client.audio(&recording("goforward.raw")).await;
    let partial = client.turn(|turn| turn["words"][0]["text"] == "go").await;
    assert_eq!(partial["end_of_turn"], false);
    client.audio(&silence(1_500)).await;
    let end = client.turn(|turn| turn["end_of_turn"] == true).await;
    let words = end["words"].as_array().expect("words");
    let starts: Vec<u64> = words
        .iter()
        .filter_map(|word| word["start"].as_u64())
        .collect();
    // In the recording, "go" begins at 0.46 s and "meters" at 1.53 s.
    assert!(
        starts[0].abs_diff(2_460) < 100 && starts[3].abs_diff(3_530) < 100,
        "{starts:?}"
    );
    assert!(words.iter().all(|word| {
        word["confidence"]
            .as_f64()
            .is_some_and(|c| (0.0..=1.0).contains(&c))
    }));
    client.finish().await;
}

#[tokio::test]
async fn times_of_a_second_turn_count_from_the_sessions_start() {
    let emulator = start().await;
    let mut client = emulator
        .begin_session("speech_model=universal-3-5-pro")
        .await;
    for _ in 0..2 {
        client.audio(&recording("goforward.raw")).await;
        client.audio(&silence(1_500)).await;
    }
    let turns = client.finish().await;
    let ends: Vec<&Value> = turns
        .iter()
        .filter(|turn| turn["end_of_turn"] == true)
        .collect();
    let starts: Vec<u64> = ends
        .iter()
        .filter_map(|end| end["words"][0]["start"].as_u64())
        .collect();
    // Between the two are 2.8 s of recording, padded to whole frames, and 1.5 s of silence.
    assert_eq!(starts.len(), 2);
    assert!((starts[1] - starts[0]).abs_diff(4_300) < 100, "{starts:?}");
}

#[tokio::test]
async fn a_soft_voice_is_recognised() {
    let emulator = start().await;
    let soft: Vec<i16> = recording("goforward.raw")
        .iter()
        .map(|sample| sample / 8)
        .collect();
    let text = transcribe(&emulator, "speech_model=universal-3-5-pro", &soft).await;
    assert_eq!(text, "Go forward ten meters.");
}

#[tokio::test]
async fn audio_at_another_rate_is_recognised() {
    let emulator = start().await;
    let recorded = recording("goforward.raw");
    // Three samples for one, interpolated linearly.
    let fast: Vec<i16> = recorded
        .windows(2)
        .flat_map(|pair| {
            let (a, b) = (i32::from(pair[0]), i32::from(pair[1]));
            [a, (2 * a + b) / 3, (a + 2 * b) / 3].map(|sample| sample as i16)
        })
        .collect();
    let mut client = emulator
        .begin_session("speech_model=universal-3-5-pro&sample_rate=48000")
        .await;
    client.audio_in_frames(4_800, &fast).await;
    let turns = client.finish().await;
    let texts: Vec<&Value> = turns
        .iter()
        .filter(|turn| turn["end_of_turn"] == true)
        .map(|turn| &turn["transcript"])
        .collect();
    assert_eq!(texts, ["Go forward ten meters."]);
}

#[tokio::test]
async fn live_recognition_is_as_good_as_batch_mode() {
    // Results of the decoder's batch mode for each whole file.
    let sentences = [
        ("0880", "he was not until this blows young man"),
        (
            "0920",
            "had he married a more amiable woman he might have been made still more \
             respectable many watts",
        ),
        ("0930", "he might even have been made the amiable himself"),
    ];
    let emulator = start().await;
    let mut recognised = Vec::new();
    let mut expected = Vec::new();
    for (number, sentence) in sentences {
        let name = format!("librivox/sense_and_sensibility_01_austen_64kb-{number}.wav");
        let text = transcribe(
            &emulator,
            "speech_model=universal-3-5-pro",
            &recording(&name),
        )
        .await;
        let plain: String = text
            .to_lowercase()
            .chars()
            .filter(|c| c.is_alphabetic() || *c == ' ')
            .collect();
        recognised.extend(plain.split_whitespace().map(str::to_owned));
        expected.extend(sentence.split(' '));
    }
    let found = expected
        .iter()
        .filter(|word| recognised.iter().any(|other| other == *word))
        .count();
    assert!(
        found * 10 >= expected.len() * 9,
        "{found} of {}: {recognised:?}",
        expected.len()
    );
}

#[tokio::test]
async fn a_final_word_never_changes() {
    let emulator = start().await;
    let recorded = recording("librivox/sense_and_sensibility_01_austen_64kb-0870.wav");
    let query = "speech_model=universal-streaming-english&format_turns=true";
    let mut client = emulator.begin_session(query).await;
    client.audio(&recorded).await;
    let turns = client.finish().await;
    let mut finals: Vec<Value> = Vec::new();
    let mut checked = 0;
    for turn in turns
        .iter()
        .filter(|turn| turn["turn_is_formatted"] == false)
    {
        let words = turn["words"].as_array().expect("words");
        let settled: Vec<Value> = words
            .iter()
            .take_while(|word| word["word_is_final"] == true)
            .cloned()
            .collect();
        assert!(settled.len() >= finals.len(), "{turn}");
        for (before, now) in finals.iter().zip(&settled) {
            let kept = ["text", "start", "end"];
            assert!(
                kept.iter().all(|field| before[field] == now[field]),
                "{before} became {now}"
            );
            checked += 1;
        }
        let starts: Vec<Option<u64>> = words.iter().map(|word| word["start"].as_u64()).collect();
        assert!(starts.is_sorted(), "{starts:?}");
        finals = if turn["end_of_turn"] == true {
            Vec::new()
        } else {
            settled
        };
    }
    assert!(
        checked > 50,
        "{checked} comparisons are too few to mean anything"
    );
}

#[tokio::test]
async fn more_sessions_than_decoders_are_refused_with_the_services_error() {
    let mut options = Options {
        recogniser: RecogniserChoice::PocketSphinx,
        ..options()
    };
    options.limits.decoders = Some(1);
    let emulator = start_with(options).await;
    let mut first = emulator.begin_session("").await;
    let mut second = emulator.open("").await;
    second
        .expect_refused(
            1008,
            "Unauthorized Connection: Too many concurrent sessions",
        )
        .await;
    let usage = emulator.emulator.usage();
    assert_eq!(
        (usage.sessions, usage.seats, usage.refused),
        (1, Some(1), 1)
    );
    first.finish().await;
}
