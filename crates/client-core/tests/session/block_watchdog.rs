//! Blocks that stop during a recording are a problem after a few seconds.

use std::time::Duration;

use inturn_client_core::session::Input;

use super::story::{RATE_HZ, Story};

#[test]
fn a_microphone_without_blocks_is_a_problem_and_loses_no_word() {
    let mut story = Story::listening();
    story.speak(300);
    story.lines();
    story.advance(6_100);
    let lines = story.lines();
    assert_eq!(
        lines[..3],
        [
            "close microphone",
            "show finishing",
            "show problem MicrophonePaused"
        ]
    );
    story.run_until_idle();
    assert_eq!(story.ledger.frames.len(), 3);
    assert_eq!(story.problem().as_deref(), Some("MicrophonePaused"));
    story.record();
    story.advance(0);
    assert_eq!(story.state(), "listening");
}

#[test]
fn a_pause_of_some_seconds_is_tolerated() {
    let mut story = Story::listening();
    for _ in 0..5 {
        story.speak(300);
        story.advance(3_900);
    }
    story.speak(300);
    assert_eq!(story.state(), "listening");
    assert_eq!(story.problem(), None);
    assert_eq!(story.ledger.frames.len(), 18);
}

#[test]
fn a_stalled_thread_handles_waiting_blocks_before_it_reports_a_problem() {
    let mut story = Story::listening();
    story.speak(300);
    for _ in 0..5 {
        // The late timer fires first, and then the blocks arrive.
        story.now = story.now + Duration::from_secs(20);
        story.handle(Input::Wake);
        story.speak(300);
    }
    assert_eq!(story.state(), "listening");
    assert_eq!(story.problem(), None);
}

#[test]
fn a_block_sets_no_timer() {
    let mut story = Story::listening();
    story.speak(100);
    for _ in 0..18 {
        story.advance(100);
        let wake = story.recorder.next_wake();
        story.handle(Input::Block {
            planar: &[0.25; RATE_HZ as usize / 10],
            channels: 1,
        });
        assert_eq!(story.recorder.next_wake(), wake);
    }
}
