//! Undocumented and malformed messages, which a client must tolerate.

use inturn_protocol::{DecodeError, Json, ServerMessage};
use proptest::prelude::*;

#[test]
fn an_unknown_type_is_not_an_error() {
    let message =
        ServerMessage::decode(r#"{"type":"Applause","loudness":11}"#).expect("it decodes");
    assert_eq!(message, ServerMessage::Unknown("Applause".to_owned()));
}

#[test]
fn unknown_fields_and_nulls_are_ignored() {
    let text = r#"{"type":"Turn","turn_order":1,"end_of_turn":true,"transcript":null,
        "words":[{"text":"hi","shoe_size":44,"end":null}],"language_code":null,"mood":{"a":[1]}}"#;
    let ServerMessage::Turn(turn) = ServerMessage::decode(text).expect("it decodes") else {
        panic!("not a turn");
    };
    assert_eq!(
        (turn.turn_order, turn.end_of_turn, turn.words.len()),
        (1, true, 1)
    );
    assert_eq!(
        (turn.transcript.as_str(), turn.words[0].text.as_str()),
        ("", "hi")
    );
}

#[test]
fn a_client_decodes_only_the_types_that_it_uses() {
    for (text, is_used) in [
        (r#"{"type":"Begin"}"#, true),
        (r#"{"type":"Turn","turn_order":0}"#, true),
        (r#"{"type":"Termination"}"#, true),
        (r#"{"error":"No."}"#, true),
        (r#"{"type":"Warning"}"#, true),
        (r#"{"type":"Heartbeat"}"#, true),
        (r#"{"type":"Applause"}"#, true),
        (r#"{"type":"SpeechStarted"}"#, false),
        (r#"{"type":"Silence"}"#, false),
        (r#"{"type":"SpeakerRevision"}"#, true),
        (r#"{"type":"LLMGatewayResponse","turn_order":0}"#, false),
    ] {
        let all = ServerMessage::decode(text).expect("it decodes");
        let for_client = ServerMessage::decode_for_client(Json::parse(text)).expect("it decodes");
        let expected = if is_used { all } else { ServerMessage::Ignored };
        assert_eq!(for_client.message, expected, "{text}");
    }
}

#[test]
fn fractional_durations_are_rounded() {
    let text = r#"{"type":"Termination","audio_duration_seconds":3.6,
        "session_duration_seconds":-1}"#;
    let ServerMessage::Termination(end) = ServerMessage::decode(text).expect("it decodes") else {
        panic!("not a termination");
    };
    assert_eq!(
        (end.audio_duration_seconds, end.session_duration_seconds),
        (4, 0)
    );
}

#[test]
fn an_error_without_a_type_is_an_error() {
    let message =
        ServerMessage::decode(r#"{"error":"No.","error_code":1008}"#).expect("it decodes");
    let ServerMessage::Error(error) = message else {
        panic!("not an error")
    };
    assert_eq!(
        (error.error_code, error.error.as_str()),
        (Some(1008), "No.")
    );
}

#[test]
fn decode_errors_are_specific_and_never_quote_the_frame() {
    let cases = [
        ("secret", "not a JSON object"),
        ("[1]", "not a JSON object"),
        (r#"{"type":7}"#, "has no type"),
        (r#"{"secret":1}"#, "has no type"),
        (r#"{"type":"Turn"}"#, "Turn message"),
        (r#"{"type":"Turn","turn_order":"secret"}"#, "Turn message"),
    ];
    for (text, expected) in cases {
        let error: DecodeError = ServerMessage::decode(text).expect_err(text);
        let shown = error.to_string();
        assert!(shown.contains(expected), "{text}: {shown}");
        assert!(!shown.contains("secret"), "{shown}");
    }
}

proptest! {
    #[test]
    fn the_decoder_never_panics(text in any::<String>()) {
        let _ = ServerMessage::decode(&text);
    }

    #[test]
    fn the_decoder_never_panics_on_corrupt_messages(
        fixture in 0..FIXTURES.len(),
        at in any::<prop::sample::Index>(),
        replacement in r#"[\{\}\[\],:"0-9eE+\-.nulltruefalse\\]{0,12}"#,
        cut in 0_usize..8,
    ) {
        let mut bytes = FIXTURES[fixture].as_bytes().to_vec();
        let at = at.index(bytes.len());
        let end = (at + cut).min(bytes.len());
        bytes.splice(at..end, replacement.into_bytes());
        let _ = ServerMessage::decode(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn the_decoder_never_panics_on_any_number(number in any::<f64>(), whole in any::<i64>()) {
        for number in [number.to_string(), whole.to_string()] {
            let _ = ServerMessage::decode(&format!(
                r#"{{"type":"Begin","id":"x","expires_at":{number}}}"#
            ));
            let _ = ServerMessage::decode(&format!(
                r#"{{"type":"Turn","turn_order":{number},"words":[{{"start":{number}}}]}}"#
            ));
        }
    }
}

const FIXTURES: [&str; 4] = [
    include_str!("fixtures/server/begin.json"),
    include_str!("fixtures/server/turn.json"),
    include_str!("fixtures/server/speaker_revision.json"),
    include_str!("fixtures/server/llm_gateway_response.json"),
];
