//! A microphone that delivers digital silence is reported, and the recording goes on.

use inturn_client_core::session::SILENCE_NOTICE;

use super::story::Story;

/// Returns what was shown of the silence since the last call.
fn notices(story: &mut Story) -> Vec<String> {
    let mut lines = story.lines();
    lines.retain(|line| line.contains("MicrophoneSilent"));
    lines
}

fn notice_ms() -> u64 {
    SILENCE_NOTICE.as_millis() as u64
}

#[test]
fn silence_is_reported_once_and_resolved_by_the_first_sound() {
    let mut story = Story::listening();
    story.capture(0.0, notice_ms() - 100);
    assert_eq!(notices(&mut story), Vec::<String>::new());
    story.capture(0.0, 100);
    assert_eq!(notices(&mut story), ["show problem MicrophoneSilent"]);
    story.capture(0.0, 2 * notice_ms());
    assert_eq!(notices(&mut story), Vec::<String>::new());
    story.capture(0.001, 100);
    assert_eq!(notices(&mut story), ["resolved MicrophoneSilent"]);
    assert_eq!(story.state(), "listening");
}

#[test]
fn the_noise_of_a_quiet_room_is_not_silence() {
    let mut story = Story::listening();
    // The smallest step of a 24-bit converter.
    story.capture(2.0_f32.powi(-23), 3 * notice_ms());
    assert_eq!(notices(&mut story), Vec::<String>::new());
}

#[test]
fn pauses_between_sounds_do_not_add_up() {
    let mut story = Story::listening();
    for _ in 0..4 {
        story.capture(0.0, notice_ms() - 200);
        story.capture(0.25, 100);
    }
    assert_eq!(notices(&mut story), Vec::<String>::new());
}

#[test]
fn stop_resolves_the_silence() {
    let mut story = Story::listening();
    story.capture(0.0, notice_ms());
    assert_eq!(notices(&mut story), ["show problem MicrophoneSilent"]);
    story.stop();
    assert_eq!(notices(&mut story), ["resolved MicrophoneSilent"]);
    story.run_until_idle();
    assert_eq!(notices(&mut story), Vec::<String>::new());
}

#[test]
fn silence_after_stop_is_not_reported() {
    let mut story = Story::listening();
    story.capture(0.0, notice_ms() - 100);
    story.stop();
    story.capture(0.0, 500);
    assert_eq!(notices(&mut story), Vec::<String>::new());
}
