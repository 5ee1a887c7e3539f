//! Leaving the page: the rest of the audio is sent at once, and the session ends.

use std::time::Duration;

use inturn_client_core::session::Input;

use super::story::{SEND_TERMINATE, Script, Story, partial};

#[test]
fn leaving_sends_the_tail_and_terminates() {
    let mut story = Story::listening();
    story.speak(200);
    story.handle(Input::Block {
        planar: &[0.25; 900],
        channels: 1,
    });
    story.receive(&partial(0, "Go"));
    story.lines();
    story.handle(Input::Leave);
    assert_eq!(
        story.lines(),
        [
            "close microphone",
            "audio 1800",
            "show 1/0 \"Go|\" final broken off",
            SEND_TERMINATE,
            "close socket",
            "show idle"
        ]
    );
}

#[test]
fn leaving_ignores_pacing() {
    let mut story = Story::new(Script {
        begin: Some(Duration::from_secs(8)),
        ..Script::default()
    });
    story.record();
    story.speak(8_000);
    story.handle(Input::Leave);
    assert_eq!(story.ledger.frames.len(), 80);
    assert_eq!(story.ledger.terminated, 1);
}

#[test]
fn leaving_after_stop_ends_the_session_that_was_still_sending() {
    let mut story = Story::listening_to(Script {
        audio_end: None,
        ..Script::default()
    });
    story.speak(200);
    story.stop();
    story.lines();
    story.handle(Input::Leave);
    assert_eq!(story.lines(), [SEND_TERMINATE, "close socket", "show idle"]);
}

#[test]
fn leaving_while_the_last_words_are_awaited_closes_the_socket() {
    let mut story = Story::listening_to(Script {
        termination: None,
        ..Script::default()
    });
    story.speak(200);
    story.stop();
    story.advance(0);
    story.lines();
    story.handle(Input::Leave);
    assert_eq!(story.lines(), ["close socket", "show idle"]);
}

#[test]
fn leaving_before_begin_releases_all_resources() {
    let prompt = Script {
        microphone: None,
        ..Script::default()
    };
    let no_token = Script {
        token: None,
        ..Script::default()
    };
    let no_begin = Script {
        begin: None,
        ..Script::default()
    };
    for script in [prompt, no_token, no_begin] {
        let mut story = Story::new(script);
        story.record();
        story.advance(0);
        story.handle(Input::Leave);
        assert_eq!(story.state(), "idle");
        assert_eq!(story.ledger.microphones.closed, 1);
        assert_eq!(story.ledger.sockets.closed, story.ledger.sockets.opened);
        assert_eq!(story.ledger.terminated, story.ledger.sockets.opened);
    }
}

#[test]
fn leaving_an_idle_page_does_nothing() {
    let mut story = Story::new(Script::default());
    story.handle(Input::Leave);
    assert!(story.log.is_empty());
}
