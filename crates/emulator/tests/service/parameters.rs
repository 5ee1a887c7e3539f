//! Parameters of the query.

use crate::client::{Incoming, start};

/// Invalid queries, each with the parameter that the error must name.
const INVALID: [(&str, &str); 19] = [
    ("sample_rate=7999", "sample_rate"),
    ("sample_rate=96001", "sample_rate"),
    ("sample_rate=fast", "sample_rate"),
    ("encoding=mp3", "encoding"),
    ("encoding=opus", "encoding"),
    ("speech_model=u3-pro", "speech_model"),
    ("inactivity_timeout=4", "inactivity_timeout"),
    ("inactivity_timeout=3601", "inactivity_timeout"),
    ("format_turns=maybe", "format_turns"),
    ("keyterms_prompt=one&keyterms_prompt=two", "keyterms_prompt"),
    (
        "end_of_turn_confidence_threshold=1.5",
        "end_of_turn_confidence_threshold",
    ),
    ("vad_threshold=-1", "vad_threshold"),
    ("interruption_delay=1001", "interruption_delay"),
    ("previous_context_n_turns=101", "previous_context_n_turns"),
    ("mode=fast", "mode"),
    ("max_speakers=11", "max_speakers"),
    ("voice_focus_threshold=0.5", "voice_focus_threshold"),
    ("domain=legal-v1", "domain"),
    (
        "speech_model=universal-streaming-english&prompt=hello",
        "prompt",
    ),
];

#[tokio::test]
async fn the_error_for_an_invalid_value_names_the_parameter() {
    let emulator = start().await;
    for (query, name) in INVALID {
        let (messages, close) = emulator.open(query).await.read_to_close().await;
        let error = messages[0]["error"].as_str().expect("an Error");
        let named = format!("User Input Validation Error: Invalid '{name}'");
        assert!(error.starts_with(&named), "{query}: {error}");
        assert_eq!(messages.len(), 1, "{query}: only the Error");
        assert_eq!(
            close,
            Incoming::Closed(3006, "See Error message for details".to_owned())
        );
    }
}

#[tokio::test]
async fn too_many_key_terms_are_refused() {
    let emulator = start().await;
    let list = |count: usize| format!("keyterms_prompt=%5B{}%5D", vec!["%22a%22"; count].join(","));
    assert_eq!(
        emulator.open(&list(100)).await.message().await["type"],
        "Begin"
    );
    assert_eq!(
        emulator.open(&list(101)).await.message().await["error_code"],
        3006
    );
}

#[tokio::test]
async fn unknown_parameters_are_ignored() {
    let emulator = start().await;
    emulator
        .begin_session("formatted_finals=true&colour=blue&sample_rte=1")
        .await
        .finish()
        .await;
}

#[tokio::test]
async fn both_spellings_of_a_boolean_are_accepted() {
    let emulator = start().await;
    for value in ["true", "false", "True", "False"] {
        emulator
            .begin_session(&format!("format_turns={value}"))
            .await
            .finish()
            .await;
    }
}

#[tokio::test]
async fn some_listed_models_fail_after_begin() {
    let emulator = start().await;
    let mut client = emulator.begin_session("speech_model=u3-rt-agent").await;
    client
        .expect_refused(3005, "Session Cancelled: An error occurred")
        .await;
}
