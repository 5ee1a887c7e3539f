//! What our server counts is given back, however a recording ends.

use std::time::Duration;

use inturn_client_core::problem::TokenFailure;
use inturn_client_core::session::{Attempt, Effect, Input};
use inturn_protocol::TokenReply;

use super::story::{BEGIN, LEASE, SAY_TERMINATE, Script, Story, TERMINATION, token_body};

/// Everything since the last look but the view, with what [`Story::lines`] leaves out.
fn effects(story: &Story, since: usize) -> Vec<String> {
    let effects = story.log.iter().skip(since).map(|(_, effect)| effect);
    let told = effects.filter_map(|effect| match effect {
        Effect::SendControl { text, .. } => Some(format!("say {text}")),
        Effect::CloseSocket(_) => Some("close socket".to_owned()),
        Effect::ReportBegin { lease, model } => {
            let model = model.as_deref().unwrap_or("?");
            Some(format!("begin {lease} with {model}"))
        }
        Effect::ReleaseLease(id) => Some(format!("end {id}")),
        _ => None,
    });
    told.collect()
}

#[test]
fn its_session_is_told_with_the_model_that_the_service_names() {
    let another = r#"{"type":"Begin","id":"s1","configuration":{"model":"universal-9"}}"#;
    for (message, model) in [(BEGIN, "?"), (another, "universal-9")] {
        let mut story = Story::new(Script {
            begin: None,
            ..Script::default()
        });
        story.record();
        story.wait(0);
        assert_eq!(effects(&story, 0), [""; 0]);
        story.hear(message);
        // What is said twice began once.
        story.hear(message);
        let begin = format!("begin {LEASE} with {model}");
        assert_eq!(effects(&story, 0), [begin]);
    }
}

#[test]
fn it_is_given_back_behind_the_session() {
    let mut story = Story::listening_to(Script {
        termination: None,
        ..Script::default()
    });
    story.speak(200);
    let since = story.log.len();
    story.stop();
    story.wait(0);
    assert_eq!(effects(&story, since), [SAY_TERMINATE]);
    story.hear(TERMINATION);
    let end = format!("end {LEASE}");
    assert_eq!(
        effects(&story, since),
        [SAY_TERMINATE, "close socket", &end]
    );
}

#[test]
fn leaving_and_a_lost_socket_give_it_back_at_once() {
    let end = format!("end {LEASE}");
    let mut story = Story::listening();
    story.speak(200);
    let since = story.log.len();
    story.give(Input::Leave);
    assert_eq!(
        effects(&story, since),
        [SAY_TERMINATE, "close socket", &end]
    );

    let mut story = Story::listening();
    let since = story.log.len();
    story.close(1011, "");
    assert_eq!(effects(&story, since), [end]);
}

#[test]
fn a_token_that_comes_too_late_is_given_back() {
    let mut story = Story::new(Script {
        token: None,
        ..Script::default()
    });
    story.record();
    story.stop();
    story.wait(0);
    assert_eq!(story.state(), "idle");
    let since = story.log.len();
    let (attempt, status) = (Attempt(1), 200);
    let body = &token_body();
    let late = Input::TokenReply {
        attempt,
        status,
        body,
    };
    story.give(late.clone());
    let end = format!("end {LEASE}");
    assert_eq!(effects(&story, since), [end.as_str()]);

    // Also while the next one is awaited, whose turn it does not take.
    story.record();
    let since = story.log.len();
    story.give(late);
    assert_eq!(effects(&story, since), [end.as_str()]);
    assert_eq!(story.ledger.sockets.opened, 0);
    story.give(Input::TokenFailed {
        attempt: Attempt(2),
        failure: TokenFailure::Unreachable,
    });
    assert_eq!(effects(&story, since), [end]);
}

#[test]
fn a_server_that_counts_nothing_hears_nothing() {
    let reply = TokenReply {
        recording: None,
        ..TokenReply::decode(&token_body()).expect("a reply")
    };
    let body = serde_json::to_string(&reply).expect("a reply has a JSON form");
    let mut story = Story::new(Script {
        token: Some((Duration::ZERO, Ok((200, body)))),
        begin: None,
        ..Script::default()
    });
    story.record();
    story.wait(0);
    story.hear(BEGIN);
    story.give(Input::Leave);
    assert_eq!(effects(&story, 0), [SAY_TERMINATE, "close socket"]);
}
