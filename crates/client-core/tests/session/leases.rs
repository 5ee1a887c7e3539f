//! A lease is released at every end of a recording.

use std::time::Duration;

use inturn_client_core::{
    problem::TokenFailure,
    session::{Attempt, Effect, Input},
};
use inturn_protocol::TokenReply;

use super::story::{BEGIN, LEASE, SEND_TERMINATE, Script, Story, TERMINATION, token_body};

/// Returns the effects on the service and our server since index `since`, including those that
/// [`Story::lines`] omits.
fn effects(story: &Story, since: usize) -> Vec<String> {
    let effects = story.log.iter().skip(since).map(|(_, effect)| effect);
    let lines = effects.filter_map(|effect| match effect {
        Effect::SendControl { text, .. } => Some(format!("send {text}")),
        Effect::CloseSocket(_) => Some("close socket".to_owned()),
        Effect::ReportBegin { lease, model } => {
            let model = model.as_deref().unwrap_or("?");
            Some(format!("begin {lease} with {model}"))
        }
        Effect::ReleaseLease(id) => Some(format!("release {id}")),
        Effect::FetchToken { lease, .. } => Some(format!("continue {}", lease.as_ref()?)),
        _ => None,
    });
    lines.collect()
}

#[test]
fn begin_is_reported_with_the_model_that_the_service_uses() {
    let another = r#"{"type":"Begin","id":"s1","configuration":{"model":"universal-9"}}"#;
    for (message, model) in [(BEGIN, "?"), (another, "universal-9")] {
        let mut story = Story::new(Script {
            begin: None,
            ..Script::default()
        });
        story.record();
        story.advance(0);
        assert_eq!(effects(&story, 0), [""; 0]);
        story.receive(message);
        // A repeated `Begin` is ignored.
        story.receive(message);
        let begin = format!("begin {LEASE} with {model}");
        assert_eq!(effects(&story, 0), [begin]);
    }
}

#[test]
fn the_lease_is_released_after_the_session() {
    let mut story = Story::listening_to(Script {
        termination: None,
        ..Script::default()
    });
    story.speak(200);
    let since = story.log.len();
    story.stop();
    story.advance(0);
    assert_eq!(effects(&story, since), [SEND_TERMINATE]);
    story.receive(TERMINATION);
    let release = format!("release {LEASE}");
    assert_eq!(
        effects(&story, since),
        [SEND_TERMINATE, "close socket", &release]
    );
}

#[test]
fn leaving_and_a_hopeless_close_release_the_lease_at_once() {
    let release = format!("release {LEASE}");
    let mut story = Story::listening();
    story.speak(200);
    let since = story.log.len();
    story.handle(Input::Leave);
    assert_eq!(
        effects(&story, since),
        [SEND_TERMINATE, "close socket", &release]
    );

    let mut story = Story::listening();
    let since = story.log.len();
    story.close(1008, "Unauthorized Connection: Invalid API key");
    assert_eq!(effects(&story, since), [release]);
}

#[test]
fn the_next_session_continues_the_lease() {
    let mut story = Story::listening();
    story.speak(200);
    let since = story.log.len();
    story.close(1011, "");
    story.speak(500);
    assert_eq!(story.state(), "listening");
    let (resume, begin) = (format!("continue {LEASE}"), format!("begin {LEASE} with ?"));
    assert_eq!(effects(&story, since), [resume, begin]);
    story.stop();
    story.run_until_idle();
    // The ledger checks that the lease is released.
    assert_eq!(story.state(), "idle");
}

#[test]
fn a_lease_that_has_expired_is_replaced_and_released() {
    let mut story = Story::listening();
    story.speak(200);
    let since = story.log.len();
    let body = token_body().replace(LEASE, "recording-2");
    story.script.token = Some((Duration::ZERO, Ok((200, body))));
    story.close(1011, "");
    story.speak(500);
    assert_eq!(
        effects(&story, since),
        [
            &format!("continue {LEASE}"),
            &format!("release {LEASE}"),
            "begin recording-2 with ?"
        ]
    );
    let since = story.log.len();
    story.stop();
    story.run_until_idle();
    assert_eq!(
        effects(&story, since),
        [SEND_TERMINATE, "close socket", "release recording-2"]
    );
}

#[test]
fn the_lease_of_a_late_token_is_released() {
    let mut story = Story::new(Script {
        token: None,
        ..Script::default()
    });
    story.record();
    story.stop();
    story.advance(0);
    assert_eq!(story.state(), "idle");
    let since = story.log.len();
    let (attempt, status) = (Attempt(1), 200);
    let body = &token_body();
    let late = Input::TokenReply {
        attempt,
        status,
        body,
    };
    story.handle(late.clone());
    let release = format!("release {LEASE}");
    assert_eq!(effects(&story, since), [release.as_str()]);

    // Also while the next token is awaited: the late one does not replace it.
    story.record();
    let since = story.log.len();
    story.handle(late);
    assert_eq!(effects(&story, since), [release.as_str()]);
    assert_eq!(story.ledger.sockets.opened, 0);
    story.handle(Input::TokenFailed {
        attempt: Attempt(2),
        failure: TokenFailure::Unreachable,
    });
    assert_eq!(effects(&story, since), [release]);
}

#[test]
fn without_a_lease_nothing_is_reported_or_released() {
    let reply = TokenReply {
        recording: None,
        ..TokenReply::decode(&token_body()).expect("it is a valid reply")
    };
    let body = serde_json::to_string(&reply).expect("a reply serializes to JSON");
    let mut story = Story::new(Script {
        token: Some((Duration::ZERO, Ok((200, body)))),
        begin: None,
        ..Script::default()
    });
    story.record();
    story.advance(0);
    story.receive(BEGIN);
    story.handle(Input::Leave);
    assert_eq!(effects(&story, 0), [SEND_TERMINATE, "close socket"]);
}
