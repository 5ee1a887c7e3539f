//! Languages and redaction policies: accepted, refused and reported values.

use inturn_emulator::Options;
use serde_json::Value;

use crate::{
    client::{Client, options, start, start_with},
    sound::{silence, voice},
};

/// The 32 languages of Universal-3.6.
const ALL: &str = "en es de fr it pt tr nl sv no da fi hi vi ar he ja ur zh ru ko ca gl ro et fa \
                   yue af mr zu xh nn";
/// The languages that 3.5 does not support.
const NEWER: &str = "af yue et gl ko mr nn fa ro ru ur xh zu";

/// Receives an error with code 3006 and returns its text.
async fn refusal(client: &mut Client) -> String {
    let message = client.message().await;
    assert_eq!(message["error_code"], 3006, "{message}");
    message["error"].as_str().expect("a text").to_owned()
}

#[tokio::test]
async fn every_language_is_accepted_alone_and_in_a_list_under_both_names() {
    let emulator = start().await;
    for code in ALL.split(' ').chain(["multi"]) {
        for query in [
            format!("language_codes={code}"),
            format!("language_codes=%5B%22{code}%22%5D"),
            format!("language_code={code}"),
        ] {
            let message = emulator.open(&query).await.message().await;
            assert_eq!(message["type"], "Begin", "{query}: {message}");
        }
    }
}

#[tokio::test]
async fn an_unknown_language_is_refused_and_the_known_ones_are_listed() {
    let emulator = start().await;
    for query in [
        "language_codes=%5B%22en%22,%22xx%22%5D",
        "language_code=xx",
        "language_codes=en,es",
    ] {
        let error = refusal(&mut emulator.open(query).await).await;
        let index = usize::from(query.contains("%5B"));
        let start = format!(
            "User Input Validation Error: Invalid 'language_codes.{index}': Input should be 'en', "
        );
        assert!(error.starts_with(&start), "{error}");
        assert!(error.ends_with(" or 'multi'"), "{error}");
        for code in ALL.split(' ') {
            assert!(error.contains(&format!("'{code}'")), "{code}: {error}");
        }
    }
}

#[tokio::test]
async fn the_older_model_supports_fewer_languages() {
    let emulator = start().await;
    for code in ALL.split(' ') {
        let query = format!("speech_model=universal-3-5-pro&language_codes={code}");
        let message = emulator.open(&query).await.message().await;
        let newer = NEWER.split(' ').any(|newer| newer == code);
        let expected = if newer { "Error" } else { "Begin" };
        assert_eq!(message["type"], expected, "{code}");
    }
}

#[tokio::test]
async fn language_lists_are_checked() {
    let emulator = start().await;
    let eleven = format!("language_codes=%5B{}%5D", ["%22en%22"; 11].join(","));
    let error = refusal(&mut emulator.open(&eleven).await).await;
    assert!(error.ends_with("Max 10 items"), "{error}");
    let error = refusal(
        &mut emulator
            .open("language_codes=%5B%22en%22,%22multi%22%5D")
            .await,
    )
    .await;
    assert!(error.contains("'multi' cannot be combined"), "{error}");
    let error = refusal(&mut emulator.open("language_codes=%5Ben").await).await;
    assert!(error.ends_with("Invalid JSON array"), "{error}");
}

#[tokio::test]
async fn languages_can_change_in_mid_session() {
    let emulator = start().await;
    let mut client = emulator.begin_session("").await;
    for codes in [r#"["en","hi"]"#, "[]", r#"["xx"]"#] {
        let update = format!(r#"{{"type":"UpdateConfiguration","language_codes":{codes}}}"#);
        client.text(&update).await;
    }
    let error = refusal(&mut client).await;
    assert!(error.contains("Invalid 'language_codes.0'"), "{error}");
}

#[tokio::test]
async fn redaction_policies_are_accepted_in_both_list_forms() {
    let emulator = start().await;
    for policies in [
        "%5B%22person_name%22,%22location_address%22%5D",
        "person_name,location_address",
        "zodiac_sign",
    ] {
        let query = format!("redact_pii=true&redact_pii_policies={policies}");
        let begin = emulator.open(&query).await.message().await;
        assert_eq!(begin["configuration"]["redact_pii"], true, "{begin}");
    }
}

#[tokio::test]
async fn an_unknown_redaction_policy_is_refused_and_the_known_ones_are_listed() {
    let emulator = start().await;
    for policies in [
        "%5B%22person_name%22,%22shoe_size%22%5D",
        "person_name,shoe_size",
    ] {
        let query = format!("redact_pii=true&redact_pii_policies={policies}");
        let error = refusal(&mut emulator.open(&query).await).await;
        assert!(
            error.contains("Invalid 'redact_pii_policies.1': Input should be 'account_number', "),
            "{error}"
        );
        assert_eq!(error.matches('\'').count(), 2 + 2 * 65, "{error}");
    }
}

/// Sends two turns and returns the last turn messages.
async fn turns(script: &str, query: &str) -> Vec<Value> {
    let emulator = start_with(Options {
        script: script.to_owned(),
        ..options()
    })
    .await;
    let mut client = emulator.begin_session(query).await;
    client.audio(&voice(600)).await;
    client.audio(&silence(1_500)).await;
    client.audio(&voice(600)).await;
    client.finish().await
}

#[tokio::test]
async fn ended_turns_have_the_language_of_the_script() {
    let script = "one two [es] tres cuatro";
    let query = "speech_model=universal-3-6-pro&language_detection=true";
    let turns = turns(script, query).await;
    let mut ended = Vec::new();
    for turn in &turns {
        assert_eq!(
            turn["language_code"].is_string() && turn["language_confidence"].is_number(),
            turn["end_of_turn"] == true,
            "{turn}"
        );
        ended.extend(turn["language_code"].as_str());
    }
    assert_eq!(ended, ["en", "es"]);
}

#[tokio::test]
async fn only_some_models_report_the_language() {
    for (query, reported) in [
        ("speech_model=universal-3-6-pro", false),
        (
            "speech_model=universal-streaming-english&language_detection=true",
            false,
        ),
        (
            "speech_model=universal-streaming-multilingual&language_detection=true",
            true,
        ),
        ("speech_model=whisper-rt", true),
    ] {
        let turns = turns("one two", query).await;
        let reports = turns.iter().any(|turn| turn["language_code"] == "en");
        assert_eq!(reports, reported, "{query}");
    }
}
