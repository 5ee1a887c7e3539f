//! Answers to an earlier recording or attempt are ignored.

use inturn_client_core::{
    problem::TokenFailure,
    session::{Attempt, Input},
};

use super::story::{BEGIN, Script, Story, TERMINATION, end, token_body};

#[test]
fn answers_to_an_earlier_recording_are_ignored() {
    let mut story = Story::new(Script {
        token: None,
        ..Script::default()
    });
    story.record();
    story.advance(0);
    story.speak(100);
    story.handle(Input::TokenReply {
        attempt: Attempt(1),
        status: 500,
        body: r#"{"error":"No.","code":"key_refused"}"#,
    });
    assert_eq!(story.state(), "idle");
    story.record();
    story.advance(0);
    story.lines();
    assert_answers_are_ignored(&mut story, Attempt(1));
    assert_eq!(story.state(), "starting");
}

#[test]
fn answers_to_an_earlier_attempt_are_ignored() {
    let mut story = Story::new(Script {
        token: None,
        ..Script::default()
    });
    story.record();
    story.speak(100);
    story.handle(Input::TokenFailed {
        attempt: Attempt(1),
        failure: TokenFailure::Unreachable,
    });
    story.speak(500);
    assert_eq!(story.lines().pop().as_deref(), Some("fetch token 2"));
    assert_answers_are_ignored(&mut story, Attempt(1));
    assert_eq!(story.state(), "reconnecting");
}

fn assert_answers_are_ignored(story: &mut Story, old: Attempt) {
    story.handle(Input::TokenReply {
        attempt: old,
        status: 200,
        body: &token_body(),
    });
    story.handle(Input::TokenFailed {
        attempt: old,
        failure: TokenFailure::TimedOut,
    });
    for text in [BEGIN, TERMINATION, &end(0, "Ghost.")] {
        story.handle(Input::SocketMessage { attempt: old, text });
    }
    story.handle(Input::SocketClosed {
        attempt: old,
        code: 1011,
        reason: "",
    });
    assert!(story.lines().is_empty());
}

#[test]
fn late_inputs_of_a_closed_socket_do_not_affect_the_next_session() {
    let mut story = Story::listening();
    story.speak(100);
    story.stop();
    story.run_until_idle();
    let old = story.socket;
    story.record();
    story.advance(0);
    assert_eq!(story.state(), "listening");
    story.lines();
    story.handle(Input::SocketMessage {
        attempt: old,
        text: &end(9, "Ghost."),
    });
    story.handle(Input::SocketClosed {
        attempt: old,
        code: 1000,
        reason: "",
    });
    assert!(story.lines().is_empty());

    story.receive(&end(0, "Second."));
    assert_eq!(story.lines(), ["show 2/0 \"Second.|\" final"]);
}
