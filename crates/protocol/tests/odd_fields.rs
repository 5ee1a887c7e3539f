//! One odd field does not lose a message: only `type`, `turn_order` and the text are required.

use inturn_protocol::ServerMessage;
use proptest::prelude::*;
use serde_json::{Value, json};

#[test]
fn a_begin_of_any_shape_is_a_begin() {
    let case: Value = serde_json::from_str(CASE).expect("the fixture is JSON");
    let begin = case["begin"].to_string();
    let decoded = ServerMessage::decode_with_odd_fields(&begin).expect("it decodes");
    assert_eq!(decoded.odd_fields, ["voice_focus"]);
    let ServerMessage::Begin(begin) = decoded.message else {
        panic!("not a Begin: {decoded:?}");
    };
    assert_eq!(begin.id, "5e0c2f6a-8d3b-4a4e-9f61-0b7d5a1c9e22");
    let echo = begin.configuration.expect("the fixture has an echo");
    assert_eq!(echo.model.as_deref(), Some("universal-3-5-pro"));
    assert_eq!(echo.voice_focus, None);

    let odd = r#"{"type":"Begin","id":{},"expires_at":"soon","configuration":[]}"#;
    let decoded = ServerMessage::decode_with_odd_fields(odd).expect("it decodes");
    assert_eq!(decoded.odd_fields, ["id", "expires_at", "configuration"]);
    assert!(matches!(decoded.message, ServerMessage::Begin(_)));
}

#[test]
fn an_odd_item_of_a_list_does_not_affect_the_others() {
    let text = r#"{"type":"SpeakerRevision","revisions":[
        {"turn_order":-1,"speaker_label":"A"}, 7, {"turn_order":2,"speaker_label":"B"}]}"#;
    let message = ServerMessage::decode(text).expect("it decodes");
    let ServerMessage::SpeakerRevision(revision) = message else {
        panic!("not a revision");
    };
    let turns: Vec<u32> = revision.revisions.iter().map(|it| it.turn_order).collect();
    assert_eq!(turns, [2]);
}

#[test]
fn the_text_of_a_turn_comes_from_its_words_if_the_transcript_is_odd() {
    let text = r#"{"type":"Turn","turn_order":0,"transcript":7,"words":[{"text":"hi"}]}"#;
    let ServerMessage::Turn(turn) = ServerMessage::decode(text).expect("it decodes") else {
        panic!("not a turn");
    };
    assert_eq!((turn.transcript.as_str(), turn.words.len()), ("", 1));
}

#[test]
fn a_turn_with_odd_text_does_not_decode_as_an_empty_turn() {
    for text in [
        r#"{"type":"Turn","turn_order":0,"transcript":["secret"]}"#,
        r#"{"type":"Turn","turn_order":0,"words":"secret"}"#,
        r#"{"type":"Turn","turn_order":0,"transcript":"","words":[{"text":7}]}"#,
    ] {
        let error = ServerMessage::decode(text).expect_err(text).to_string();
        assert!(
            error.contains("Turn") && !error.contains("secret"),
            "{error}"
        );
    }
    let empty = r#"{"type":"Turn","turn_order":0,"transcript":null,"words":[]}"#;
    assert!(ServerMessage::decode(empty).is_ok());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_096))]

    #[test]
    fn one_odd_field_never_loses_the_text(
        fixture in prop::sample::select(&FIXTURES[..]),
        field in any::<prop::sample::Index>(),
        replacement in any_json(),
    ) {
        let mut message: Value = serde_json::from_str(fixture).expect("the fixture is JSON");
        let fields = fields_of(&message);
        let path = &fields[field.index(fields.len())];
        let old = message.pointer_mut(path).expect("the path exists");
        prop_assume!(std::mem::discriminant(old) != std::mem::discriminant(&replacement));
        *old = replacement;
        let changed = message.to_string();
        if ["/type", "/turn_order"].contains(&path.as_str()) {
            let _ = ServerMessage::decode(&changed);
        } else {
            let original = ServerMessage::decode(fixture).expect("the fixture decodes");
            let decoded = ServerMessage::decode(&changed);
            prop_assert!(decoded.is_ok(), "{path}: {decoded:?}");
            let decoded = decoded.expect("it was just checked");
            prop_assert!(text_of(&original, path) == text_of(&decoded, path), "{path}: {changed}");
        }
    }
}

/// Generates JSON of any type. Its objects use some names from the messages.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 16, 4, |inner| {
        let name = prop_oneof![Just("text".to_owned()), Just("model".to_owned()), ".{0,4}"];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(name, inner, 0..4).prop_map(|it| json!(it)),
        ]
    })
}

/// Returns JSON pointers to all fields and list items of `value`, at every depth.
fn fields_of(value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let mut inside = |name: &str, value: &Value| {
        found.push(format!("/{name}"));
        found.extend(fields_of(value).iter().map(|it| format!("/{name}{it}")));
    };
    match value {
        Value::Object(fields) => fields.iter().for_each(|(name, value)| inside(name, value)),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                inside(&index.to_string(), item);
            }
        }
        _ => {}
    }
    found
}

/// Returns the text of a message for people, except the text at `path` itself.
fn text_of(message: &ServerMessage, path: &str) -> Vec<String> {
    let (field, text) = match message {
        ServerMessage::Turn(turn) if path == "/transcript" => {
            return turn.words.iter().map(|word| word.text.clone()).collect();
        }
        ServerMessage::Turn(turn) => ("/transcript", &turn.transcript),
        ServerMessage::LlmGatewayResponse(it) => ("/transcript", &it.transcript),
        ServerMessage::Error(error) => ("/error", &error.error),
        ServerMessage::Warning(warning) => ("/warning", &warning.warning),
        _ => return Vec::new(),
    };
    if path == field {
        Vec::new()
    } else {
        vec![text.clone()]
    }
}

const FIXTURES: [&str; 10] = [
    include_str!("fixtures/server/begin.json"),
    include_str!("fixtures/server/speech_started.json"),
    include_str!("fixtures/server/turn.json"),
    include_str!("fixtures/server/termination.json"),
    include_str!("fixtures/server/error.json"),
    include_str!("fixtures/server/warning.json"),
    include_str!("fixtures/server/heartbeat.json"),
    include_str!("fixtures/server/silence.json"),
    include_str!("fixtures/server/speaker_revision.json"),
    include_str!("fixtures/server/llm_gateway_response.json"),
];

/// A `Begin` that once prevented recordings.
const CASE: &str = include_str!("../../../tests/fixtures/cases/begin-voice-focus-object.json");
