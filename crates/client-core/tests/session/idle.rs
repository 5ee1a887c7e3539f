//! A recording without words ends by itself, after a countdown.

use std::time::Duration;

use inturn_client_core::{
    problem::TokenFailure,
    session::{Effect, Event, IDLE_COUNTDOWN, Input},
};

use super::story::{SEND_TERMINATE, Script, Story, TERMINATION, end, partial, turn};

/// Seconds without words until the countdown.
const LIMIT: u64 = 40;
const LIMIT_MS: u64 = LIMIT * 1_000;
const OVER: &str = "does not end by itself";
const STOPPED: &str = "show problem IdleStopped { limit_secs: 40 }";

/// Starts a recording that is ended when it is forgotten.
fn watched(script: Script) -> Story {
    let mut story = Story::new(script);
    story.recorder.set_idle_secs(LIMIT as u32);
    story.record();
    story.advance(0);
    assert_eq!(story.state(), "listening");
    story.lines();
    story
}

/// Returns what was shown of the countdown since the last call.
fn countdown(story: &mut Story) -> Vec<String> {
    let mut lines = story.lines();
    lines.retain(|line| line.starts_with("ends in") || line == OVER || line == STOPPED);
    lines
}

fn ends_in(secs: impl DoubleEndedIterator<Item = u64>) -> Vec<String> {
    secs.rev().map(|secs| format!("ends in {secs}")).collect()
}

#[test]
fn without_words_the_countdown_starts_and_then_the_recording_stops() {
    let mut story = watched(Script {
        termination: None,
        ..Script::default()
    });
    story.speak(LIMIT_MS - 100);
    assert_eq!(countdown(&mut story), [""; 0]);
    story.speak(100);
    assert_eq!(countdown(&mut story), ends_in(60..=60));
    story.speak(59_900);
    assert_eq!(countdown(&mut story), ends_in(1..60));
    assert_eq!(story.state(), "listening");
    story.speak(100);
    let mut lines = story.lines();
    lines.retain(|line| !line.starts_with("audio"));
    assert_eq!(lines, ["close microphone", "show finishing", STOPPED, OVER]);
    let sent_ms = story.ledger.all_sockets[0].bytes as u64 / 32;
    assert_eq!(sent_ms, LIMIT_MS + 60_000);
    // The last words are awaited, as after Stop.
    story.advance(100);
    assert_eq!(story.lines(), [SEND_TERMINATE]);
    story.receive(&end(0, "Anyone here?"));
    story.receive(TERMINATION);
    assert_eq!(story.state(), "idle");
    assert_eq!(story.entries(), ["Anyone here?"]);
    assert_eq!(
        story.problem().as_deref(),
        Some("IdleStopped { limit_secs: 40 }")
    );
    // Record goes on.
    story.record();
    story.advance(0);
    assert_eq!(story.state(), "listening");
    assert_eq!(countdown(&mut story), [""; 0]);
}

#[test]
fn zero_is_never_sent() {
    let mut story = watched(Script::default());
    story.speak(LIMIT_MS + 90_000);
    story.run_until_idle();
    let zero = Effect::Event(Event::IdleCountdown(Some(0)));
    assert!(story.log.iter().all(|(_, effect)| *effect != zero));
}

#[test]
fn the_countdown_takes_a_minute() {
    assert_eq!(IDLE_COUNTDOWN.as_secs(), 60);
}

#[test]
fn each_change_of_a_turn_starts_the_time_anew() {
    let mut story = watched(Script::default());
    let changes = [
        partial(0, "Good"),
        partial(0, "Good morning"),
        turn(0, &[("Good", 0, 300), ("morning.", 400, 900)], true),
        partial(1, "So"),
    ];
    for change in changes {
        story.speak(LIMIT_MS - 100);
        story.receive(&change);
    }
    story.speak(LIMIT_MS - 100);
    assert_eq!(countdown(&mut story), [""; 0]);
    story.speak(100);
    assert_eq!(countdown(&mut story), ["ends in 60"]);
}

#[test]
fn a_message_without_a_change_does_not_count_as_words() {
    let mut story = watched(Script::default());
    story.receive(&partial(0, "Good"));
    story.speak(LIMIT_MS - 100);
    story.receive(&partial(0, "Good"));
    story.receive(&partial(1, ""));
    story.receive(r#"{"type":"Heartbeat","total_audio_received_ms":1000}"#);
    story.speak(100);
    assert_eq!(countdown(&mut story), ["ends in 60"]);
}

#[test]
fn words_end_the_countdown() {
    let mut story = watched(Script::default());
    story.speak(LIMIT_MS + 2_000);
    assert_eq!(countdown(&mut story), ends_in(58..=60));
    story.receive(&partial(0, "So"));
    assert_eq!(countdown(&mut story), [OVER]);
    story.speak(LIMIT_MS - 100);
    assert_eq!(countdown(&mut story), [""; 0]);
    story.speak(100);
    assert_eq!(countdown(&mut story), ["ends in 60"]);
}

#[test]
fn a_click_ends_the_countdown_and_starts_the_time_anew() {
    let mut story = watched(Script::default());
    story.speak(LIMIT_MS + 59_000);
    countdown(&mut story);
    story.handle(Input::KeepRecording);
    assert_eq!(countdown(&mut story), [OVER]);
    story.speak(LIMIT_MS - 100);
    assert_eq!(countdown(&mut story), [""; 0]);
    story.speak(100);
    assert_eq!(countdown(&mut story), ["ends in 60"]);
    assert_eq!(story.ledger.sockets.opened, 1);
}

#[test]
fn the_time_without_a_session_does_not_count() {
    let mut story = watched(Script::default());
    story.speak(LIMIT_MS + 1_000);
    assert_eq!(countdown(&mut story), ["ends in 60", "ends in 59"]);
    story.script.token = Some((Duration::ZERO, Err(TokenFailure::Unreachable)));
    story.close(1006, "");
    assert_eq!(countdown(&mut story), [OVER]);
    story.speak(LIMIT_MS + 120_000);
    assert_eq!(countdown(&mut story), [""; 0]);
    assert_eq!(story.state(), "reconnecting");
    // It goes on where it was.
    story.script = Script::default();
    story.handle(Input::Online);
    story.advance(0);
    assert_eq!(countdown(&mut story), ["ends in 59"]);
    story.speak(1_000);
    assert_eq!(countdown(&mut story), ["ends in 58"]);
}

#[test]
fn the_time_before_the_first_session_does_not_count() {
    let mut story = Story::new(Script {
        begin: None,
        ..Script::default()
    });
    story.recorder.set_idle_secs(5);
    story.record();
    story.advance(0);
    story.speak(9_000);
    assert_eq!(story.state(), "starting");
    assert_eq!(countdown(&mut story), [""; 0]);
}

#[test]
fn time_without_audio_does_not_count() {
    let mut story = watched(Script::default());
    for _ in 0..LIMIT {
        story.advance(3_000);
        story.speak(100);
    }
    assert_eq!(countdown(&mut story), [""; 0]);
}

#[test]
fn every_end_of_the_recording_ends_the_countdown() {
    for input in [Input::Stop, Input::Leave, Input::Pause] {
        let mut story = watched(Script::default());
        story.speak(LIMIT_MS);
        assert_eq!(countdown(&mut story), ["ends in 60"]);
        story.handle(input);
        assert_eq!(countdown(&mut story), [OVER]);
        story.stop_if_paused();
        story.run_until_idle();
        assert_eq!(countdown(&mut story), [""; 0]);
    }
}

#[test]
fn it_can_be_turned_off() {
    let mut story = Story::listening();
    story.speak(20 * 60_000);
    assert_eq!(countdown(&mut story), [""; 0]);
    assert_eq!(story.state(), "listening");
}

#[test]
fn a_click_without_a_recording_does_nothing() {
    let mut story = Story::new(Script::default());
    story.handle(Input::KeepRecording);
    assert_eq!(story.lines(), [""; 0]);
}
