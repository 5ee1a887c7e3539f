//! Encoding and decoding of the socket's query.

use inturn_protocol::{ConnectionParameters, Encoding, SpeechModel, TurnMode, VoiceFocus};
use proptest::prelude::*;

#[test]
fn parameters_survive_a_round_trip() {
    let parameters = ConnectionParameters {
        speech_model: Some(SpeechModel::new("universal-3-5-pro")),
        sample_rate: Some(16_000),
        encoding: Some(Encoding::PcmS16le),
        token: Some("a+b/c&d=".to_owned()),
        format_turns: Some(false),
        keyterms_prompt: Some(vec!["Å \"quoted\"".to_owned(), "a,b".to_owned()]),
        mode: Some(TurnMode::MinLatency),
        voice_focus: Some(VoiceFocus::NearField),
        voice_focus_threshold: Some(0.25),
        ..Default::default()
    };
    let query = parameters.to_query();
    assert!(
        query.starts_with("speech_model=universal-3-5-pro&sample_rate=16000&encoding=pcm_s16le")
    );
    assert_eq!(ConnectionParameters::from_query(&query), Ok(parameters));
}

#[test]
fn unknown_names_are_ignored_and_both_spellings_of_booleans_accepted() {
    let query = "formatted_finals=true&format_turns=True&redact_pii=false&x=%FF";
    let parameters = ConnectionParameters::from_query(query).expect("it decodes");
    assert_eq!(
        (parameters.format_turns, parameters.redact_pii),
        (Some(true), Some(false))
    );
}

#[test]
fn invalid_values_are_errors_with_the_name() {
    let cases = [
        ("speech_model=u3-pro", "speech_model"),
        ("sample_rate=7999", "sample_rate"),
        ("sample_rate=96001", "sample_rate"),
        ("sample_rate=fast", "sample_rate"),
        ("encoding=mp3", "encoding"),
        ("inactivity_timeout=4", "inactivity_timeout"),
        ("format_turns=yes", "format_turns"),
        ("keyterms_prompt=a", "keyterms_prompt"),
        ("keyterms_prompt=[]&keyterms_prompt=[]", "keyterms_prompt"),
        ("vad_threshold=NaN", "vad_threshold"),
        ("mode=fast", "mode"),
        ("max_speakers=11", "max_speakers"),
        ("interruption_delay=1001", "interruption_delay"),
        ("voice_focus_threshold=0.5", "voice_focus_threshold"),
        ("domain=law", "domain"),
        (
            "speech_model=universal-streaming-english&prompt=x",
            "prompt",
        ),
        (
            "speech_model=universal-streaming-english&mode=balanced",
            "mode",
        ),
    ];
    for (query, name) in cases {
        let error = ConnectionParameters::from_query(query).expect_err(query);
        assert_eq!(error.name, name, "{query}");
        assert!(
            error
                .to_string()
                .starts_with(&format!("Invalid '{name}': ")),
            "{error}"
        );
    }
}

#[test]
fn lists_and_texts_are_limited_to_the_documented_length() {
    let terms = |count: usize| ConnectionParameters {
        keyterms_prompt: Some(vec!["x".to_owned(); count]),
        ..Default::default()
    };
    assert!(terms(100).check().is_ok());
    assert_eq!(
        terms(101).check().map_err(|error| error.name),
        Err("keyterms_prompt")
    );
    let prompt = |length: usize| ConnectionParameters {
        prompt: Some("é".repeat(length)),
        ..Default::default()
    };
    assert!(prompt(1_750).check().is_ok());
    assert_eq!(
        prompt(1_751).check().map_err(|error| error.name),
        Err("prompt")
    );
}

#[test]
fn debug_output_omits_secrets() {
    let query = "token=marker-one&webhook_auth_header_value=marker-two&sample_rate=16000";
    let parameters = ConnectionParameters::from_query(query).expect("it decodes");
    let shown = format!("{parameters:?}");
    assert!(
        shown.contains("16000") && !shown.contains("marker"),
        "{shown}"
    );
}

proptest! {
    #[test]
    fn the_decoder_never_panics(query in any::<String>()) {
        let _ = ConnectionParameters::from_query(&query);
    }

    #[test]
    fn any_text_survives_a_round_trip(term in any::<String>(), token in any::<String>()) {
        let parameters = ConnectionParameters {
            token: Some(token),
            keyterms_prompt: Some(vec![term]),
            ..Default::default()
        };
        prop_assert_eq!(ConnectionParameters::from_query(&parameters.to_query()), Ok(parameters));
    }
}
