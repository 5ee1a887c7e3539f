//! What the service says besides turns, and answers that come too late.

use inturn_client_core::problem::TokenFailure;
use inturn_client_core::session::{Attempt, Effect, Input};

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
        ["note passed over messages of the unknown type \"Mood\""]
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
    let notes = story.lines();
    assert_eq!(notes.len(), 3, "{notes:#?}");
    assert_eq!(story.state(), "listening");

    story.hear(&end(0, "Go on."));
    assert_eq!(story.lines(), ["show 1/0 \"Go on.|\" final"]);
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
    assert_eq!(story.lines(), ["note the service warns, code 7"]);
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
        "note asked for the model universal-3-5-pro, the service uses universal-streaming-english"
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
    assert_eq!(story.problem().as_deref(), Some("account-refused"));
}

#[test]
fn debug_output_of_the_machine_holds_no_token() {
    let story = Story::listening();
    assert!(!format!("{:?}", story.recorder).contains(TOKEN));
}

fn note(effect: &Effect) -> Option<&str> {
    match effect {
        Effect::Note(note) => Some(note),
        _ => None,
    }
}
