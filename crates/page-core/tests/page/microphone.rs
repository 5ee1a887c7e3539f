//! The microphone: requested, abandoned, lost, stopped.

use inturn_client_core::{
    problem::MicrophoneFailure,
    session::{Device, State},
};
use inturn_page_core::{
    messages::{ToPage, ToRecorder},
    page::{Effect, Input, MicrophoneRequest, Page},
    view::Action,
};

use crate::support::{begin, handle, opened, press, ready, recording, report_state, sent, shown};

fn requesting() -> Page {
    let mut page = ready();
    begin(&mut page);
    report_state(&mut page, State::AwaitingMicrophone);
    let effects = handle(
        &mut page,
        Input::Recorder(ToPage::OpenMicrophone(Device::Chosen)),
    );
    assert!(matches!(
        effects[..],
        [Effect::RequestMicrophone {
            request: MicrophoneRequest(1),
            ..
        }]
    ));
    page
}

#[test]
fn an_opened_microphone_is_used() {
    let mut page = requesting();
    let used = Effect::UseMicrophone { rate_hz: 44_100 };
    assert_eq!(
        handle(&mut page, opened(1)),
        [used, Effect::KeepScreenOn(true)]
    );
}

#[test]
fn a_failure_to_open_the_microphone_is_sent_to_the_recorder() {
    let mut page = requesting();
    let failure = MicrophoneFailure::Denied;
    let failed = Input::MicrophoneFailed {
        request: MicrophoneRequest(1),
        failure,
    };
    assert_eq!(
        handle(&mut page, failed),
        [
            Effect::ReleaseMicrophone,
            Effect::Send(ToRecorder::MicrophoneFailed(failure))
        ]
    );
}

#[test]
fn an_answer_to_an_abandoned_prompt_is_ignored() {
    let mut page = requesting();
    let closed = handle(&mut page, Input::Recorder(ToPage::CloseMicrophone));
    assert_eq!(closed, [Effect::ReleaseMicrophone]);
    assert_eq!(handle(&mut page, opened(1)), []);
    // The late answer does not count for the next prompt.
    begin(&mut page);
    handle(
        &mut page,
        Input::Recorder(ToPage::OpenMicrophone(Device::Chosen)),
    );
    assert_eq!(handle(&mut page, opened(1)), []);
    let used = Effect::UseMicrophone { rate_hz: 44_100 };
    assert_eq!(handle(&mut page, opened(2))[0], used);
}

#[test]
fn a_microphone_that_is_on_is_released_after_its_last_block() {
    let mut page = recording();
    let closed = handle(&mut page, Input::Recorder(ToPage::CloseMicrophone));
    assert_eq!(closed, [Effect::CaptureTail, Effect::KeepScreenOn(false)]);
    // A second CloseMicrophone has no effect.
    let closed = handle(&mut page, Input::Recorder(ToPage::CloseMicrophone));
    assert_eq!(closed, []);
    assert_eq!(handle(&mut page, Input::MicrophoneFlushed), []);
    let effects = handle(&mut page, Input::TailCaptured);
    assert_eq!(effects[0], Effect::StopMicrophone);
    assert_eq!(handle(&mut page, Input::TailCaptured), []);
    assert_eq!(
        handle(&mut page, Input::MicrophoneFlushed),
        [Effect::ReleaseMicrophone]
    );
    assert_eq!(handle(&mut page, Input::MicrophoneFlushed), []);
}

#[test]
fn without_a_last_block_the_microphone_is_released_when_the_recording_ends() {
    for has_tail in [false, true] {
        let mut page = recording();
        handle(&mut page, Input::Recorder(ToPage::CloseMicrophone));
        if has_tail {
            handle(&mut page, Input::TailCaptured);
        }
        let idle = report_state(&mut page, State::Idle);
        assert_eq!(idle[0], Effect::ReleaseMicrophone);
        // The timer of the tail fires late.
        assert_eq!(handle(&mut page, Input::TailCaptured), []);
    }
}

#[test]
fn the_status_says_that_the_microphone_is_off_once_it_is() {
    use inturn_client_core::session::Awaited::LastWords;
    for (state, on, off) in [
        (
            State::Finishing(LastWords),
            ("stopping", "Stopping…"),
            ("finishing", "Microphone off. Waiting for the last words…"),
        ),
        (
            State::Paused,
            ("pausing", "Pausing…"),
            ("paused", "Paused. The microphone is off."),
        ),
    ] {
        let mut page = recording();
        handle(&mut page, Input::Recorder(ToPage::CloseMicrophone));
        let view = shown(&report_state(&mut page, state)).expect("the state is shown");
        assert_eq!((view.name, view.status.as_str()), on);
        let effects = handle(&mut page, Input::TailCaptured);
        assert_eq!(effects[0], Effect::StopMicrophone);
        let view = shown(&effects).expect("the state is shown");
        assert_eq!((view.name, view.status.as_str()), off);
    }
}

#[test]
fn a_page_that_is_left_captures_no_tail() {
    let mut page = recording();
    handle(&mut page, Input::Recorder(ToPage::CloseMicrophone));
    let left = handle(&mut page, Input::Leaving);
    assert!(left.contains(&Effect::ReleaseMicrophone), "{left:?}");
}

#[test]
fn record_during_the_last_block_opens_a_new_audio_graph() {
    let mut page = recording();
    handle(&mut page, Input::Recorder(ToPage::CloseMicrophone));
    handle(&mut page, Input::TailCaptured);
    assert_eq!(
        handle(&mut page, press(Action::Record)),
        [Effect::OpenAudio]
    );
    // The previous microphone was flushed. The new one stays open.
    assert_eq!(handle(&mut page, Input::MicrophoneFlushed), []);
}

#[test]
fn a_lost_microphone_is_reported_to_the_recorder() {
    let mut page = recording();
    let effects = handle(&mut page, Input::MicrophoneLost);
    assert_eq!(sent(&effects), [ToRecorder::MicrophoneLost]);
    assert_eq!(effects.len(), 1);
}
