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
    // The report comes before the first block after the stall, among the blocks that wait, or
    // 50 ms after they were written.
    for wait_ms in [0, 150, 350] {
        let mut story = Story::listening();
        story.speak(300);
        story.advance(2_000);
        let began = story.recorder.recording().captured().ms();
        assert_eq!(began, 300);
        if wait_ms > 0 {
            story.speak(100);
            story.advance(wait_ms - 100);
        }
        story.handle(Input::Overrun {
            frames: frames(1_900),
        });
        story.speak(1_000);
        let captured = u64::from(story.recorder.recording().captured().ms());
        let expected = 300 + 2_000 + wait_ms + 1_000;
        // The clock fills no part below 500 ms, which may be the jitter of a microphone.
        let missing = expected.saturating_sub(captured);
        assert!(
            captured <= expected && missing < 500,
            "{captured} of {expected} ms, report after {wait_ms} ms"
        );
        let events = story.events();
        let gaps = events.iter().filter(|it| it.starts_with("show gap"));
        assert_eq!(gaps.count(), 1, "{events:?}");
    }
}

#[test]
fn dropped_audio_is_in_its_place_among_the_blocks_that_wait() {
    let mut story = Story::listening();
    story.speak(300);
    story.advance(2_000);
    story.speak(100);
    story.handle(Input::Overrun {
        frames: frames(1_900),
    });
    story.speak(1_000);
    let events = story.events();
    // After the block of 100 ms that came first.
    let gap = "show gap 400-2300".to_owned();
    assert!(events.contains(&gap), "{events:?}");
}

#[test]
fn a_loss_long_after_a_stall_is_another_one() {
    let mut story = Story::listening();
    story.speak(300);
    story.advance(2_000);
    story.speak(2_000);
    let captured = story.recorder.recording().captured().ms();
    story.handle(Input::Overrun {
        frames: frames(600),
    });
    story.speak(100);
    assert_eq!(story.recorder.recording().captured().ms(), captured + 700);
}

#[test]
fn dropped_audio_before_the_first_block_is_the_beginning() {
    let mut story = Story::listening();
    story.handle(Input::Overrun {
        frames: frames(300),
    });
    assert_eq!(story.recorder.recording().captured().ms(), 300);
    story.speak(100);
    assert_eq!(story.recorder.recording().captured().ms(), 400);
}

#[test]
fn dropped_audio_without_a_recording_is_ignored() {
    let mut story = Story::listening();
    story.handle(Input::Stop);
    story.run_until_idle();
    story.handle(Input::Overrun { frames: u64::MAX });
    assert_eq!(story.recorder.recording().captured().ms(), 0);
}
