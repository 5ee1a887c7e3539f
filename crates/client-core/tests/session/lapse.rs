//! Blocks that stop coming in mid-recording: waited for a little, then said.

use std::time::Duration;

use inturn_client_core::session::Input;

use super::story::Story;

#[test]
fn a_microphone_that_falls_silent_for_good_is_said_and_loses_no_word() {
    let mut story = Story::listening();
    story.speak(300);
    story.lines();
    story.wait(6_100);
    let lines = story.lines();
    assert_eq!(
        lines[..3],
        [
            "close microphone",
            "show finishing",
            "show problem MicrophonePaused"
        ]
    );
    story.wait_for_rest();
    assert_eq!(story.ledger.frames.len(), 3);
    assert_eq!(story.problem().as_deref(), Some("MicrophonePaused"));
    story.record();
    story.wait(0);
    assert_eq!(story.state(), "listening");
}

#[test]
fn a_pause_of_some_seconds_ends_nothing() {
    let mut story = Story::listening();
    for _ in 0..5 {
        story.speak(300);
        story.wait(3_900);
    }
    story.speak(300);
    assert_eq!(story.state(), "listening");
    assert_eq!(story.problem(), None);
    assert_eq!(story.ledger.frames.len(), 18);
}

#[test]
fn a_thread_that_stood_still_hears_the_blocks_that_wait_before_it_judges() {
    let mut story = Story::listening();
    story.speak(300);
    for _ in 0..5 {
        // The timer comes first, however late, and the blocks only then.
        story.now = story.now + Duration::from_secs(20);
        story.give(Input::Wake);
        story.speak(300);
    }
    assert_eq!(story.state(), "listening");
    assert_eq!(story.problem(), None);
}

#[test]
fn a_block_sets_no_timer() {
    let mut story = Story::listening();
    story.speak(100);
    let wake = story.recorder.next_wake();
    story.speak(1_800);
    assert_eq!(story.recorder.next_wake(), wake);
}
