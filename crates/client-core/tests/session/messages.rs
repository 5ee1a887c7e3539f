//! Messages other than turns, and odd messages.

use inturn_client_core::session::{Attempt, Effect, Event, Input};
use inturn_transcript::Change;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::story::{BEGIN, Script, Story, TOKEN, end, token_body};

#[test]
fn messages_without_effect_are_ignored_and_not_logged() {
    let mut story = Story::listening();
    for text in [
        r#"{"type":"SpeechStarted","timestamp":10}"#,
        r#"{"type":"Heartbeat","total_audio_received_ms":10}"#,
        r#"{"type":"Silence","start_ms":0,"end_ms":10}"#,
        r#"{"type":"SpeakerRevision","revisions":[]}"#,
        r#"{"type":"LLMGatewayResponse","turn_order":0,"data":{}}"#,
        BEGIN,
    ] {
        story.receive(text);
    }
    assert_eq!(story.lines(), Vec::<String>::new());
    assert_eq!(story.state(), "listening");
}

#[test]
fn revised_speakers_change_a_turn_also_after_terminate() {
    let mut story = Story::listening_to(Script {
        termination: None,
        ..Script::default()
    });
    story.speak(2_000);
    story.receive(&end(0, "Go on."));
    story.lines();
    let revision = |label: &str| {
        json!({"type": "SpeakerRevision", "revisions": [
            {"turn_order": 0, "speaker_label": label, "words": []}]})
        .to_string()
    };
    let shown = "show 1/0 \"Go on.|\" final";
    story.receive(&revision("B"));
    assert_eq!(story.lines(), [shown]);
    story.receive(&revision("B"));
    assert_eq!(story.lines(), Vec::<String>::new(), "it changes nothing");
    assert_eq!(speaker(&story).as_deref(), Some("B"));

    story.stop();
    story.advance(500);
    assert_eq!(story.state(), "finishing");
    story.receive(&revision("C"));
    assert!(story.lines().contains(&shown.to_owned()));
    assert_eq!(speaker(&story).as_deref(), Some("C"));
}

/// Returns the speaker of the first turn.
fn speaker(story: &Story) -> Option<String> {
    let turn = story.transcript.turns().next()?;
    turn.speaker.clone()
}

#[test]
fn an_unknown_type_is_logged_once() {
    let mut story = Story::listening();
    for _ in 0..3 {
        story.receive(r#"{"type":"Mood","mood":"good"}"#);
    }
    assert_eq!(
        story.lines(),
        ["log ignored messages of unknown type \"Mood\""]
    );
}

#[test]
fn malformed_messages_are_logged_once_per_kind() {
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
        story.receive(text);
    }
    for padding in 0..20 {
        let gap = " ".repeat(padding);
        story.receive(&format!(r#"{gap}{{"type":"Turn","turn_order":"one"}}"#));
        story.receive(&format!(r#"{gap}{{"type":"Turn","turn_order":"#));
    }
    let lines = story.lines();
    let logged = lines.iter().filter(|it| it.starts_with("log ")).count();
    assert_eq!(logged, 3, "{lines:#?}");
    assert_eq!(story.state(), "listening");

    story.receive(&end(0, "Go on."));
    assert_eq!(story.lines(), ["show 1/0 \"Go on.|\" final"]);
}

#[test]
fn an_unreadable_turn_is_reported_once_and_the_recording_goes_on() {
    for dropped in [
        r#"{"type":"Turn","turn_order":"one","transcript":"Lost."}"#,
        r#"{"type":"Turn","turn_order":1,"transcript":{"text":"Lost."}}"#,
        r#"{"type":"Turn","turn_order":1,"transcript":"Lo"#,
    ] {
        let mut story = Story::listening();
        story.speak(100);
        story.lines();
        story.receive(dropped);
        story.receive(dropped);
        let lines = story.lines();
        assert_eq!(lines.len(), 2, "{lines:#?}");
        assert_eq!(lines[1], "show problem TurnUnreadable");
        assert!(!lines[0].contains("Lost"), "{lines:#?}");
        assert_eq!(story.state(), "listening");

        story.speak(100);
        story.receive(&end(2, "Go on."));
        assert_eq!(story.lines(), ["audio 3200", "show 1/2 \"Go on.|\" final"]);
        story.stop();
        story.run_until_idle();
        assert_eq!(story.problem().as_deref(), Some("TurnUnreadable"));

        // The next recording may report it again.
        story.record();
        story.advance(0);
        assert_eq!(story.problem(), None);
        story.receive(dropped);
        assert_eq!(story.problem().as_deref(), Some("TurnUnreadable"));
    }
}

#[test]
fn an_odd_message_without_words_is_not_a_problem() {
    let mut story = Story::listening();
    for text in [
        "?",
        r#"{"type":7}"#,
        r#"{"type":"LLMGatewayResponse","turn_order":{}}"#,
    ] {
        story.receive(text);
    }
    assert_eq!(story.problem(), None);
}

#[test]
fn a_begin_with_odd_fields_begins() {
    let case: Value = serde_json::from_str(VOICE_FOCUS_OBJECT).expect("the fixture is JSON");
    let mut story = Story::new(Script {
        begin: None,
        ..Script::default()
    });
    story.record();
    story.advance(0);
    story.lines();
    story.receive(&case["begin"].to_string());
    assert_eq!(
        story.lines(),
        [
            "log ignored field voice_focus of Begin: unexpected type",
            "log session 5e0c2f6a-8d3b-4a4e-9f61-0b7d5a1c9e22 began",
            "show listening"
        ]
    );
    story.speak(500);
    story.receive(&case["script"][0]["send"].to_string());
    story.stop();
    story.run_until_idle();
    let shown = "show 1/0 \"Hello there.|\" final".to_owned();
    assert!(story.lines().contains(&shown));
    assert_eq!(story.problem(), None);
}

#[test]
fn an_odd_field_is_logged_once() {
    let mut story = Story::listening();
    for turn in 0..3 {
        story.receive(&format!(
            r#"{{"type":"Turn","turn_order":{turn},"end_of_turn":true,"transcript":"Hi.","words":[
                {{"text":"Hi.","start":"now","confidence":[]}}, {{"text":"you","start":{{}}}}]}}"#
        ));
    }
    let lines = story.lines();
    let logged: Vec<_> = lines.iter().filter(|it| it.starts_with("log ")).collect();
    assert_eq!(
        logged,
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
    story.advance(0);
    story.receive(r#"{"type":"Termination","session_duration_seconds":"2"}"#);
    assert_eq!(story.state(), "idle");
    assert_eq!(story.problem(), None);
}

#[test]
fn a_faulty_service_does_not_flood_the_console() {
    let mut story = Story::listening();
    for number in 0..1_000 {
        story.receive(&format!(r#"{{"type":"Mood{number}"}}"#));
        story.receive(&format!(r#"{{"type":"Warning","warning_code":{number}}}"#));
    }
    story.receive(&format!(
        r#"{{"type":"Error","error":"{}"}}"#,
        "a".repeat(10_000)
    ));
    story.close(3005, "");
    let logged: Vec<_> = story
        .log
        .iter()
        .filter_map(|(_, effect)| logged_line(effect))
        .collect();
    assert!(logged.len() <= 40, "{} lines", logged.len());
    assert!(logged.iter().all(|line| line.chars().count() <= 300));
}

#[test]
fn a_long_type_name_is_truncated_in_the_log() {
    let mut story = Story::listening();
    story.receive(&format!(r#"{{"type":"{}"}}"#, "ä".repeat(10_000)));
    assert!(story.lines()[0].chars().count() <= 300);
}

#[test]
fn a_warning_is_logged_with_its_code() {
    let mut story = Story::listening();
    story.receive(r#"{"type":"Warning","warning_code":7,"warning":"Speak up."}"#);
    assert_eq!(story.lines(), ["log warning 7 from the service"]);
}

#[test]
fn a_model_other_than_requested_is_logged_and_used() {
    let mut story = Story::new(Script {
        begin: None,
        ..Script::default()
    });
    story.record();
    story.advance(0);
    story.lines();
    story.receive(
        r#"{"type":"Begin","id":"s1","configuration":{"model":"universal-streaming-english"}}"#,
    );
    assert_eq!(
        story.lines()[1],
        "log requested model universal-3-5-pro, but the service uses universal-streaming-english"
    );
    // The words of this family become firm one by one.
    story.receive(
        r#"{"type":"Turn","turn_order":0,"transcript":"go","words":[
            {"text":"go","word_is_final":true},{"text":"for","word_is_final":false}]}"#,
    );
    assert_eq!(story.lines(), ["show 1/0 \"go|for\""]);
}

#[test]
fn the_requested_model_is_found_in_any_query() {
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
        story.advance(0);
        let body = token_body().replace("speech_model=universal-3-5-pro", query);
        story.handle(Input::TokenReply {
            attempt: Attempt(1),
            status: 200,
            body: &body,
        });
        story.advance(0);
        story.lines();
        story.receive(
            r#"{"type":"Turn","turn_order":0,"transcript":"go","words":[
                {"text":"go","word_is_final":true},{"text":"for","word_is_final":false}]}"#,
        );
        assert_eq!(story.lines(), ["show 1/0 \"go|for\""], "{query}");
    }
}

#[test]
fn a_token_repeated_by_the_service_is_not_logged() {
    let mut story = Story::new(Script {
        begin: None,
        ..Script::default()
    });
    story.record();
    story.advance(0);
    story.receive(&format!(r#"{{"type":"Begin","id":"{TOKEN}"}}"#));
    story.receive(&format!(r#"{{"type":"{TOKEN}"}}"#));
    story.receive(&format!(
        r#"{{"type":"Error","error_code":1008,"error":"Bad token {TOKEN}."}}"#
    ));
    // The ledger checks every event and log line for the token.
    story.close(1008, &format!("{TOKEN}{TOKEN}"));
    assert_eq!(story.problem().as_deref(), Some("AccountRefused"));
}

#[test]
fn debug_output_of_the_recorder_omits_the_token() {
    let story = Story::listening();
    assert!(!format!("{:?}", story.recorder).contains(TOKEN));
}

proptest! {
    /// The text of a turn stays the same for every replacement of one field.
    #[test]
    fn one_odd_field_of_a_turn_does_not_lose_its_words(
        model in prop::sample::select(&["universal-3-5-pro", "universal-streaming-english"][..]),
        end in any::<bool>(),
        field in prop::sample::select(&TURN_FIELDS[..]),
        replacement in prop::sample::select(vec![json!(null), json!(true), json!(7), json!("x"),
            json!([7]), json!({"text": "x"})]),
    ) {
        let mut story = Story::new(Script { begin: None, ..Script::default() });
        story.record();
        story.advance(0);
        story.receive(&json!({"type": "Begin", "configuration": {"model": model}}).to_string());
        story.lines();
        let word = |text| json!({"text": text, "start": 10, "end": 20, "confidence": 0.5,
            "word_is_final": true, "speaker": "A", "speaker_confidence": 0.5});
        let mut turn = json!({"type": "Turn", "turn_order": 0, "end_of_turn": end,
            "turn_is_formatted": true, "transcript": "go for", "end_of_turn_confidence": 0.5,
            "words": [word("go"), word("for")], "utterance": "go", "language_code": "en",
            "language_confidence": 0.5, "speaker_label": "A", "speaker_confidence": 0.5});
        let old = turn.pointer_mut(field).expect("the field exists");
        prop_assume!(std::mem::discriminant(old) != std::mem::discriminant(&replacement));
        *old = replacement;
        story.receive(&turn.to_string());
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

/// All fields except `type`, `turn_order` and the words' `text`.
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

fn logged_line(effect: &Effect) -> Option<&str> {
    match effect {
        Effect::Log(line) => Some(line),
        _ => None,
    }
}
