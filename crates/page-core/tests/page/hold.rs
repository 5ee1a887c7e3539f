//! What keeps an open microphone from delivering sound.

use inturn_client_core::session::{Device, Hold};
use inturn_page_core::{
    messages::{ToPage, ToRecorder},
    page::{AudioState, Effect, Input, Page},
};

use crate::support::{handle, open_microphone, opened, ready, recording, sent};

fn held(hold: Hold) -> [ToRecorder; 1] {
    [ToRecorder::MicrophoneHeld(Some(hold))]
}

const FREE: [ToRecorder; 1] = [ToRecorder::MicrophoneHeld(None)];

fn audio(page: &mut Page, state: AudioState) -> Vec<Effect> {
    handle(page, Input::AudioChanged(state))
}

/// Returns a page whose audio graph does not resume by itself.
fn stuck() -> Page {
    let mut page = recording();
    audio(&mut page, AudioState::Suspended);
    let effects = handle(&mut page, Input::AudioStuck);
    assert_eq!(sent(&effects), held(Hold::Suspended));
    page
}

#[test]
fn a_muted_microphone_is_reported_until_it_is_unmuted() {
    let mut page = recording();
    let muted = Input::MicrophoneMuted(true);
    assert_eq!(sent(&handle(&mut page, muted.clone())), held(Hold::Muted));
    assert_eq!(handle(&mut page, muted), []);
    let unmuted = handle(&mut page, Input::MicrophoneMuted(false));
    assert_eq!(sent(&unmuted), FREE);
}

#[test]
fn an_interruption_is_waited_for() {
    let mut page = recording();
    let effects = audio(&mut page, AudioState::Interrupted);
    assert_eq!(sent(&effects), held(Hold::Interrupted));
    assert_eq!(effects.len(), 1, "the system resumes it: {effects:?}");
    assert_eq!(handle(&mut page, Input::Tapped), []);
    assert_eq!(sent(&audio(&mut page, AudioState::Running)), FREE);
}

#[test]
fn a_suspended_graph_is_resumed_at_once_and_reported_only_if_that_fails() {
    let mut page = recording();
    let effects = audio(&mut page, AudioState::Suspended);
    assert_eq!(effects, [Effect::ResumeAudio]);
    assert_eq!(audio(&mut page, AudioState::Running), []);
    // The answer comes after the graph has resumed.
    assert_eq!(handle(&mut page, Input::AudioStuck), []);
}

#[test]
fn a_tap_resumes_a_graph_that_the_browser_does_not_resume() {
    let mut page = stuck();
    assert_eq!(handle(&mut page, Input::Tapped), [Effect::ResumeAudio]);
    assert_eq!(sent(&audio(&mut page, AudioState::Running)), FREE);
    assert_eq!(handle(&mut page, Input::Tapped), []);
}

#[test]
fn a_tap_does_nothing_while_there_is_sound() {
    assert_eq!(handle(&mut recording(), Input::Tapped), []);
    assert_eq!(handle(&mut ready(), Input::Tapped), []);
}

#[test]
fn a_suspension_hides_a_mute_and_an_interruption_hides_both() {
    let mut page = stuck();
    assert_eq!(handle(&mut page, Input::MicrophoneMuted(true)), []);
    let effects = audio(&mut page, AudioState::Interrupted);
    assert_eq!(sent(&effects), held(Hold::Interrupted));
    let effects = audio(&mut page, AudioState::Running);
    assert_eq!(sent(&effects), held(Hold::Muted));
}

#[test]
fn a_person_who_returns_gets_the_audio_back() {
    for state in [AudioState::Suspended, AudioState::Interrupted] {
        let mut page = recording();
        audio(&mut page, state);
        let effects = handle(&mut page, Input::Shown);
        assert!(effects.contains(&Effect::ResumeAudio), "{effects:?}");
    }
    let effects = handle(&mut recording(), Input::Shown);
    assert!(!effects.contains(&Effect::ResumeAudio), "{effects:?}");
}

#[test]
fn what_held_a_microphone_does_not_hold_the_next() {
    let mut page = stuck();
    let effects = open_microphone(&mut page, Device::Lost);
    assert_eq!(sent(&effects), FREE);
    handle(&mut page, opened(2));
    assert_eq!(handle(&mut page, Input::AudioStuck), []);
    assert_eq!(handle(&mut page, Input::Tapped), []);

    let mut page = stuck();
    let closed = handle(&mut page, Input::Recorder(ToPage::CloseMicrophone));
    assert_eq!(sent(&closed), FREE);
}

#[test]
fn a_microphone_that_is_off_is_not_held() {
    let mut page = ready();
    for input in [
        Input::MicrophoneMuted(true),
        Input::AudioChanged(AudioState::Suspended),
        Input::AudioStuck,
    ] {
        assert_eq!(handle(&mut page, input), []);
    }
}
