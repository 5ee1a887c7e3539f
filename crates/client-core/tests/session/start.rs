//! From Record to the first word: the microphone, then the token, then the socket.

use std::time::Duration;

use inturn_client_core::{
    problem::MicrophoneFailure,
    session::{Effect, Input},
};

use super::story::{INFO, SEND_TERMINATE, Script, Story, TOKEN};

#[test]
fn the_microphone_comes_first_then_the_token_then_the_socket() {
    let mut story = Story::new(Script {
        microphone: None,
        token: None,
        begin: None,
        ..Script::default()
    });
    story.record();
    assert_eq!(story.lines(), ["show starting", "open microphone"]);

    story.handle(Input::MicrophoneOpened {
        rate_hz: 48_000,
        recording: INFO,
    });
    assert_eq!(story.lines(), ["fetch token 1"]);

    story.handle(Input::TokenReply {
        attempt: inturn_client_core::session::Attempt(1),
        status: 200,
        body: &super::story::token_body(),
    });
    assert_eq!(story.lines(), ["open socket 1"]);

    story.receive(super::story::BEGIN);
    assert_eq!(story.lines(), ["log session s1 began", "show listening"]);
}

#[test]
fn the_socket_url_has_the_servers_parameters_and_the_token() {
    let story = Story::listening();
    let url = story.log.iter().find_map(|(_, effect)| match effect {
        Effect::OpenSocket { url, .. } => Some(url.as_str()),
        _ => None,
    });
    let expected = format!("wss://service.test/v3/ws?speech_model=universal-3-5-pro&token={TOKEN}");
    assert_eq!(url, Some(expected.as_str()));
}

#[test]
fn the_prompt_has_no_timeout() {
    let mut story = Story::new(Script {
        microphone: None,
        ..Script::default()
    });
    story.record();
    assert_eq!(story.recorder.next_wake(), None);
    story.advance(60_000);
    assert_eq!(story.state(), "starting");

    story.handle(Input::MicrophoneOpened {
        rate_hz: 48_000,
        recording: INFO,
    });
    story.advance(0);
    assert_eq!(story.state(), "listening");
}

#[test]
fn a_double_click_on_record_starts_one_session() {
    let mut story = Story::new(Script::default());
    story.record();
    story.record();
    story.advance(0);
    story.record();
    story.speak(200);
    assert_eq!(story.state(), "listening");
    assert_eq!(story.ledger.microphones.opened, 1);
    assert_eq!(story.ledger.sockets.opened, 1);
}

#[test]
fn stop_while_the_prompt_is_open_cancels_it() {
    let mut story = Story::new(Script {
        microphone: None,
        ..Script::default()
    });
    story.record();
    story.lines();
    story.stop();
    assert_eq!(story.lines(), ["close microphone", "show idle"]);

    // The person accepts a prompt that was cancelled.
    story.handle(Input::MicrophoneOpened {
        rate_hz: 48_000,
        recording: INFO,
    });
    story.advance(20_000);
    assert!(story.lines().is_empty());
}

#[test]
fn without_a_microphone_nothing_else_is_requested() {
    for failure in [
        MicrophoneFailure::Denied,
        MicrophoneFailure::Missing,
        MicrophoneFailure::Busy,
        MicrophoneFailure::InsecurePage,
        MicrophoneFailure::Unsupported,
        MicrophoneFailure::Unloaded,
        MicrophoneFailure::Other,
    ] {
        let mut story = Story::new(Script {
            microphone: Some(Err(failure)),
            ..Script::default()
        });
        story.record();
        story.advance(0);
        let name = format!("Microphone{failure:?}");
        assert_eq!(
            story.lines()[2..],
            [
                "close microphone".to_owned(),
                format!("show problem {name}"),
                "show idle".to_owned()
            ]
        );
        recording_works_again(story);
    }
}

#[test]
fn an_unsupported_rate_is_a_problem() {
    for rate_hz in [0, 7_999, 192_001, u32::MAX] {
        let mut story = Story::new(Script {
            microphone: Some(Ok(rate_hz)),
            ..Script::default()
        });
        story.record();
        story.advance(0);
        assert_eq!(story.problem(), Some(format!("RateUnsupported({rate_hz})")));
        recording_works_again(story);
    }
}

#[test]
fn no_begin_within_ten_seconds_is_a_problem_and_the_next_attempt_follows() {
    let mut story = Story::new(Script {
        begin: None,
        ..Script::default()
    });
    story.record();
    story.speak(9_900);
    assert_eq!(story.state(), "starting");
    story.lines();

    story.advance(100);
    assert_eq!(
        story.lines(),
        [
            SEND_TERMINATE,
            "close socket",
            "show reconnecting: Service",
            "interrupted by NoBegin"
        ]
    );
    assert_begins(story, "NoBegin");
}

#[test]
fn the_ten_seconds_for_begin_start_with_the_socket() {
    let mut story = Story::new(Script {
        token: Some((
            Duration::from_secs(9),
            Ok((200, super::story::token_body())),
        )),
        begin: Some(Duration::from_millis(9_900)),
        ..Script::default()
    });
    story.record();
    story.speak(20_000);
    assert_eq!(story.state(), "listening");
}

#[test]
fn a_socket_that_never_opens_is_a_problem_and_the_next_attempt_follows() {
    let mut story = Story::new(Script {
        begin: None,
        ..Script::default()
    });
    story.record();
    story.speak(500);
    story.lines();
    story.close(1006, "");
    assert_eq!(
        story.lines(),
        [
            "log socket closed with 1006: ",
            "show reconnecting: Service",
            "interrupted by SocketRefused"
        ]
    );
    assert_begins(story, "SocketRefused");
}

/// Asserts that the next attempt succeeds, and that all audio is sent.
fn assert_begins(mut story: Story, problem: &str) {
    let captured = story.recorder.recording().captured().ms();
    story.script = Script::default();
    story.advance(500);
    assert_eq!(story.state(), "listening");
    assert!(story.lines().contains(&format!("resolved {problem}")));
    story.stop();
    story.run_until_idle();
    assert_eq!(story.ledger.frames.len() as u64 * 100, u64::from(captured));
    assert_eq!(story.entries(), [""; 0]);
    recording_works_again(story);
}

/// Asserts that after a failure, Record starts a new recording and clears the problem.
pub(super) fn recording_works_again(mut story: Story) {
    assert_eq!(story.state(), "idle");
    story.script = Script::default();
    story.record();
    story.advance(0);
    assert_eq!(story.state(), "listening");
    assert_eq!(story.problem(), None);

    let sent = story.ledger.frames.len();
    story.speak(500);
    story.stop();
    story.run_until_idle();
    assert_eq!(story.ledger.frames.len() - sent, 5);
    assert_eq!(story.problem(), None);
}

#[test]
fn a_microphone_without_a_block_is_a_problem_after_five_seconds() {
    let mut story = Story::listening();
    story.advance(4_999);
    assert_eq!(story.state(), "listening");
    story.lines();

    story.advance(1);
    assert_eq!(story.problem().as_deref(), Some("NoSound"));
    let lines = story.lines();
    for released in ["close microphone", SEND_TERMINATE, "close socket"] {
        assert!(lines.iter().any(|line| line == released), "{lines:?}");
    }
}

#[test]
fn the_first_block_stops_the_first_block_timeout() {
    let mut story = Story::listening();
    story.speak(100);
    story.advance(60_000);
    // Later missing blocks do not end the recording.
    assert_eq!(story.state(), "listening");
}
