//! Sessions that end unexpectedly, and microphones that are disconnected.

use inturn_client_core::session::Input;

use super::{
    start::recording_works_again,
    story::{Script, Story, TERMINATION, end, partial, turn},
};

/// A close during a session: its code, its text, and the name of its problem.
type Close = (u16, &'static str, &'static str);

const HOPELESS: [Close; 6] = [
    (
        1008,
        "Unauthorized Connection: Missing Authorization header",
        "CredentialsMissing",
    ),
    (
        1008,
        "Unauthorized Connection: Invalid API key",
        "CredentialsRefused",
    ),
    (
        1008,
        "Unauthorized Connection: Insufficient balance",
        "AccountRefused",
    ),
    (1009, "", "FrameTooBig"),
    (
        3006,
        "User Input Validation Error: Invalid 'sample_rate'",
        "RequestRefused",
    ),
    (
        3007,
        "Input Duration Error: Input Duration Violation: 20.0 ms. \
         Expected between 50 and 1000 ms",
        "FrameDurationRefused",
    ),
];

const TEMPORARY: [Close; 10] = [
    (1000, "", "Ended"),
    (1001, "", "ConnectionLost"),
    (1006, "", "ConnectionLost"),
    (1011, "", "ServiceFault"),
    (1013, "", "TryAgainLater"),
    (3005, "Session Cancelled: An error occurred", "ServiceFault"),
    (
        3006,
        "Session terminated due to inactivity: No messages received for 30 seconds",
        "Inactivity",
    ),
    (
        3007,
        "Input Duration Error: Audio Transmission Rate Exceeded: \
         Received 314.9 sec. audio in 1.3 sec",
        "AudioTooFast",
    ),
    (3010, "", "Unlisted(3010)"),
    (4999, "", "Unlisted(4999)"),
];

/// Causes after which a new session may be opened at once.
const OVER: [Close; 2] = [
    (
        1008,
        "Unauthorized Connection: Signature has expired",
        "TokenExpired",
    ),
    (
        3008,
        "Session Expired: Maximum session duration exceeded",
        "SessionExpired",
    ),
];

/// Rate limits.
const LIMITED: [Close; 2] = [
    (
        1008,
        "Unauthorized Connection: Too many concurrent sessions",
        "TooManySessions",
    ),
    (3009, "Too many concurrent sessions", "TooManySessions"),
];

/// Plays a session with a partial and this close. The text comes in the close frame, or in an
/// `Error` message before it. Returns the lines since the close.
fn close(story: &mut Story, (code, text, _): Close, error_first: bool) -> Vec<String> {
    story.speak(200);
    story.receive(&turn(0, &[("Go", 0, 100), ("forward", 100, 200)], false));
    story.lines();
    if error_first {
        story.receive(&format!(
            r#"{{"type":"Error","error_code":{code},"error":{text:?}}}"#
        ));
        assert!(story.lines().is_empty());
        story.close(code, "See Error message for details");
    } else {
        story.close(code, text);
    }
    let mut lines = story.lines();
    let expected = [
        format!("log socket closed with {code}: {text}"),
        "show 1/0 \"Go forward|\" final broken off".to_owned(),
    ];
    assert_eq!(lines.drain(..2).collect::<Vec<_>>(), expected);
    lines
}

/// Calls `check` for each close, with the text in the close frame and in an `Error` before it.
fn for_each(closes: &[Close], check: impl Fn(Close, bool)) {
    for &it in closes {
        check(it, false);
        if !it.1.is_empty() {
            check(it, true);
        }
    }
}

#[test]
fn a_hopeless_close_ends_the_recording_with_its_problem() {
    for_each(&HOPELESS, |it, error_first| {
        let mut story = Story::listening();
        assert_eq!(
            close(&mut story, it, error_first),
            [
                "close microphone".to_owned(),
                format!("show problem {}", it.2),
                "show idle".to_owned()
            ]
        );
        recording_works_again(story);
    });
}

#[test]
fn another_close_is_followed_by_a_new_session_without_a_problem() {
    for_each(&TEMPORARY, |it, error_first| {
        let mut story = Story::listening();
        assert_eq!(
            close(&mut story, it, error_first),
            ["show reconnecting: Service"]
        );
        story.speak(500);
        assert_eq!(story.state(), "listening");
        assert_eq!(story.problem(), None);
        // The words stay until the new session, which hears them again, reports its own.
        assert_eq!(story.entries(), ["Go forward"]);
        story.receive(&end(0, "Go forward."));
        assert_eq!(story.entries(), ["Go forward."]);
        story.stop();
        story.run_until_idle();
        recording_works_again(story);
    });
}

#[test]
fn the_problem_of_a_close_is_shown_if_the_next_attempt_fails_too() {
    for_each(&TEMPORARY, |it, error_first| {
        let mut story = Story::listening();
        close(&mut story, it, error_first);
        story.advance(500);
        story.close(it.0, it.1);
        assert_eq!(story.state(), "reconnecting");
        assert_eq!(story.problem().as_deref(), Some(it.2));
        story.lines();
        story.advance(1_000);
        assert!(
            story.lines().contains(&format!("resolved {}", it.2)),
            "{} is resolved",
            it.2
        );
        assert_eq!(story.state(), "listening");
    });
}

#[test]
fn after_an_expired_session_or_token_the_next_session_is_opened_at_once() {
    for_each(&OVER, |it, error_first| {
        let mut story = Story::listening();
        let lines = close(&mut story, it, error_first);
        assert_eq!(lines, ["show reconnecting: Service", "fetch token 2"]);
        story.advance(0);
        assert_eq!(story.state(), "listening");
        assert_eq!(story.problem(), None);
    });
}

#[test]
fn a_second_expired_token_ends_the_recording() {
    let mut story = Story::listening();
    close(&mut story, OVER[0], false);
    story.advance(0);
    story.close(OVER[0].0, OVER[0].1);
    assert_eq!(story.state(), "idle");
    assert_eq!(story.problem().as_deref(), Some("TokenExpired"));
    recording_works_again(story);
}

#[test]
fn after_a_rate_limit_the_next_session_is_opened_after_twelve_seconds() {
    for_each(&LIMITED, |it, error_first| {
        let mut story = Story::listening();
        assert_eq!(
            close(&mut story, it, error_first),
            [
                "show reconnecting: Service".to_owned(),
                format!("interrupted by {}", it.2)
            ]
        );
        story.speak(11_900);
        assert_eq!(story.state(), "reconnecting");
        story.speak(100);
        assert_eq!(story.state(), "listening");
        assert!(story.lines().contains(&format!("resolved {}", it.2)));
    });
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
fn an_error_of_one_session_does_not_affect_the_next() {
    let mut story = Story::listening();
    story.receive(r#"{"type":"Error","error_code":3005,"error":"Session Cancelled"}"#);
    story.close(3005, "");
    story.speak(500);
    assert_eq!(story.state(), "listening");
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
fn an_unrequested_termination_is_followed_by_a_new_session() {
    let mut story = Story::listening();
    story.speak(200);
    story.receive(&partial(0, "Go forward"));
    story.lines();
    story.receive(TERMINATION);
    assert_eq!(
        story.lines(),
        [
            "log session ended after 2 s",
            "close socket",
            "show 1/0 \"Go forward|\" final",
            "show reconnecting: Service"
        ]
    );
    story.advance(500);
    assert_eq!(story.state(), "listening");
    assert_eq!(story.problem(), None);
    // The service may have ended the session before it had heard the sentence.
    assert_eq!(story.ledger.frames.len(), 4);
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
