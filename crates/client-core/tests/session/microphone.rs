//! A microphone that is lost during a recording: another one is opened, and the gap is marked.

use std::time::Duration;

use inturn_client_core::{
    problem::MicrophoneFailure,
    session::{Hold, Input, REOPEN_INTERVAL, SILENCE_NOTICE},
};

use super::{
    start::recording_works_again,
    story::{INFO, RATE_HZ, Story},
};

/// A story whose shell opens microphones only when the test says so.
fn by_hand() -> Story {
    let mut story = Story::listening();
    story.script.microphone = None;
    story.speak(300);
    story.events();
    story
}

fn opened(rate_hz: u32) -> Input<'static> {
    Input::MicrophoneOpened {
        rate_hz,
        recording: INFO,
    }
}

/// Passes `ms` of sound at 48 kHz in real time.
fn speak_at_48_khz(story: &mut Story, ms: u64) {
    for _ in 0..ms / 100 {
        story.advance(100);
        story.handle(Input::Block {
            planar: &[0.25; 4_800],
            channels: 1,
        });
    }
}

#[test]
fn the_same_microphone_is_tried_first_then_the_default_and_then_every_2_s() {
    let mut story = by_hand();
    story.handle(Input::MicrophoneLost);
    assert_eq!(
        story.events(),
        [
            "interrupted by MicrophoneLost",
            "open microphone Lost",
            "sound missing",
        ]
    );
    let missing = MicrophoneFailure::Missing;
    story.handle(Input::MicrophoneFailed(missing));
    assert_eq!(story.events(), ["open microphone SystemDefault"]);
    story.handle(Input::MicrophoneFailed(missing));
    let mut tries = 0;
    for _ in 0..3 {
        story.advance(REOPEN_INTERVAL.as_millis() as u64);
        let lines = story.events();
        tries += lines
            .iter()
            .filter(|it| *it == "open microphone Lost")
            .count();
        story.handle(Input::MicrophoneFailed(missing));
        story.handle(Input::MicrophoneFailed(missing));
    }
    assert_eq!(tries, 3);
    assert_eq!(story.state(), "listening");
}

#[test]
fn a_connected_device_is_tried_at_once() {
    let mut story = by_hand();
    story.handle(Input::DevicesChanged);
    assert_eq!(story.events(), [""; 0]);
    story.handle(Input::MicrophoneLost);
    story.handle(Input::MicrophoneFailed(MicrophoneFailure::Missing));
    story.handle(Input::MicrophoneFailed(MicrophoneFailure::Missing));
    story.events();
    story.handle(Input::DevicesChanged);
    assert_eq!(story.events(), ["open microphone Lost"]);
}

/// A sound system can put a silent device in the place of a disconnected one.
#[test]
fn a_silent_microphone_is_replaced_by_the_default_when_devices_change() {
    let mut story = by_hand();
    story.capture(0.0, SILENCE_NOTICE.as_millis() as u64);
    story.events();
    story.handle(Input::DevicesChanged);
    assert_eq!(
        story.events(),
        [
            "resolved MicrophoneSilent",
            "interrupted by MicrophoneLost",
            "open microphone SystemDefault",
            "sound missing",
        ]
    );
    story.handle(opened(48_000));
    speak_at_48_khz(&mut story, 1_000);
    let lines = story.events();
    assert!(lines.contains(&"resolved MicrophoneLost".to_owned()));
    assert_eq!(lines.last().map(String::as_str), Some("sound Arriving"));
}

#[test]
fn recording_goes_on_with_another_microphone_at_another_rate() {
    let mut story = by_hand();
    story.handle(Input::MicrophoneLost);
    story.advance(2_000);
    story.handle(opened(48_000));
    story.events();
    speak_at_48_khz(&mut story, 1_000);
    let lines = story.events();
    assert!(lines.contains(&"show gap 300-2400".to_owned()), "{lines:?}");
    assert!(lines.contains(&"resolved MicrophoneLost".to_owned()));
    assert_eq!(lines.last().map(String::as_str), Some("sound Arriving"));
    story.stop();
    story.run_until_idle();
    assert_eq!(story.recorder.recording().captured().ms(), 3_400);
    // One session heard 0.3 s of sound, 2.1 s of silence, and 1 s of sound.
    assert_eq!(story.ledger.all_sockets.len(), 1);
    let bytes: usize = story.ledger.frames.iter().map(Vec::len).sum();
    assert!((108_800..=110_400).contains(&bytes), "{bytes}");
}

#[test]
fn blocks_of_the_lost_microphone_are_ignored() {
    let mut story = by_hand();
    story.handle(Input::MicrophoneLost);
    story.speak(1_000);
    let loud = story.ledger.frames[3..].iter();
    assert!(loud.flatten().all(|&byte| byte == 0));
}

#[test]
fn a_replacement_without_blocks_is_given_up() {
    let mut story = by_hand();
    story.handle(Input::MicrophoneLost);
    story.handle(opened(48_000));
    story.events();
    story.advance(5_000);
    let lines = story.events();
    assert!(lines.contains(&"open microphone SystemDefault".to_owned()));
    story.handle(opened(48_000));
    story.advance(5_000);
    let lines = story.events();
    assert!(lines.contains(&"open microphone Lost".to_owned()));
}

#[test]
fn a_replacement_that_the_browser_holds_is_waited_for() {
    let mut story = by_hand();
    story.handle(Input::MicrophoneLost);
    story.handle(opened(48_000));
    story.events();
    story.handle(Input::MicrophoneHeld(Some(Hold::Suspended)));
    assert_eq!(story.events(), ["sound Held(Suspended)"]);
    story.advance(20_000);
    let lines = story.events();
    assert!(
        !lines.contains(&"open microphone Lost".to_owned()),
        "{lines:?}"
    );
    story.handle(Input::MicrophoneHeld(None));
    speak_at_48_khz(&mut story, 300);
    let last = story.events().pop();
    assert_eq!(last.as_deref(), Some("sound Arriving"));
}

#[test]
fn a_first_microphone_that_the_browser_holds_is_waited_for() {
    let mut story = Story::listening();
    story.handle(Input::MicrophoneHeld(Some(Hold::Suspended)));
    story.advance(20_000);
    assert_eq!(story.state(), "listening");
    story.handle(Input::MicrophoneHeld(None));
    story.advance(10_000);
    assert_eq!(story.problem().as_deref(), Some("NoSound"));
}

#[test]
fn an_unsupported_replacement_is_given_up_and_not_heard() {
    let mut story = by_hand();
    story.handle(Input::MicrophoneLost);
    story.events();
    story.handle(opened(1));
    assert_eq!(story.events(), ["open microphone SystemDefault"]);
    story.speak(1_000);
    let loud = story.ledger.frames[3..].iter();
    assert!(loud.flatten().all(|&byte| byte == 0));
    assert_eq!(story.state(), "listening");
}

#[test]
fn a_stop_without_a_microphone_ends_the_recording_at_once() {
    let mut story = by_hand();
    story.handle(Input::MicrophoneLost);
    story.advance(1_000);
    story.events();
    story.stop();
    let lines = story.events();
    assert_eq!(lines[..2], ["close microphone", "show finishing"]);
    assert!(lines.contains(&"resolved MicrophoneLost".to_owned()));
    story.run_until_idle();
    assert_eq!(story.recorder.recording().captured().ms(), 1_300);
    recording_works_again(story);
}

#[test]
fn an_audio_graph_that_ends_by_itself_is_a_lost_microphone() {
    let mut story = by_hand();
    story.handle(Input::AudioEnded);
    assert_eq!(story.events()[0], "interrupted by MicrophoneLost");
}

#[test]
fn a_machine_that_slept_without_a_microphone_keeps_little_silence() {
    let mut story = by_hand();
    story.handle(Input::MicrophoneLost);
    story.now = story.now + Duration::from_secs(3_600);
    story.handle(Input::Wake);
    assert_eq!(story.recorder.recording().captured().ms(), 3_600_300);
    assert!(story.recorder.kept_audio() < Duration::from_secs(4));
}

#[test]
fn a_device_that_delivers_zeros_is_being_prepared() {
    let mut story = Story::listening();
    story.capture(0.0, 100);
    assert_eq!(story.events(), ["sound Preparing"]);
    story.capture(0.0, 500);
    assert_eq!(story.events(), [""; 0]);
    story.capture(0.25, 100);
    assert_eq!(story.events(), ["sound Arriving"]);
    story.capture(0.0, 600);
    assert_eq!(story.events(), [""; 0]);
}

#[test]
fn a_change_of_the_microphone_within_a_second_leaves_no_gap() {
    for (ms, gaps) in [(300, 0), (600, 0), (1_000, 1)] {
        let mut story = by_hand();
        story.handle(Input::MicrophoneLost);
        story.advance(ms);
        story.handle(opened(RATE_HZ));
        story.speak(300);
        // The first block comes 100 ms later. The timeline has the time in any case.
        assert_eq!(
            story.recorder.recording().captured().ms(),
            300 + ms as u32 + 100 + 300
        );
        assert_eq!(story.entries().len(), gaps, "{ms} ms");
    }
}
