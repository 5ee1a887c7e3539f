//! Moonshine with real speech, in real processes. Needs its package and recordings of speech.

mod package;

use std::{fs, process::Command};

use inturn_emulator::{
    Emulator, MoonshinePaths, Options, PocketSphinxPaths, RecogniserChoice, RecogniserKind,
};
use inturn_testkit::words::{words, wrong_words};
use serde_json::Value;

use self::package::{Package, package, paths};
use crate::{
    client::{options, start_with},
    pocketsphinx::{recording, transcribe},
    sound::silence,
};

/// The recordings of a novel, and what is said in them.
const NOVEL: [(&str, &str); 5] = [
    (
        "0870",
        "and mr john dashwood had then leisure to consider how much there might be prudently in \
         his power to do for them",
    ),
    ("0880", "he was not an ill disposed young man"),
    (
        "0890",
        "unless to be rather cold hearted and rather selfish is to be ill disposed",
    ),
    (
        "0920",
        "had he married a more amiable woman he might have been made still more respectable than \
         he was",
    ),
    ("0930", "he might even have been made amiable himself"),
];

fn novel(number: &str) -> Vec<i16> {
    recording(&format!(
        "librivox/sense_and_sensibility_01_austen_64kb-{number}.wav"
    ))
}

fn ends(turns: &[Value]) -> Vec<&Value> {
    let is_end = |turn: &&Value| turn["end_of_turn"] == true;
    turns.iter().filter(is_end).collect()
}

#[tokio::test]
async fn read_sentences_are_recognised_with_capitals_and_punctuation() {
    let package = Package::new();
    let emulator = package.start().await;
    let (mut expected, mut found) = (Vec::new(), Vec::new());
    for (number, sentence) in NOVEL {
        let query = "speech_model=universal-3-5-pro";
        let text = transcribe(&emulator, query, &novel(number)).await;
        assert!(text.starts_with(char::is_uppercase), "{text}");
        assert!(text.ends_with(['.', ',', '?', '!']), "{text}");
        expected.extend(words(sentence));
        found.extend(words(&text));
    }
    let wrong = wrong_words(&expected, &found);
    // 8 %. The library alone has 1.4 % on these recordings.
    assert!(
        wrong * 100 <= expected.len() * 8,
        "{wrong} wrong: {found:?}"
    );
}

#[tokio::test]
async fn silence_noise_clicks_and_a_tone_are_no_words() {
    let package = Package::new();
    let emulator = package.start().await;
    let mut state = 0x9E37_79B9_u32;
    let mut random = move || {
        // Marsaglia's xorshift32.
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        f64::from(state) / f64::from(u32::MAX) * 2.0 - 1.0
    };
    let seconds = 60 * 16_000;
    let mut low = 0.0;
    // A fan: noise that is louder at low frequencies.
    let fan: Vec<i16> = (0..seconds)
        .map(|_| {
            low = 0.98 * low + 0.02 * random();
            (low * 40_000.0) as i16
        })
        .collect();
    let noise: Vec<i16> = (0..seconds).map(|_| (random() * 2_000.0) as i16).collect();
    // Keys: six a second at changing distances, each 20 ms that fade.
    let mut keys = vec![0; seconds];
    let mut at = 0;
    while at + 3_000 < seconds {
        for index in 0..320 {
            let fading = (-(index as f64) / 60.0).exp();
            keys[at + index] = (random() * 20_000.0 * fading) as i16;
        }
        at += 2_000 + ((random() + 1.0) * 1_000.0) as usize;
    }
    let tone: Vec<i16> = (0..seconds)
        .map(|index| {
            let angle = index as f64 * 440.0 / 16_000.0 * std::f64::consts::TAU;
            (angle.sin() * 8_000.0) as i16
        })
        .collect();
    let still = silence(60_000);
    let sounds = [
        ("silence", still),
        ("fan", fan),
        ("noise", noise),
        ("keys", keys),
        ("tone", tone),
    ];
    for (name, sound) in sounds {
        // Heartbeats show that the session lives, as there is nothing else to receive for a while.
        let query = "speech_model=universal-3-5-pro&session_heartbeat=true";
        let mut client = emulator.begin_session(query).await;
        client.audio(&sound).await;
        let turns = client.finish().await;
        let texts: Vec<&Value> = turns.iter().map(|turn| &turn["transcript"]).collect();
        assert!(texts.is_empty(), "{name}: {texts:?}");
    }
}

#[tokio::test]
async fn speech_without_a_pause_is_settled_within_15_s() {
    let package = Package::new();
    let emulator = package.start().await;
    let (mut speech, mut expected) = (Vec::new(), Vec::new());
    for (number, sentence) in NOVEL.iter().chain(&NOVEL[..3]) {
        let recorded = novel(number);
        let is_loud = |sample: &i16| sample.unsigned_abs() > 600;
        let start = recorded.iter().position(is_loud).expect("a voice");
        let end = recorded.iter().rposition(is_loud).expect("a voice");
        speech.extend(&recorded[start..=end]);
        expected.extend(words(sentence));
    }
    let query = "speech_model=universal-streaming-english&max_turn_silence=3000\
                 &end_of_turn_confidence_threshold=1";
    let mut client = emulator.begin_session(query).await;
    client.audio(&speech).await;
    let turns = client.finish().await;
    assert!(turns.len() > 20, "{} messages", turns.len());
    for turn in &turns {
        let words = turn["words"].as_array().expect("words");
        let time = |word: &Value, name| word[name].as_u64().expect("a time");
        let mut end_ms = 0;
        for word in words {
            assert!(time(word, "start") >= end_ms, "{turn}");
            assert!(time(word, "end") > time(word, "start"), "{turn}");
            end_ms = time(word, "end");
        }
        assert!(end_ms <= speech.len() as u64 / 16 + 100, "{turn}");
        let open = words.iter().find(|word| word["word_is_final"] == false);
        let open_ms = open.map_or(0, |word| end_ms - time(word, "start"));
        assert!(open_ms <= 15_000, "{open_ms} ms are open: {turn}");
    }
    let ends = ends(&turns);
    let text: Vec<_> = ends
        .iter()
        .filter_map(|turn| turn["transcript"].as_str())
        .collect();
    let found = words(&text.join(" "));
    let wrong = wrong_words(&expected, &found);
    assert!(
        wrong * 100 <= expected.len() * 15,
        "{wrong} wrong of {}: {found:?}",
        expected.len()
    );
}

#[tokio::test]
async fn the_words_do_not_depend_on_the_frames_of_the_audio() {
    let package = Package::new();
    let emulator = package.start().await;
    let mut results = Vec::new();
    for frame in [800, 1_600, 12_345] {
        let mut client = emulator
            .begin_session("speech_model=universal-3-5-pro")
            .await;
        client.audio_in_frames(frame, &novel("0870")).await;
        let turns = client.finish().await;
        results.push(
            ends(&turns)
                .iter()
                .map(|turn| turn["words"].clone())
                .collect::<Vec<_>>(),
        );
    }
    assert_eq!(results[0], results[1]);
    assert_eq!(results[0], results[2]);
}

#[tokio::test]
async fn each_session_has_a_process_of_its_own_that_ends_with_it() {
    let package = Package::new();
    let emulator = package.start().await;
    // The one that tested the package has ended.
    package.wait_for_processes(0).await;
    let mut first = emulator.begin_session("").await;
    package.wait_for_processes(1).await;
    let second = emulator.begin_session("").await;
    package.wait_for_processes(2).await;
    first.finish().await;
    package.wait_for_processes(1).await;
    // A client that is gone ends its session too.
    drop(second);
    package.wait_for_processes(0).await;
}

#[tokio::test]
async fn a_process_that_is_killed_ends_only_its_session() {
    let package = Package::new();
    let emulator = package.start().await;
    package.wait_for_processes(0).await;
    let mut killed = emulator.begin_session("").await;
    let processes = package.wait_for_processes(1).await;
    let mut other = emulator
        .begin_session("speech_model=universal-3-5-pro")
        .await;
    package.wait_for_processes(2).await;
    let kill = Command::new("kill").args(["-KILL", &processes[0]]).status();
    assert!(kill.expect("kill starts").success());
    killed.audio(&novel("0880")).await;
    let error = "Session Cancelled: An error occurred";
    killed.expect_refused(3005, error).await;

    other.audio(&novel("0880")).await;
    let turns = other.finish().await;
    let text = ends(&turns)[0]["transcript"]
        .as_str()
        .expect("a text")
        .to_owned();
    assert!(text.contains("young man"), "{text}");
    let next = transcribe(&emulator, "speech_model=universal-3-5-pro", &novel("0880")).await;
    assert_eq!(next, text);
}

#[tokio::test]
async fn a_session_without_a_seat_is_refused_with_the_services_error() {
    let package = Package::new();
    let mut options = package.options();
    options.limits.decoders = Some(2);
    let emulator = start_with(options).await;
    let mut sessions = Vec::new();
    for _ in 0..2 {
        sessions.push(emulator.begin_session("").await);
    }
    let error = "Unauthorized Connection: Too many concurrent sessions";
    emulator.open("").await.expect_refused(1008, error).await;
    for mut session in sessions {
        session.finish().await;
    }
    // The recogniser of a session ends a little after its socket.
    while emulator.open("").await.message().await["type"] != "Begin" {}
}

#[tokio::test]
async fn a_damaged_model_is_a_sentence() {
    let folder = tempfile::tempdir().expect("a folder");
    let from = package().join("moonshine_voice");
    let to = folder.path().join("moonshine_voice");
    fs::create_dir_all(to.join("assets/tiny-en")).expect("a folder");
    let link = |name: &str| std::os::unix::fs::symlink(from.join(name), to.join(name));
    link("libmoonshine.so").expect("a link");
    std::os::unix::fs::symlink(
        package().join("moonshine_voice.libs"),
        folder.path().join("moonshine_voice.libs"),
    )
    .expect("a link");
    link("assets/tiny-en/tokenizer.bin").expect("a link");
    link("assets/tiny-en/encoder_model.ort").expect("a link");
    let choose = || Options {
        recogniser: RecogniserChoice::Moonshine,
        moonshine: paths(folder.path()),
        ..options()
    };
    let missing = Emulator::new(choose()).err().expect("a file is missing");
    assert!(
        missing
            .to_string()
            .contains("decoder_model_merged.ort is missing"),
        "{missing}"
    );

    let name = "assets/tiny-en/decoder_model_merged.ort";
    let model = fs::read(from.join(name)).expect("a model");
    fs::write(to.join(name), &model[..model.len() / 2]).expect("a file");
    let damaged = Emulator::new(choose()).err().expect("a file is damaged");
    assert!(!damaged.to_string().is_empty());
}

#[tokio::test]
async fn auto_prefers_moonshine_and_says_what_is_missing() {
    let package = Package::new();
    let auto = || Options {
        recogniser: RecogniserChoice::Auto,
        ..package.options()
    };
    let emulator = start_with(auto()).await.emulator.clone();
    assert_eq!(emulator.recogniser(), RecogniserKind::Moonshine);
    assert_eq!(emulator.fallback_reason(), None);

    let nothing = Options {
        moonshine: MoonshinePaths {
            program: Some("/nonexistent/inturn-moonshine".into()),
            folder: None,
        },
        pocketsphinx: PocketSphinxPaths {
            model: "/nonexistent/model".into(),
            ..PocketSphinxPaths::default()
        },
        ..auto()
    };
    let emulator = Emulator::new(nothing).expect("the script is always available");
    assert_eq!(emulator.recogniser(), RecogniserKind::Script);
    let reason = emulator.fallback_reason().expect("a reason");
    assert!(reason.contains("/nonexistent/inturn-moonshine"), "{reason}");
    assert!(reason.contains("/nonexistent/model"), "{reason}");
}
