//! The browser reports that there is no network.

use std::time::Duration;

use inturn_client_core::{problem::TokenFailure, session::Input};

use super::story::{SEND_TERMINATE, Script, Story, TERMINATION, turn};

/// Takes the network away: requests fail from now on.
fn go_offline(story: &mut Story) {
    story.script.token = Some((Duration::ZERO, Err(TokenFailure::Unreachable)));
    story.handle(Input::Offline);
}

fn go_online(story: &mut Story) {
    story.script = Script::default();
    story.handle(Input::Online);
}

#[test]
fn a_recording_without_network_keeps_its_audio_and_goes_on_when_it_is_back() {
    let mut story = Story::listening();
    story.speak(2_000);
    story.receive(&turn(0, &[("One.", 0, 2_000)], true));
    story.lines();
    go_offline(&mut story);
    let lines = story.lines();
    assert_eq!(lines[..2], [SEND_TERMINATE, "close socket"]);
    let last = lines.last().map(String::as_str);
    assert_eq!(last, Some("show reconnecting: Offline"));
    story.speak(6_000);
    assert_eq!(story.problem().as_deref(), Some("TokenUnreachable"));
    story.lines();
    go_online(&mut story);
    story.speak(40_000);
    assert!(
        story
            .lines()
            .contains(&"resolved TokenUnreachable".to_owned())
    );
    // The second session heard everything from a second before the end of the first word on.
    assert_eq!(story.ledger.all_sockets[1].bytes / 32, 47_000);
    story.receive(&turn(0, &[("Two.", 1_200, 1_700)], true));
    assert_eq!(story.entries(), ["One.", "Two."]);
}

#[test]
fn a_first_session_without_network_is_opened_later() {
    let mut story = Story::new(Script {
        token: None,
        ..Script::default()
    });
    story.record();
    story.speak(500);
    go_offline(&mut story);
    story.speak(5_000);
    assert_eq!(story.state(), "reconnecting");
    go_online(&mut story);
    story.speak(30_000);
    assert_eq!(story.state(), "listening");
    assert_eq!(story.ledger.frames.len(), 355);
}

#[test]
fn stop_without_network_still_transcribes_the_audio_when_it_is_back() {
    let mut story = Story::listening();
    story.speak(2_000);
    go_offline(&mut story);
    story.speak(3_000);
    story.lines();
    story.stop();
    assert_eq!(
        story.lines(),
        ["close microphone", "show finishing: Offline"]
    );
    story.advance(300_000);
    assert_eq!(story.state(), "finishing");
    go_online(&mut story);
    story.run_until_idle();
    assert_eq!(story.entries(), [""; 0]);
    assert_eq!(story.ledger.all_sockets[1].bytes / 32, 5_000);
}

#[test]
fn a_session_that_has_heard_the_end_may_still_answer() {
    let mut story = Story::listening_to(Script {
        termination: None,
        ..Script::default()
    });
    story.speak(1_000);
    story.stop();
    story.advance(0);
    story.lines();
    go_offline(&mut story);
    assert!(story.lines().is_empty());
    story.receive(&turn(0, &[("One.", 0, 1_000)], true));
    story.receive(TERMINATION);
    assert_eq!(story.entries(), ["One."]);
    assert_eq!(story.state(), "idle");
    assert_eq!(story.problem(), None);
}
