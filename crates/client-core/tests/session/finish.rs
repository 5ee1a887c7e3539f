//! From Stop to the last word.

use std::time::Duration;

use inturn_client_core::session::Input;

use super::{
    start::recording_works_again,
    story::{SEND_TERMINATE, Script, Story, TERMINATION, end, partial, token_body, turn},
};

#[test]
fn stop_turns_the_microphone_off_at_once_then_sends_the_tail_then_terminates() {
    let mut story = Story::listening_to(Script {
        audio_end: None,
        termination: None,
        ..Script::default()
    });
    story.speak(200);
    story.handle(Input::Block {
        planar: &[0.25; 1_000],
        channels: 1,
    });
    story.lines();
    story.stop();
    assert_eq!(story.lines(), ["close microphone", "show finishing"]);

    // The rest of the worklet's audio arrives.
    story.handle(Input::Block {
        planar: &[0.25; 700],
        channels: 1,
    });
    assert_eq!(story.lines(), ["audio 3200"]);
    story.handle(Input::AudioEnded);
    assert_eq!(story.lines(), ["audio 1600", SEND_TERMINATE]);

    story.receive(TERMINATION);
    assert_eq!(
        story.lines(),
        ["log session ended after 2 s", "close socket", "show idle"]
    );
    recording_works_again(story);
}

#[test]
fn turns_count_until_termination() {
    let mut story = Story::listening_to(Script {
        termination: None,
        ..Script::default()
    });
    story.speak(300);
    story.receive(&partial(0, "Go forward"));
    story.stop();
    story.advance(3_000);
    story.lines();
    story.receive(&end(0, "Go forward ten meters."));
    assert_eq!(
        story.lines(),
        ["show 1/0 \"Go forward ten meters.|\" final"]
    );
    story.receive(TERMINATION);
    assert_eq!(story.state(), "idle");
    assert_eq!(story.problem(), None);
}

#[test]
fn tentative_text_is_committed_at_termination() {
    let mut story = Story::listening();
    story.speak(300);
    story.receive(&partial(0, "Go forward"));
    story.lines();
    story.stop();
    story.run_until_idle();
    assert!(
        story
            .lines()
            .contains(&"show 1/0 \"Go forward|\" final".to_owned())
    );
    assert_eq!(story.problem(), None);
}

#[test]
fn without_termination_it_ends_five_seconds_after_the_last_message() {
    let mut story = Story::listening_to(Script {
        termination: None,
        ..Script::default()
    });
    story.speak(300);
    story.receive(&partial(0, "Go forward"));
    story.stop();
    story.advance(4_900);
    story.receive(&end(0, "Go forward."));
    story.receive(&partial(1, "ten"));
    story.advance(4_900);
    // Any message counts, even one that cannot be decoded.
    story.receive("?");
    story.advance(4_900);
    assert_eq!(story.state(), "finishing");
    story.lines();

    // The service has heard everything, so it is not sent again.
    story.advance(100);
    assert_eq!(
        story.lines(),
        [
            "probe the network",
            "close socket",
            "show 1/1 \"ten|\" final broken off",
            "show problem EndUnconfirmed",
            "show idle"
        ]
    );
    recording_works_again(story);
}

#[test]
fn heartbeats_do_not_prolong_the_wait_for_the_last_words() {
    let mut story = Story::listening_to(Script {
        termination: None,
        ..Script::default()
    });
    story.speak(300);
    story.receive(&end(0, "Go forward."));
    story.stop();
    for _ in 0..3 {
        story.advance(2_000);
        story.receive(HEARTBEAT);
    }
    assert_eq!(story.state(), "idle");
    assert_eq!(story.problem().as_deref(), Some("EndUnconfirmed"));
}

const HEARTBEAT: &str = r#"{"type":"Heartbeat","total_audio_received_ms":300,
    "total_duration_ms":5000,"realtime_factor":1.0}"#;

#[test]
fn a_service_that_never_answered_hears_the_audio_once_more() {
    let mut story = Story::listening_to(Script {
        termination: None,
        ..Script::default()
    });
    story.speak(300);
    story.stop();
    story.advance(5_000);
    assert_eq!(story.state(), "finishing");
    story.advance(500);
    assert_eq!(story.ledger.frames.len(), 6);
    // Words without a confirmation are better than none.
    story.receive(&turn(0, &[("Go forward ten", 0, 300)], false));
    story.advance(4_900);
    assert_eq!(story.state(), "finishing");
    story.advance(600);
    assert_eq!(story.state(), "idle");
    assert_eq!(story.problem().as_deref(), Some("EndUnconfirmed"));
    assert_eq!(story.entries(), ["Go forward ten"]);
    recording_works_again(story);
}

#[test]
fn after_a_socket_that_closes_without_termination_the_audio_is_sent_again() {
    let mut story = Story::listening_to(Script {
        termination: None,
        ..Script::default()
    });
    story.speak(300);
    story.receive(&partial(0, "Go forward"));
    story.stop();
    story.advance(0);
    story.lines();
    story.close(1000, "");
    assert_eq!(
        story.lines(),
        [
            "log socket closed with 1000: ",
            "show 1/0 \"Go forward|\" final broken off",
            "show finishing: Service"
        ]
    );
    story.advance(500);
    assert_eq!(story.ledger.frames.len(), 6);
    story.receive(&end(0, "Go forward ten meters."));
    story.receive(TERMINATION);
    assert_eq!(story.state(), "idle");
    assert_eq!(story.problem(), None);
    assert_eq!(story.entries(), ["Go forward ten meters."]);
}

#[test]
fn if_all_words_are_settled_nothing_more_is_awaited() {
    let mut story = Story::listening_to(Script {
        termination: None,
        ..Script::default()
    });
    story.speak(300);
    story.stop();
    story.advance(0);
    story.receive(&turn(0, &[("Go", 0, 300)], true));
    story.lines();
    story.close(1006, "");
    assert_eq!(
        story.lines(),
        ["log socket closed with 1006: ", "show idle"]
    );
    assert_eq!(story.problem(), None);
}

#[test]
fn a_second_stop_closes_at_once_and_marks_the_tentative_text() {
    let mut story = Story::listening_to(Script {
        termination: None,
        ..Script::default()
    });
    story.speak(300);
    story.receive(&partial(0, "Go forward"));
    story.stop();
    story.advance(1_000);
    story.lines();
    story.stop();
    assert_eq!(
        story.lines(),
        [
            "show 1/0 \"Go forward|\" final broken off",
            "close socket",
            "show problem CutShort",
            "show idle"
        ]
    );
    recording_works_again(story);
}

#[test]
fn a_second_stop_before_the_tail_is_sent_still_terminates() {
    let mut story = Story::listening_to(Script {
        audio_end: None,
        ..Script::default()
    });
    story.speak(300);
    story.stop();
    story.lines();
    story.stop();
    assert_eq!(
        story.lines(),
        [
            SEND_TERMINATE,
            "close socket",
            "show problem CutShort",
            "show idle"
        ]
    );
}

#[test]
fn stop_before_the_token_still_transcribes_the_audio() {
    let mut story = Story::new(Script {
        token: Some((Duration::from_secs(3), Ok((200, token_body())))),
        begin: Some(Duration::from_secs(3)),
        ..Script::default()
    });
    story.record();
    story.speak(300);
    story.stop();
    assert_eq!(story.state(), "finishing");
    story.advance(5_600);
    story.lines();
    story.advance(100);
    assert_eq!(
        story.lines(),
        [
            "log session s1 began",
            "audio 3200 × 3",
            SEND_TERMINATE,
            "log session ended after 2 s",
            "close socket",
            "show idle"
        ]
    );
    assert_eq!(story.problem(), None);
}

#[test]
fn stop_before_begin_still_transcribes_the_audio() {
    let mut story = Story::new(Script {
        begin: Some(Duration::from_secs(3)),
        ..Script::default()
    });
    story.record();
    story.speak(300);
    story.stop();
    story.run_until_idle();
    assert_eq!(story.ledger.frames.len(), 3);
    assert_eq!(story.problem(), None);
}

#[test]
fn a_failure_after_stop_is_reported_and_the_next_attempt_follows() {
    let mut story = Story::new(Script {
        token: None,
        ..Script::default()
    });
    story.record();
    story.speak(300);
    story.stop();
    story.advance(9_700);
    assert_eq!(story.problem().as_deref(), Some("TokenTimedOut"));
    assert_eq!(story.state(), "finishing");
    story.script = Script::default();
    story.run_until_idle();
    assert!(story.lines().contains(&"resolved TokenTimedOut".to_owned()));
    assert_eq!(story.ledger.frames.len(), 3);
}

#[test]
fn stop_with_nothing_captured_opens_no_socket() {
    let mut story = Story::new(Script {
        token: Some((Duration::from_secs(1), Ok((200, token_body())))),
        ..Script::default()
    });
    story.record();
    story.advance(0);
    story.lines();
    story.stop();
    story.advance(0);
    assert_eq!(
        story.lines(),
        ["close microphone", "show finishing", "show idle"]
    );
    story.advance(20_000);
    assert!(story.lines().is_empty());
    recording_works_again(story);
}

#[test]
fn stop_with_nothing_captured_closes_a_socket_without_begin() {
    let mut story = Story::new(Script {
        begin: None,
        ..Script::default()
    });
    story.record();
    story.advance(0);
    story.lines();
    story.stop();
    story.advance(0);
    assert_eq!(
        story.lines(),
        [
            "close microphone",
            "show finishing",
            SEND_TERMINATE,
            "close socket",
            "show idle"
        ]
    );
}

#[test]
fn the_wait_for_the_worklets_end_is_one_second() {
    let mut story = Story::listening_to(Script {
        audio_end: None,
        ..Script::default()
    });
    story.speak(200);
    story.handle(Input::Block {
        planar: &[0.25; 900],
        channels: 1,
    });
    story.stop();
    story.advance(999);
    story.lines();
    story.advance(1);
    assert_eq!(story.lines()[..2], ["audio 1800", SEND_TERMINATE]);

    // A later block is ignored.
    story.handle(Input::Block {
        planar: &[0.25; 3_200],
        channels: 1,
    });
    story.run_until_idle();
    assert_eq!(story.ledger.frames.len(), 3);
}
