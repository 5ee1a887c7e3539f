//! A sign-in that expires during a recording.

use std::time::Duration;

use inturn_client_core::session::Input;

use super::story::{Script, Story, turn};

/// Plays a recording of two seconds, and a lost session after the sign-in has expired.
fn signed_out() -> Story {
    let mut story = Story::listening();
    story.speak(2_000);
    story.receive(&turn(0, &[("One.", 0, 2_000)], true));
    let page = "<!doctype html>".to_owned();
    story.script.token = Some((Duration::ZERO, Ok((200, page))));
    story.lines();
    story.close(1006, "");
    story.speak(500);
    story
}

#[test]
fn it_is_reported_at_the_first_failure() {
    let mut story = signed_out();
    assert_eq!(
        story.lines(),
        [
            "log socket closed with 1006: ",
            "show reconnecting: Service",
            "fetch token 2",
            "show reconnecting: SignIn",
            "interrupted by SignInNeeded"
        ]
    );
}

#[test]
fn it_is_reported_once() {
    let mut story = signed_out();
    story.lines();
    story.speak(60_000);
    let lines = story.lines();
    assert!(lines.len() > 3, "{lines:?}");
    let is_request = |line: &String| line.starts_with("fetch token");
    assert!(lines.iter().all(is_request), "{lines:?}");
}

#[test]
fn when_the_person_returns_the_recording_goes_on_without_a_missing_word() {
    let mut story = signed_out();
    story.speak(5_000);
    story.script = Script::default();
    story.lines();
    story.handle(Input::Shown);
    story.speak(100);
    let lines = story.lines();
    assert!(lines.contains(&"resolved SignInNeeded".to_owned()));
    assert_eq!(story.state(), "listening");
    story.stop();
    story.advance(3_000);
    story.receive(&turn(0, &[("Two.", 1_200, 1_700)], true));
    story.run_until_idle();
    assert_eq!(story.entries(), ["One.", "Two."]);
    assert_eq!(story.ledger.all_sockets[1].bytes / 32, 6_600);
}

#[test]
fn a_session_needs_no_sign_in_once_it_has_begun() {
    let mut story = Story::listening();
    story.script.token = Some((Duration::ZERO, Ok((401, String::new()))));
    story.speak(60_000);
    story.stop();
    story.run_until_idle();
    assert_eq!(story.problem(), None);
}
