//! Pause and resume: sessions end, the recording does not.

use inturn_client_core::{problem::MicrophoneFailure, session::Input};

use super::{
    start::recording_works_again,
    story::{Script, Story, TERMINATION, end},
};

fn paused() -> Story {
    let mut story = Story::listening();
    story.speak(300);
    story.lines();
    story.handle(Input::Pause);
    story
}

#[test]
fn a_pause_turns_the_microphone_off_and_ends_the_session() {
    let mut story = paused();
    story.advance(2_000);
    let lines = story.lines();
    assert_eq!(lines[..2], ["close microphone", "show paused"]);
    assert_eq!(story.ledger.terminated, 1);
    assert!(story.ledger.all_sockets.iter().all(|it| !it.is_open));
    assert!(!story.ledger.microphones.is_open());
    assert_eq!(story.recorder.next_wake(), None);
    assert_eq!(story.ledger.counted.len(), 1, "the lease is kept");
}

#[test]
fn the_last_words_before_a_pause_arrive() {
    let mut story = Story::listening_to(Script {
        termination: None,
        ..Script::default()
    });
    story.speak(1_000);
    story.handle(Input::Pause);
    story.advance(200);
    story.lines();
    story.receive(&end(0, "Go forward."));
    assert_eq!(story.lines(), ["show 1/0 \"Go forward.|\" final"]);
}

#[test]
fn a_resumed_recording_goes_on_in_another_session_after_a_gap() {
    let mut story = paused();
    story.advance(9_900);
    story.lines();
    story.handle(Input::Resume);
    assert_eq!(story.lines(), ["open microphone"]);
    story.speak(100);
    let lines = story.lines();
    assert!(
        lines.contains(&"show gap 300-10300".to_owned()),
        "{lines:?}"
    );
    assert!(lines.contains(&"show listening".to_owned()), "{lines:?}");
    story.speak(1_000);
    story.stop();
    story.run_until_idle();
    assert_eq!(story.ledger.all_sockets.len(), 2);
    assert_eq!(story.ledger.terminated, 2);
    assert_eq!(story.problem(), None);
    recording_works_again(story);
}

#[test]
fn words_of_both_sessions_are_in_order_although_the_first_ends_late() {
    let mut story = Story::listening_to(Script {
        termination: None,
        ..Script::default()
    });
    story.speak(1_000);
    let first = story.socket;
    story.handle(Input::Pause);
    story.advance(200);
    story.handle(Input::Resume);
    story.speak(1_000);
    story.receive(&end(0, "Come back."));
    story.receive_on(first, &end(0, "Go forward."));
    story.receive_on(first, TERMINATION);
    let turns: Vec<_> = story.transcript.turns().map(|it| it.text()).collect();
    assert_eq!(turns, ["Go forward.", "Come back."]);
}

#[test]
fn a_stop_ends_a_paused_recording() {
    let mut story = paused();
    story.advance(2_000);
    story.lines();
    story.stop();
    assert_eq!(story.lines(), ["show idle"]);
    recording_works_again(story);
}

#[test]
fn a_refused_microphone_leaves_the_recording_paused() {
    let mut story = paused();
    story.advance(2_000);
    story.script.microphone = Some(Err(MicrophoneFailure::Denied));
    story.handle(Input::Resume);
    story.advance(0);
    assert_eq!(story.state(), "paused");
    assert_eq!(story.problem().as_deref(), Some("MicrophoneDenied"));
    story.script.microphone = Some(Ok(super::story::RATE_HZ));
    story.handle(Input::Resume);
    story.advance(0);
    assert_eq!(story.state(), "listening");
}

#[test]
fn a_pause_in_an_outage_waits_for_the_words_before_it() {
    let mut story = Story::listening();
    story.speak(2_000);
    story.script.token = None;
    story.close(1006, "");
    story.handle(Input::Pause);
    story.advance(30 * 60_000);
    assert_eq!(story.state(), "paused");
    story.script.token = Script::default().token;
    let sent = story.ledger.frames.len();
    story.advance(60_000);
    assert!(story.ledger.frames.len() >= sent + 20);
    assert!(story.ledger.all_sockets.iter().all(|it| !it.is_open));
    assert_eq!(story.state(), "paused");
}

#[test]
fn pauses_are_not_doubled_and_need_a_recording() {
    let mut story = Story::new(Script::default());
    story.handle(Input::Pause);
    story.handle(Input::Resume);
    assert_eq!(story.lines(), [""; 0]);
    let mut story = paused();
    story.handle(Input::Pause);
    story.handle(Input::Resume);
    story.handle(Input::Resume);
    story.advance(100);
    assert_eq!(story.ledger.microphones.opened, 2);
}

/// Pauses after 2 s of sound, and loses the sessions that follow after `Terminate`.
fn paused_without_last_words() -> Story {
    let mut story = Story::listening_to(Script {
        termination: None,
        ..Script::default()
    });
    story.speak(2_000);
    story.handle(Input::Pause);
    for session in 1..=2 {
        while story.ledger.terminated < session {
            story.advance(100);
        }
        story.close(1011, "");
    }
    assert_eq!(story.state(), "paused");
    story.script = Script::default();
    story.lines();
    story
}

#[test]
fn a_pause_waits_minutes_after_several_sessions_without_last_words() {
    let mut story = paused_without_last_words();
    story.advance(290_000);
    assert_eq!(story.ledger.sockets.opened, 2);
    story.advance(15_000);
    assert_eq!(story.ledger.sockets.opened, 3);
    assert!(story.open_sockets().is_empty());
    assert_eq!(story.entries(), [""; 0]);
    assert_eq!(story.recorder.next_wake(), None);
}

#[test]
fn a_stop_after_a_pause_without_last_words_asks_for_them_at_once() {
    let mut story = paused_without_last_words();
    story.stop();
    story.advance(3_000);
    assert_eq!(story.ledger.sockets.opened, 3);
    assert_eq!(story.state(), "idle");
    assert_eq!(story.entries(), [""; 0]);
}
