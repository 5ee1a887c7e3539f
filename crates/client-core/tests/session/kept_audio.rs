//! Audio is kept until the service has settled its words, and a second more.

use std::time::Duration;

use super::story::{Story, turn};

/// Returns a turn whose only word ends at `end_ms`.
fn nine(end_ms: u32, has_ended: bool) -> String {
    turn(0, &[("Nine", 0, end_ms)], has_ended)
}

fn kept_ms(story: &Story) -> u128 {
    story.recorder.kept_audio().as_millis()
}

#[test]
fn sent_audio_is_kept_until_a_later_final_word() {
    let mut story = Story::listening();
    story.speak(5_000);
    assert_eq!(story.ledger.frames.len(), 50);
    assert_eq!(kept_ms(&story), 5_000);
    // A partial may still change.
    story.receive(&nine(3_000, false));
    assert_eq!(kept_ms(&story), 5_000);
    // A second before the end of the word is kept, for the next session.
    story.receive(&nine(3_000, true));
    assert_eq!(kept_ms(&story), 3_000);
}

#[test]
fn a_time_beyond_the_sent_audio_settles_only_sent_audio() {
    let mut story = Story::listening();
    story.speak(2_000);
    story.receive(&nine(4_000_000_000, true));
    assert_eq!(kept_ms(&story), 1_000);
    story.speak(1_000);
    assert_eq!(kept_ms(&story), 2_000);
    assert_eq!(story.ledger.frames.len(), 30);
}

#[test]
fn an_idle_recorder_keeps_no_audio() {
    let mut story = Story::listening();
    story.speak(1_000);
    story.stop();
    story.run_until_idle();
    assert_eq!(story.recorder.kept_audio(), Duration::ZERO);
}
