//! What no session could transcribe is a gap with its times.

use std::time::Duration;

use inturn_client_core::{
    problem::TokenFailure,
    session::{FINISH_TIMEOUT, Input, MAX_KEPT_AUDIO},
};

use super::{
    start::recording_works_again,
    story::{Answer, RATE_HZ, Script, Story, turn},
};

const BAD_KEY: (u16, &str) = (1008, "Unauthorized Connection: Invalid API key");

fn unreachable() -> Option<(Duration, Answer)> {
    Some((Duration::ZERO, Err(TokenFailure::Unreachable)))
}

/// Plays 3 s with settled words, 3 s of a turn, of which the service reports a second, and a close.
fn dropped() -> Story {
    let mut story = Story::listening();
    story.speak(6_000);
    story.receive(&turn(0, &[("One.", 2_000, 3_000)], true));
    story.receive(&turn(1, &[("Two", 3_200, 4_000)], false));
    story.script.token = unreachable();
    story.close(1006, "");
    story
}

#[test]
fn stop_without_network_gives_up_after_ten_minutes() {
    let mut story = dropped();
    story.speak(1_000);
    story.stop();
    story.advance(FINISH_TIMEOUT.as_millis() as u64 - 1);
    assert_eq!(story.state(), "finishing");
    story.advance(1);
    assert_eq!(story.state(), "idle");
    assert_eq!(story.problem().as_deref(), Some("TokenUnreachable"));
    assert_eq!(story.entries(), ["One.", "Two", "gap 4000-7000"]);
    recording_works_again(story);
}

#[test]
fn stop_during_a_long_rate_limit_gives_up_after_ten_minutes() {
    let mut story = Story::listening();
    story.speak(1_000);
    let body = r#"{"error":"No.","code":"limit_reached","retry_after_seconds":86400}"#;
    story.script.token = Some((Duration::ZERO, Ok((429, body.to_owned()))));
    story.close(1006, "");
    story.speak(500);
    story.stop();
    story.advance(FINISH_TIMEOUT.as_millis() as u64);
    assert_eq!(story.state(), "idle");
    assert_eq!(story.entries(), ["gap 0-1500"]);
}

#[test]
fn a_service_that_accepts_sessions_and_drops_them_is_given_up_after_stop() {
    let mut story = dropped();
    story.script = Script::default();
    story.script.begin = None;
    story.stop();
    let since = story.now;
    while story.state() != "idle" {
        story.advance(100);
        if !story.open_sockets().is_empty() {
            story.receive(super::story::BEGIN);
            story.close(1011, "");
        }
        assert!(story.now.since(since) <= FINISH_TIMEOUT + Duration::from_secs(1));
    }
    assert_eq!(story.problem().as_deref(), Some("ServiceFault"));
}

#[test]
fn a_second_stop_marks_what_no_session_has_heard() {
    let mut story = dropped();
    story.speak(2_000);
    story.stop();
    story.stop();
    assert_eq!(story.problem().as_deref(), Some("CutShort"));
    assert_eq!(story.entries(), ["One.", "Two", "gap 4000-8000"]);
}

#[test]
fn leaving_marks_what_no_session_has_heard() {
    let mut story = dropped();
    story.speak(2_000);
    story.handle(Input::Leave);
    assert_eq!(story.entries(), ["One.", "Two", "gap 4000-8000"]);
}

#[test]
fn a_hopeless_failure_after_a_loss_marks_it_too() {
    let mut story = dropped();
    story.script = Script::default();
    story.speak(500);
    story.close(BAD_KEY.0, BAD_KEY.1);
    assert_eq!(story.state(), "idle");
    // The second session has not replaced "Two".
    assert_eq!(story.entries(), ["One.", "Two", "gap 4000-6500"]);
    recording_works_again(story);
}

#[test]
fn silence_is_no_gap() {
    let mut story = Story::listening();
    story.speak(3_000);
    story.receive(&turn(0, &[("One.", 2_000, 3_000)], true));
    story.script.token = unreachable();
    story.close(1006, "");
    story.capture(0.0, 5_000);
    story.stop();
    story.advance(0);
    assert_eq!(story.state(), "idle");
    assert_eq!(story.entries(), ["One."]);
    assert_eq!(story.problem(), None);
}

#[test]
fn the_oldest_audio_becomes_a_gap_when_too_much_is_kept() {
    let mut story = dropped();
    let second = [0.25; RATE_HZ as usize];
    let secs = MAX_KEPT_AUDIO.as_secs() + 60;
    for _ in 0..secs {
        story.advance(1_000);
        story.handle(Input::Block {
            planar: &second,
            channels: 1,
        });
    }
    assert_eq!(story.state(), "reconnecting");
    // 6 s before the loss and a minute after it, without what has words.
    let entries = story.entries();
    assert_eq!(entries[..1], ["One."]);
    assert_eq!(entries.last().map(String::as_str), Some("gap 4000-66000"));
    let kept = story.recorder.kept_audio();
    assert!(kept <= MAX_KEPT_AUDIO, "{kept:?}");
}

#[test]
fn a_lost_part_leaves_a_pause_out() {
    let mut story = dropped();
    story.handle(Input::Pause);
    story.advance(4_000);
    story.handle(Input::Resume);
    story.speak(2_000);
    story.stop();
    story.stop();
    let gaps = ["gap 4000-6000", "gap 6000-10100", "gap 10100-12100"];
    assert_eq!(story.entries(), [&["One.", "Two"][..], &gaps].concat());
}

#[test]
fn sessions_that_are_lost_at_the_end_are_replaced_while_they_settle_words() {
    let mut story = Story::listening_to(Script {
        termination: None,
        ..Script::default()
    });
    story.speak(5_000);
    story.stop();
    for (session, word) in (1..).zip(["One.", "Two.", "Three."]) {
        while story.ledger.terminated < session {
            assert_eq!(story.state(), "finishing");
            story.advance(100);
        }
        // Each session hears the last word of the one before it again, which ends after 1 s.
        let start = if word == "One." { 0 } else { 1_000 };
        story.receive(&turn(0, &[(word, start, start + 1_000)], true));
        story.close(1011, "");
    }
    story.script = Script::default();
    story.run_until_idle();
    assert_eq!(story.entries(), ["One.", "Two.", "Three."]);
    assert_eq!(story.problem(), None);
}
