//! Sessions that end unexpectedly, and microphones that are disconnected.

use inturn_client_core::session::Input;

use super::{
    start::recording_works_again,
    story::{Script, Story, TERMINATION, partial},
};

#[test]
fn each_close_during_a_session_has_its_problem() {
    let unauthorised = "Unauthorized Connection: ";
    let table = [
        (1000, String::new(), "Ended"),
        (1001, String::new(), "ConnectionLost"),
        (1006, String::new(), "ConnectionLost"),
        (
            1008,
            format!("{unauthorised}Missing Authorization header"),
            "CredentialsMissing",
        ),
        (
            1008,
            format!("{unauthorised}Invalid API key"),
            "CredentialsRefused",
        ),
        (
            1008,
            format!("{unauthorised}Signature has expired"),
            "TokenExpired",
        ),
        (
            1008,
            format!("{unauthorised}Insufficient balance"),
            "AccountRefused",
        ),
        (
            1008,
            format!("{unauthorised}Too many concurrent sessions"),
            "TooManySessions",
        ),
        (
            3009,
            "Too many concurrent sessions".to_owned(),
            "TooManySessions",
        ),
        (1009, String::new(), "FrameTooBig"),
        (1011, String::new(), "ServiceFault"),
        (1013, String::new(), "TryAgainLater"),
        (
            3005,
            "Session Cancelled: An error occurred".to_owned(),
            "ServiceFault",
        ),
        (
            3006,
            "User Input Validation Error: Invalid 'sample_rate'".to_owned(),
            "RequestRefused",
        ),
        (
            3006,
            "Session terminated due to inactivity: No messages received for 30 seconds".to_owned(),
            "Inactivity",
        ),
        (
            3007,
            "Input Duration Error: Input Duration Violation: 20.0 ms. \
             Expected between 50 and 1000 ms"
                .to_owned(),
            "FrameDurationRefused",
        ),
        (
            3007,
            "Input Duration Error: Audio Transmission Rate Exceeded: \
             Received 314.9 sec. audio in 1.3 sec"
                .to_owned(),
            "AudioTooFast",
        ),
        (
            3008,
            "Session Expired: Maximum session duration exceeded".to_owned(),
            "SessionExpired",
        ),
        (4999, String::new(), "Unlisted(4999)"),
    ];
    for (code, text, kind) in &table {
        // Once with the text in the close frame, and once in an `Error` message before it.
        for error_first in [false, true] {
            if error_first && text.is_empty() {
                continue;
            }
            let mut story = Story::listening();
            story.speak(200);
            story.receive(&partial(0, "Go forward"));
            story.lines();
            if error_first {
                story.receive(&format!(
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
                    format!("log socket closed with {code}: {text}"),
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
fn an_error_before_begin_takes_precedence_over_the_close() {
    let mut story = Story::new(Script {
        begin: None,
        ..Script::default()
    });
    story.record();
    story.speak(200);
    // Without a `type`, as some servers send it, and with a close that browsers cannot read.
    story.receive(r#"{"error_code":1008,"error":"Unauthorized Connection: Invalid API key"}"#);
    story.close(1006, "");
    assert_eq!(story.problem().as_deref(), Some("CredentialsRefused"));
    recording_works_again(story);
}

#[test]
fn an_error_of_one_recording_does_not_affect_the_next() {
    let mut story = Story::listening();
    story.receive(r#"{"type":"Error","error_code":3005,"error":"Session Cancelled"}"#);
    story.close(3005, "");
    story.record();
    story.speak(200);
    story.close(1006, "");
    assert_eq!(story.problem().as_deref(), Some("ConnectionLost"));
}

#[test]
fn an_error_without_a_close_is_reported_at_the_timeout() {
    let mut story = Story::new(Script {
        begin: None,
        ..Script::default()
    });
    story.record();
    story.speak(200);
    story.receive(
        r#"{"type":"Error","error_code":3006,
            "error":"User Input Validation Error: Invalid 'mode'"}"#,
    );
    story.run_until_idle();
    assert_eq!(story.problem().as_deref(), Some("RequestRefused"));
    recording_works_again(story);
}

#[test]
fn an_unrequested_termination_ends_the_recording() {
    let mut story = Story::listening();
    story.speak(200);
    story.receive(&partial(0, "Go forward"));
    story.lines();
    story.receive(TERMINATION);
    assert_eq!(
        story.lines(),
        [
            "log session ended after 2 s",
            "show 1/0 \"Go forward|\" final",
            "close socket",
            "close microphone",
            "show problem Ended",
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
    story.handle(Input::MicrophoneLost);
    assert_eq!(
        story.lines(),
        [
            "close microphone",
            "show finishing",
            "show problem MicrophoneLost"
        ]
    );
    story.run_until_idle();
    assert_eq!(story.ledger.frames.len(), 3);
    assert_eq!(story.problem().as_deref(), Some("MicrophoneLost"));
    recording_works_again(story);
}

#[test]
fn an_audio_graph_that_ends_by_itself_is_a_lost_microphone() {
    let mut story = Story::listening();
    story.speak(300);
    story.handle(Input::AudioEnded);
    story.run_until_idle();
    assert_eq!(story.ledger.frames.len(), 3);
    assert_eq!(story.problem().as_deref(), Some("MicrophoneLost"));
    recording_works_again(story);
}

#[test]
fn a_microphone_lost_after_stop_is_not_a_problem() {
    let mut story = Story::listening();
    story.speak(300);
    story.stop();
    story.handle(Input::MicrophoneLost);
    story.run_until_idle();
    assert_eq!(story.problem(), None);
}
