//! Blocks that stop during a recording: what is missing is a gap, and what was late is not.

use std::time::Duration;

use inturn_client_core::session::{Hold, Input};

use super::story::{RATE_HZ, Story};

#[test]
fn a_stall_is_shown_and_its_length_is_a_gap() {
    let mut story = Story::listening();
    story.speak(300);
    story.events();
    story.advance(1_500);
    assert_eq!(story.events(), ["sound Stalled"]);
    story.advance(1_500);
    story.speak(1_000);
    // The first block comes 3.1 s after the last one.
    assert_eq!(
        story.events()[..2],
        ["sound Arriving".to_owned(), "show gap 300-3400".to_owned()]
    );
    assert_eq!(story.problem(), None);
    // The silence in place of the stall, of which 2 s are sent, and 1 s of sound.
    story.stop();
    story.run_until_idle();
    assert_eq!(story.recorder.recording().captured().ms(), 4_400);
}

#[test]
fn a_microphone_that_delivers_nothing_after_a_pause_is_shown() {
    let mut story = Story::listening();
    story.speak(300);
    story.handle(Input::Pause);
    story.advance(2_000);
    story.handle(Input::Resume);
    story.advance(0);
    story.events();
    story.advance(1_400);
    assert_eq!(story.events(), [""; 0]);
    story.advance(100);
    assert_eq!(story.events(), ["sound Stalled"]);
    story.speak(100);
    assert_eq!(
        story.events().last().map(String::as_str),
        Some("sound Arriving")
    );
}

#[test]
fn a_machine_that_slept_before_the_first_block_records() {
    let mut story = Story::listening();
    for _ in 0..3 {
        story.now = story.now + Duration::from_secs(60);
        story.handle(Input::Wake);
    }
    story.speak(300);
    assert_eq!(story.state(), "listening");
    assert_eq!(story.problem(), None);
}

#[test]
fn a_stall_of_less_than_a_second_leaves_no_gap() {
    for (ms, gaps) in [(600, 0), (950, 0), (1_100, 1)] {
        let mut story = Story::listening();
        story.speak(300);
        story.advance(ms - 100);
        story.speak(1_000);
        assert_eq!(story.entries().len(), gaps, "{ms} ms");
    }
}

#[test]
fn late_blocks_are_not_missing() {
    let mut story = Story::listening();
    story.speak(300);
    story.advance(3_000);
    let block = [0.25; RATE_HZ as usize / 10];
    for _ in 0..30 {
        let planar = &block;
        story.handle(Input::Block {
            planar,
            channels: 1,
        });
    }
    story.speak(1_000);
    let lines = story.events();
    assert!(!lines.iter().any(|line| line.contains("gap")), "{lines:?}");
    assert_eq!(story.recorder.recording().captured().ms(), 4_300);
    story.stop();
    story.run_until_idle();
    assert_eq!(story.ledger.frames.len(), 43);
}

#[test]
fn late_blocks_are_sent_before_the_end() {
    let mut story = Story::listening();
    story.speak(300);
    story.advance(3_000);
    story.speak(100);
    story.stop();
    story.run_until_idle();
    assert_eq!(story.recorder.recording().captured().ms(), 3_400);
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
    let lines = story.events();
    assert!(!lines.iter().any(|line| line.contains("open microphone")));
    assert_eq!(story.state(), "listening");
    assert_eq!(story.problem(), None);
}

#[test]
fn a_machine_that_slept_leaves_a_gap_of_that_length_and_little_silence() {
    let mut story = Story::listening();
    story.speak(300);
    story.events();
    story.now = story.now + Duration::from_secs(600);
    story.speak(1_000);
    assert_eq!(story.events(), ["show gap 300-600400"]);
    assert_eq!(story.recorder.recording().captured().ms(), 601_400);
    // 0.3 s and 1 s of sound, and between them about 2 s of silence.
    story.advance(3_000);
    assert!(story.ledger.frames.len() < 36);
    assert!(story.recorder.kept_audio() < Duration::from_secs(4));
}

#[test]
fn without_blocks_the_microphone_is_opened_again() {
    let mut story = Story::listening();
    story.script.microphone = None;
    story.speak(300);
    story.events();
    story.advance(4_600);
    assert_eq!(
        story.events(),
        [
            "sound Stalled",
            "interrupted by MicrophonePaused",
            "show gap 300-4600",
            "open microphone Lost",
            "sound missing",
        ]
    );
    assert_eq!(story.state(), "listening");
}

#[test]
fn a_microphone_that_the_system_holds_is_waited_for() {
    let mut story = Story::listening();
    story.speak(300);
    story.events();
    story.handle(Input::MicrophoneHeld(Some(Hold::Interrupted)));
    assert_eq!(story.events(), ["sound Held(Interrupted)"]);
    story.advance(20_000);
    let lines = story.events();
    let is_gap = |line: &String| line.starts_with("show gap 300-");
    assert!(lines.iter().all(is_gap), "{lines:?}");
    // Silence keeps the session's clock.
    assert!(story.ledger.frames.len() > 170);
    story.handle(Input::MicrophoneHeld(None));
    story.speak(300);
    let lines = story.events();
    assert_eq!(lines[..2], ["sound Stalled", "show gap 300-20400"]);
    assert_eq!(lines.last().map(String::as_str), Some("sound Arriving"));
}

#[test]
fn a_block_sets_no_timer() {
    let mut story = Story::listening();
    story.speak(100);
    for _ in 0..4 {
        story.advance(100);
        let wake = story.recorder.next_wake();
        story.handle(Input::Block {
            planar: &[0.25; RATE_HZ as usize / 10],
            channels: 1,
        });
        assert_eq!(story.recorder.next_wake(), wake);
    }
}
