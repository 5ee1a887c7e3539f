//! What the service says besides turns, and answers that come too late.

use inturn_client_core::problem::TokenFailure;
use inturn_client_core::session::{Attempt, Effect, Event, Input};
use inturn_transcript::Change;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::story::{BEGIN, Script, Story, TERMINATION, TOKEN, end, token_body};

#[test]
fn messages_that_change_nothing_are_passed_over_in_silence() {
    let mut story = Story::listening();
    for text in [
        r#"{"type":"SpeechStarted","timestamp":10}"#,
        r#"{"type":"Heartbeat","total_audio_received_ms":10}"#,
        r#"{"type":"Silence","start_ms":0,"end_ms":10}"#,
        r#"{"type":"SpeakerRevision","revisions":[]}"#,
        r#"{"type":"LLMGatewayResponse","turn_order":0,"data":{}}"#,
        BEGIN,
    ] {
        story.hear(text);
    }
    assert_eq!(story.lines(), Vec::<String>::new());
    assert_eq!(story.state(), "listening");
}

#[test]
fn an_unknown_type_is_noted_once() {
    let mut story = Story::listening();
    for _ in 0..3 {
        story.hear(r#"{"type":"Mood","mood":"good"}"#);
    }
    assert_eq!(
        story.lines(),
        ["log ignored messages of unknown type \"Mood\""]
    );
}

#[test]
fn malformed_messages_are_noted_once_a_kind_wherever_they_break() {
    let mut story = Story::listening();
    for text in [
        "",
        "?",
        "[1, 2",
        "{}",
        r#"{"type":7}"#,
        "null",
        "{\"type\":\"Turn\"}",
    ] {
        story.hear(text);
    }
    for padding in 0..20 {
        let gap = " ".repeat(padding);
        story.hear(&format!(r#"{gap}{{"type":"Turn","turn_order":"one"}}"#));
        story.hear(&format!(r#"{gap}{{"type":"Turn","turn_order":"#));
    }
    let lines = story.lines();
    let notes = lines.iter().filter(|it| it.starts_with("log ")).count();
    assert_eq!(notes, 3, "{lines:#?}");
    assert_eq!(story.state(), "listening");

    story.hear(&end(0, "Go on."));
    assert_eq!(story.lines(), ["show 1/0 \"Go on.|\" final"]);
}

#[test]
fn a_dropped_turn_is_told_once_and_the_recording_goes_on() {
    for dropped in [
        r#"{"type":"Turn","turn_order":"one","transcript":"Lost."}"#,
        r#"{"type":"Turn","turn_order":1,"transcript":{"text":"Lost."}}"#,
        r#"{"type":"Turn","turn_order":1,"transcript":"Lo"#,
    ] {
        let mut story = Story::listening();
        story.speak(100);
        story.lines();
        story.hear(dropped);
        story.hear(dropped);
        let lines = story.lines();
        assert_eq!(lines.len(), 2, "{lines:#?}");
        assert_eq!(lines[1], "show problem TurnUnreadable");
        assert!(!lines[0].contains("Lost"), "{lines:#?}");
        assert_eq!(story.state(), "listening");

        story.speak(100);
        story.hear(&end(2, "Go on."));
        assert_eq!(story.lines(), ["audio 3200", "show 1/2 \"Go on.|\" final"]);
        story.stop();
        story.wait_for_rest();
        assert_eq!(story.problem().as_deref(), Some("TurnUnreadable"));

        // The next recording may tell it again.
        story.record();
        story.wait(0);
        assert_eq!(story.problem(), None);
        story.hear(dropped);
        assert_eq!(story.problem().as_deref(), Some("TurnUnreadable"));
    }
}

#[test]
fn an_odd_message_without_words_is_no_problem() {
    let mut story = Story::listening();
    for text in [
        "?",
        r#"{"type":7}"#,
        r#"{"type":"LLMGatewayResponse","turn_order":{}}"#,
    ] {
        story.hear(text);
    }
    assert_eq!(story.problem(), None);
}

#[test]
fn a_begin_with_odd_fields_begins() {
    let case: Value = serde_json::from_str(VOICE_FOCUS_OBJECT).expect("is JSON");
    let mut story = Story::new(Script {
        begin: None,
        ..Script::default()
    });
    story.record();
    story.wait(0);
    story.lines();
    story.hear(&case["begin"].to_string());
    assert_eq!(
        story.lines(),
        [
            "log ignored field voice_focus of Begin: unexpected type",
            "log session 5e0c2f6a-8d3b-4a4e-9f61-0b7d5a1c9e22 began",
            "show listening"
        ]
    );
    story.speak(500);
    story.hear(&case["script"][0]["send"].to_string());
    story.stop();
    story.wait_for_rest();
    let shown = "show 1/0 \"Hello there.|\" final".to_owned();
    assert!(story.lines().contains(&shown));
    assert_eq!(story.problem(), None);
}

#[test]
fn an_odd_field_is_noted_once() {
    let mut story = Story::listening();
    for turn in 0..3 {
        story.hear(&format!(
            r#"{{"type":"Turn","turn_order":{turn},"end_of_turn":true,"transcript":"Hi.","words":[
                {{"text":"Hi.","start":"now","confidence":[]}}, {{"text":"you","start":{{}}}}]}}"#
        ));
    }
    let lines = story.lines();
    let notes: Vec<_> = lines.iter().filter(|it| it.starts_with("log ")).collect();
    assert_eq!(
        notes,
        [
            "log ignored field start of Turn: unexpected type",
            "log ignored field confidence of Turn: unexpected type",
        ]
    );
    assert_eq!(lines.len(), 5, "{lines:#?}");
}

#[test]
fn a_termination_with_odd_fields_ends_the_recording() {
    let mut story = Story::listening_to(Script {
        termination: None,
        ..Script::default()
    });
    story.speak(100);
    story.stop();
    story.wait(0);
    story.hear(r#"{"type":"Termination","session_duration_seconds":"2"}"#);
    assert_eq!(story.state(), "idle");
    assert_eq!(story.problem(), None);
}

#[test]
fn a_service_gone_mad_does_not_fill_the_console() {
    let mut story = Story::listening();
    for number in 0..1_000 {
        story.hear(&format!(r#"{{"type":"Mood{number}"}}"#));
        story.hear(&format!(r#"{{"type":"Warning","warning_code":{number}}}"#));
    }
    story.hear(&format!(
        r#"{{"type":"Error","error":"{}"}}"#,
        "a".repeat(10_000)
    ));
    story.close(3005, "");
    let notes: Vec<_> = story
        .log
        .iter()
        .filter_map(|(_, effect)| note(effect))
        .collect();
    assert!(notes.len() <= 40, "{} notes", notes.len());
    assert!(notes.iter().all(|note| note.chars().count() <= 300));
}

#[test]
fn a_long_name_is_noted_in_short() {
    let mut story = Story::listening();
    story.hear(&format!(r#"{{"type":"{}"}}"#, "ä".repeat(10_000)));
    assert!(story.lines()[0].chars().count() <= 300);
}

#[test]
fn a_warning_is_noted_by_its_code() {
    let mut story = Story::listening();
    story.hear(r#"{"type":"Warning","warning_code":7,"warning":"Speak up."}"#);
    assert_eq!(story.lines(), ["log warning 7 from the service"]);
}

#[test]
fn another_model_than_asked_for_is_noted_and_followed() {
    let mut story = Story::new(Script {
        begin: None,
        ..Script::default()
    });
    story.record();
    story.wait(0);
    story.lines();
    story.hear(
        r#"{"type":"Begin","id":"s1","configuration":{"model":"universal-streaming-english"}}"#,
    );
    assert_eq!(
        story.lines()[1],
        "log requested model universal-3-5-pro, but the service uses universal-streaming-english"
    );
    // This family's words are firm one by one.
    story.hear(
        r#"{"type":"Turn","turn_order":0,"transcript":"go","words":[
            {"text":"go","word_is_final":true},{"text":"for","word_is_final":false}]}"#,
    );
    assert_eq!(story.lines(), ["show 1/0 \"go|for\""]);
}

#[test]
fn the_model_asked_for_is_known_whatever_else_the_address_says() {
    for query in [
        "speech_model=universal-streaming-english",
        "sample_rate=1&speech_model=universal-streaming-english",
        "speech_model=universal-streaming-martian&max_speakers=99",
    ] {
        let mut story = Story::new(Script {
            token: None,
            ..Script::default()
        });
        story.record();
        story.wait(0);
        let body = token_body().replace("speech_model=universal-3-5-pro", query);
        story.give(Input::TokenReply {
            attempt: Attempt(1),
            status: 200,
            body: &body,
        });
        story.wait(0);
        story.lines();
        story.hear(
            r#"{"type":"Turn","turn_order":0,"transcript":"go","words":[
                {"text":"go","word_is_final":true},{"text":"for","word_is_final":false}]}"#,
        );
        assert_eq!(story.lines(), ["show 1/0 \"go|for\""], "{query}");
    }
}

#[test]
fn answers_to_an_earlier_recording_are_ignored() {
    let mut story = Story::new(Script {
        token: None,
        ..Script::default()
    });
    story.record();
    story.wait(0);
    story.speak(100);
    story.give(Input::TokenFailed {
        attempt: Attempt(1),
        failure: TokenFailure::Unreachable,
    });
    story.record();
    story.wait(0);
    story.lines();

    let old = Attempt(1);
    story.give(Input::TokenReply {
        attempt: old,
        status: 200,
        body: &token_body(),
    });
    story.give(Input::TokenFailed {
        attempt: old,
        failure: TokenFailure::TimedOut,
    });
    for text in [BEGIN, TERMINATION, &end(0, "Ghost.")] {
        story.give(Input::SocketMessage { attempt: old, text });
    }
    story.give(Input::SocketClosed {
        attempt: old,
        code: 1011,
        reason: "",
    });
    assert!(story.lines().is_empty());
    assert_eq!(story.state(), "starting");
}

#[test]
fn a_closed_sockets_echo_does_not_touch_the_next_session() {
    let mut story = Story::listening();
    story.speak(100);
    story.stop();
    story.wait_for_rest();
    let old = story.socket;
    story.record();
    story.wait(0);
    assert_eq!(story.state(), "listening");
    story.lines();
    story.give(Input::SocketMessage {
        attempt: old,
        text: &end(9, "Ghost."),
    });
    story.give(Input::SocketClosed {
        attempt: old,
        code: 1000,
        reason: "",
    });
    assert!(story.lines().is_empty());

    story.hear(&end(0, "Second."));
    assert_eq!(story.lines(), ["show 2/0 \"Second.|\" final"]);
}

#[test]
fn a_service_that_repeats_the_token_does_not_get_it_noted() {
    let mut story = Story::new(Script {
        begin: None,
        ..Script::default()
    });
    story.record();
    story.wait(0);
    story.hear(&format!(r#"{{"type":"Begin","id":"{TOKEN}"}}"#));
    story.hear(&format!(r#"{{"type":"{TOKEN}"}}"#));
    story.hear(&format!(
        r#"{{"type":"Error","error_code":1008,"error":"Bad token {TOKEN}."}}"#
    ));
    // The ledger reads every note and view.
    story.close(1008, &format!("{TOKEN}{TOKEN}"));
    assert_eq!(story.problem().as_deref(), Some("AccountRefused"));
}

#[test]
fn debug_output_of_the_machine_holds_no_token() {
    let story = Story::listening();
    assert!(!format!("{:?}", story.recorder).contains(TOKEN));
}

proptest! {
    /// Whatever one field of a turn is replaced by, the row reads the same.
    #[test]
    fn one_odd_field_of_a_turn_leaves_its_words(
        model in prop::sample::select(&["universal-3-5-pro", "universal-streaming-english"][..]),
        end in any::<bool>(),
        field in prop::sample::select(&TURN_FIELDS[..]),
        with in prop::sample::select(vec![json!(null), json!(true), json!(7), json!("x"), json!([7]),
            json!({"text": "x"})]),
    ) {
        let mut story = Story::new(Script { begin: None, ..Script::default() });
        story.record();
        story.wait(0);
        story.hear(&json!({"type": "Begin", "configuration": {"model": model}}).to_string());
        story.lines();
        let word = |text| json!({"text": text, "start": 10, "end": 20, "confidence": 0.5,
            "word_is_final": true, "speaker": "A", "speaker_confidence": 0.5});
        let mut turn = json!({"type": "Turn", "turn_order": 0, "end_of_turn": end,
            "turn_is_formatted": true, "transcript": "go for", "end_of_turn_confidence": 0.5,
            "words": [word("go"), word("for")], "utterance": "go", "language_code": "en",
            "language_confidence": 0.5, "speaker_label": "A", "speaker_confidence": 0.5});
        let old = turn.pointer_mut(field).expect("it is there");
        prop_assume!(std::mem::discriminant(old) != std::mem::discriminant(&with));
        *old = with;
        story.hear(&turn.to_string());
        let shown = story.log.iter().rev().find_map(|(_, effect)| match effect {
            Effect::Event(Event::Changed(Change::Turn(turn))) => Some(turn.text().to_owned()),
            _ => None,
        });
        prop_assert!(
            shown.as_deref().is_some_and(|it| it.replace(' ', "") == "gofor"),
            "{field}: {shown:?}"
        );
        prop_assert_eq!(story.problem(), None);
    }
}

/// All but `type`, `turn_order` and the texts of the words.
const TURN_FIELDS: [&str; 16] = [
    "/end_of_turn",
    "/turn_is_formatted",
    "/transcript",
    "/end_of_turn_confidence",
    "/words",
    "/words/0/start",
    "/words/0/end",
    "/words/1/confidence",
    "/words/0/word_is_final",
    "/words/1/speaker",
    "/words/1/speaker_confidence",
    "/utterance",
    "/language_code",
    "/language_confidence",
    "/speaker_label",
    "/speaker_confidence",
];

const VOICE_FOCUS_OBJECT: &str =
    include_str!("../../../../tests/fixtures/cases/begin-voice-focus-object.json");

fn note(effect: &Effect) -> Option<&str> {
    match effect {
        Effect::Log(note) => Some(note),
        _ => None,
    }
}
