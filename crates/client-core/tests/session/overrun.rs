//! Audio that the system has dropped: its time counts, and a long part is a gap.

use inturn_client_core::session::Input;

use super::story::{RATE_HZ, Story};

/// Frames of this many milliseconds.
fn frames(ms: u64) -> u64 {
    u64::from(RATE_HZ) * ms / 1_000
}

#[test]
fn dropped_audio_keeps_its_time_and_a_long_part_is_a_gap() {
    for (ms, gap) in [
        (300, None),
        (1_200, Some("show gap 500-1700")),
        (600_000, Some("show gap 500-600500")),
    ] {
        let mut story = Story::listening();
        story.speak(500);
        story.events();
        let frames = frames(ms);
        story.handle(Input::Overrun { frames });
        assert_eq!(story.events(), Vec::from_iter(gap), "{ms} ms");
        story.speak(500);
        let captured = story.recorder.recording().captured().ms();
        assert_eq!(u64::from(captured), 1_000 + ms);
        story.stop();
        story.run_until_idle();
        assert_eq!(story.problem(), None);
    }
}

#[test]
fn what_was_dropped_during_a_stall_is_counted_once() {
    let captured = |frames| {
        let mut story = Story::listening();
        story.speak(300);
        story.advance(2_000);
        if let Some(frames) = frames {
            story.handle(Input::Overrun { frames });
        }
        story.speak(1_000);
        story.recorder.recording().captured().ms()
    };
    assert_eq!(captured(Some(frames(1_900))), captured(None));
}

#[test]
fn dropped_audio_before_the_first_block_or_without_a_recording_is_ignored() {
    let mut story = Story::listening();
    story.handle(Input::Stop);
    story.run_until_idle();
    story.handle(Input::Overrun { frames: u64::MAX });
    assert_eq!(story.recorder.recording().captured().ms(), 0);
}
