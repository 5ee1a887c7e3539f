//! A session that ends without being asked to, and a microphone that goes away.

use inturn_client_core::session::Input;

use super::start::recording_works_again;
use super::story::{Script, Story, TERMINATION, partial};

#[test]
fn each_close_in_mid_session_has_its_problem() {
    let unauthorised = "Unauthorized Connection: ";
    let table = [
        (1000, String::new(), "ended-early"),
        (1001, String::new(), "connection-lost"),
        (1006, String::new(), "connection-lost"),
        (1008, format!("{unauthorised}Missing Authorization header"), "credentials-missing"),
        (1008, format!("{unauthorised}Invalid API key"), "token-refused"),
        (1008, format!("{unauthorised}Signature has expired"), "token-expired"),
        (1008, format!("{unauthorised}Insufficient balance"), "account-refused"),
        (1008, format!("{unauthorised}Too many concurrent sessions"), "too-many-sessions"),
        (3009, "Too many concurrent sessions".to_owned(), "too-many-sessions"),
        (1009, String::new(), "frame-too-big"),
        (1011, String::new(), "service-fault"),
        (1013, String::new(), "service-busy"),
        (3005, "Session Cancelled: An error occurred".to_owned(), "service-fault"),
        (3006, "User Input Validation Error: Invalid 'sample_rate'".to_owned(), "session-refused"),
        (
            3006,
            "Session terminated due to inactivity: No messages received for 30 seconds".to_owned(),
            "inactivity",
        ),
        (
            3007,
            "Input Duration Error: Input Duration Violation: 20.0 ms. Expected between 50 and 1000 ms"
                .to_owned(),
            "frame-duration",
        ),
        (
            3007,
            "Input Duration Error: Audio Transmission Rate Exceeded: Received 314.9 sec. audio in 1.3 sec"
                .to_owned(),
            "audio-too-fast",
        ),
        (3008, "Session Expired: Maximum session duration exceeded".to_owned(), "session-expired"),
        (4999, String::new(), "closed-unlisted"),
    ];
    for (code, text, kind) in &table {
        // Once with the text in the close frame, once in the message that comes before it.
        for error_first in [false, true] {
            if error_first && text.is_empty() {
                continue;
            }
            let mut story = Story::listening();
            story.speak(200);
            story.hear(&partial(0, "Go forward"));
            story.lines();
            if error_first {
                story.hear(&format!(
                    r#"{{"type":"Error","error_code":{code},"error":{text:?}}}"#
                ));
                assert!(story.lines().is_empty());
                story.close(*code, "See Error message for details");
            } else {
                story.close(*code, text);
            }
            assert_eq!(
                story.lines(),
                [
                    format!("note socket closed with {code}: {text}"),
                    "show 1/0 \"Go forward|\" final broken off".to_owned(),
                    "close microphone".to_owned(),
                    format!("show problem {kind}"),
                    "show idle".to_owned()
                ]
            );
            recording_works_again(story);
        }
    }
}

#[test]
fn an_error_before_begin_says_more_than_the_close() {
    let mut story = Story::new(Script {
        begin: None,
        ..Script::default()
    });
    story.record();
    story.speak(200);
    // Without a type, as some servers say it, and with a close that browsers cannot read.
    story.hear(r#"{"error_code":1008,"error":"Unauthorized Connection: Invalid API key"}"#);
    story.close(1006, "");
    assert_eq!(story.problem().as_deref(), Some("token-refused"));
    recording_works_again(story);
}

#[test]
fn an_error_of_one_recording_does_not_colour_the_next() {
    let mut story = Story::listening();
    story.hear(r#"{"type":"Error","error_code":3005,"error":"Session Cancelled"}"#);
    story.close(3005, "");
    story.record();
    story.speak(200);
    story.close(1006, "");
    assert_eq!(story.problem().as_deref(), Some("connection-lost"));
}

#[test]
fn an_error_without_a_close_is_told_when_waiting_ends() {
    let mut story = Story::new(Script {
        begin: None,
        ..Script::default()
    });
    story.record();
    story.speak(200);
    story.hear(
        r#"{"type":"Error","error_code":3006,"error":"User Input Validation Error: Invalid 'mode'"}"#,
    );
    story.wait_for_rest();
    assert_eq!(story.problem().as_deref(), Some("session-refused"));
    recording_works_again(story);
}

#[test]
fn a_termination_nobody_asked_for_ends_the_recording() {
    let mut story = Story::listening();
    story.speak(200);
    story.hear(&partial(0, "Go forward"));
    story.lines();
    story.hear(TERMINATION);
    assert_eq!(
        story.lines(),
        [
            "note session ended after 2 s",
            "show 1/0 \"Go forward|\" final",
            "close socket",
            "close microphone",
            "show problem ended-early",
            "show idle"
        ]
    );
    recording_works_again(story);
}

#[test]
fn a_lost_microphone_ends_the_recording_and_loses_no_word() {
    let mut story = Story::listening();
    story.speak(300);
    story.lines();
    story.give(Input::MicrophoneLost);
    assert_eq!(
        story.lines(),
        [
            "close microphone",
            "show finishing",
            "show problem microphone-lost"
        ]
    );
    story.wait_for_rest();
    assert_eq!(story.ledger.frames.len(), 3);
    assert_eq!(story.problem().as_deref(), Some("microphone-lost"));
    recording_works_again(story);
}

#[test]
fn an_audio_graph_that_ends_by_itself_is_a_lost_microphone() {
    let mut story = Story::listening();
    story.speak(300);
    story.give(Input::AudioEnded);
    story.wait_for_rest();
    assert_eq!(story.ledger.frames.len(), 3);
    assert_eq!(story.problem().as_deref(), Some("microphone-lost"));
    recording_works_again(story);
}

#[test]
fn a_microphone_that_goes_away_after_stop_is_no_problem() {
    let mut story = Story::listening();
    story.speak(300);
    story.stop();
    story.give(Input::MicrophoneLost);
    story.wait_for_rest();
    assert_eq!(story.problem(), None);
}
