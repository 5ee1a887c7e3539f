//! A microphone that is lost in a recording is opened again, outside of a click.

use inturn_client_core::{
    problem::MicrophoneFailure,
    session::{Device, State},
};
use inturn_page_core::{
    messages::{ToPage, ToRecorder},
    page::{Effect, Input, MicrophoneRequest, Page},
};

use crate::support::{
    begin, handle, open_microphone, opened, ready, recording, report_state, sent,
};

fn failed(number: u32) -> Input {
    Input::MicrophoneFailed {
        request: MicrophoneRequest(number),
        failure: MicrophoneFailure::Missing,
    }
}

/// Returns a page whose microphone was lost.
fn lost() -> Page {
    let mut page = recording();
    let effects = handle(&mut page, Input::MicrophoneLost);
    assert_eq!(effects, [Effect::Send(ToRecorder::MicrophoneLost)]);
    page
}

fn request(effects: &[Effect]) -> Option<(u32, Device)> {
    effects.iter().find_map(|effect| match effect {
        Effect::RequestMicrophone {
            request, device, ..
        } => Some((request.0, *device)),
        _ => None,
    })
}

#[test]
fn the_first_microphone_is_the_chosen_one() {
    let mut page = ready();
    begin(&mut page);
    report_state(&mut page, State::AwaitingMicrophone);
    let effects = open_microphone(&mut page, Device::Chosen);
    assert_eq!(request(&effects), Some((1, Device::Chosen)));
}

#[test]
fn a_lost_microphone_is_reported_once() {
    // Two tracks end, or a track ends and the worklet fails.
    assert_eq!(handle(&mut lost(), Input::MicrophoneLost), []);
}

#[test]
fn the_devices_that_the_recorder_names_are_requested_until_one_opens() {
    let mut page = lost();
    let mut number = 1;
    for device in [Device::Lost, Device::SystemDefault, Device::Lost] {
        number += 1;
        let effects = open_microphone(&mut page, device);
        assert_eq!(request(&effects), Some((number, device)));
        assert_eq!(effects.len(), 1, "{effects:?}");
        let effects = handle(&mut page, failed(number));
        let failure = ToRecorder::MicrophoneFailed(MicrophoneFailure::Missing);
        assert_eq!(effects, [Effect::Send(failure)]);
    }
    open_microphone(&mut page, Device::SystemDefault);
    let used = Effect::UseMicrophone { rate_hz: 44_100 };
    assert_eq!(handle(&mut page, opened(number + 1)), [used]);
    // It can be lost like the first one.
    let effects = handle(&mut page, Input::MicrophoneLost);
    assert_eq!(sent(&effects), [ToRecorder::MicrophoneLost]);
}

#[test]
fn a_microphone_that_delivers_nothing_is_replaced() {
    let mut page = recording();
    let effects = open_microphone(&mut page, Device::Lost);
    assert_eq!(request(&effects), Some((2, Device::Lost)));
    assert_eq!(handle(&mut page, opened(2)).len(), 1);
}

#[test]
fn only_the_answer_to_the_last_request_counts() {
    let mut page = lost();
    open_microphone(&mut page, Device::Lost);
    // A device was connected in the meantime.
    let effects = open_microphone(&mut page, Device::Lost);
    assert_eq!(request(&effects), Some((3, Device::Lost)));
    assert_eq!(handle(&mut page, opened(2)), []);
    assert_eq!(handle(&mut page, failed(2)), []);
    assert_eq!(handle(&mut page, opened(3)).len(), 1);
}

#[test]
fn a_failure_keeps_the_lock_and_the_screen() {
    let mut page = lost();
    for input in [
        Input::Recorder(ToPage::OpenMicrophone(Device::Lost)),
        failed(2),
    ] {
        let effects = handle(&mut page, input);
        let releases = |it: &Effect| {
            matches!(
                it,
                Effect::ReleaseRecordingLock | Effect::KeepScreenOn(false) | Effect::ShowState(_)
            )
        };
        assert!(!effects.iter().any(releases), "{effects:?}");
    }
}

#[test]
fn closing_abandons_the_request() {
    let mut page = lost();
    open_microphone(&mut page, Device::Lost);
    let closed = handle(&mut page, Input::Recorder(ToPage::CloseMicrophone));
    assert_eq!(
        closed,
        [Effect::ReleaseMicrophone, Effect::KeepScreenOn(false)]
    );
    assert_eq!(handle(&mut page, opened(2)), []);
}

#[test]
fn without_a_microphone_the_end_of_the_recording_releases_everything() {
    for requests in [0, 1] {
        let mut page = lost();
        for _ in 0..requests {
            open_microphone(&mut page, Device::Lost);
        }
        let effects = report_state(&mut page, State::Idle);
        for end in [
            Effect::ReleaseMicrophone,
            Effect::ReleaseRecordingLock,
            Effect::KeepScreenOn(false),
        ] {
            assert!(effects.contains(&end), "{effects:?}");
        }
        // A late request opens nothing.
        assert_eq!(open_microphone(&mut page, Device::Lost), []);
    }
}

#[test]
fn the_recorder_hears_of_new_devices_during_a_recording() {
    let effects = handle(&mut recording(), Input::DevicesChanged);
    assert_eq!(sent(&effects), [ToRecorder::DevicesChanged]);
    assert_eq!(handle(&mut ready(), Input::DevicesChanged), []);
}
