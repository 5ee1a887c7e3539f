//! Pause turns the microphone off, and Resume goes on in the same recording.

use inturn_client_core::{
    problem::{MicrophoneFailure, Problem},
    session::{Awaited, Device, Event, Progress, State},
};
use inturn_page_core::{
    messages::{ToPage, ToRecorder},
    page::{Effect, Input, MicrophoneRequest, Page},
    view::{Action, StateView},
};

use crate::support::{
    handle, open_microphone, opened, press, problem, ready, recording, report, report_state, sent,
    shown,
};

const PAUSE: ToRecorder = ToRecorder::Pressed(Action::Pause);
const RESUME: ToRecorder = ToRecorder::Pressed(Action::Resume);

/// Returns a page whose recording is paused.
fn paused() -> Page {
    let mut page = recording();
    assert_eq!(sent(&handle(&mut page, press(Action::Pause))), [PAUSE]);
    for input in [
        Input::Recorder(ToPage::CloseMicrophone),
        Input::Recorder(ToPage::Event(Event::State(State::Paused))),
        Input::TailCaptured,
        Input::MicrophoneFlushed,
    ] {
        let effects = handle(&mut page, input);
        let is_kept = |it: &Effect| {
            !matches!(
                it,
                Effect::ReleaseRecordingLock | Effect::ConfirmLeaving(false)
            )
        };
        assert!(effects.iter().all(is_kept), "{effects:?}");
    }
    page
}

/// Presses Resume, which opens the audio graph in the click. The lock is held already.
fn press_resume(page: &mut Page) -> StateView {
    let effects = handle(page, press(Action::Resume));
    assert_eq!(effects[0], Effect::OpenAudio);
    assert_eq!(effects.len(), 2, "{effects:?}");
    shown(&effects).expect("the state is shown")
}

/// Returns a page that waits for the microphone after Resume.
fn resuming() -> Page {
    let mut page = paused();
    press_resume(&mut page);
    let effects = handle(&mut page, Input::AudioOpened);
    assert_eq!(effects, [Effect::Send(RESUME)]);
    let effects = open_microphone(&mut page, Device::Chosen);
    assert!(matches!(effects[..], [Effect::RequestMicrophone { .. }]));
    page
}

fn again(action: Action) -> Input {
    Input::Pressed {
        action,
        is_repeat: true,
    }
}

fn offered(view: &StateView) -> Option<(&'static str, Action)> {
    view.pause.map(|it| (it.label, it.action))
}

#[test]
fn a_recording_can_be_paused_and_a_paused_one_resumed() {
    let pause = Some(("Pause", Action::Pause));
    let resume = Some(("Resume", Action::Resume));
    for (state, second) in [
        (State::Idle, None),
        (State::Connecting, pause),
        (State::Listening(Progress::Live), pause),
        (
            State::Reconnecting {
                outage: Default::default(),
                secs: 1,
            },
            pause,
        ),
        (State::Paused, resume),
        (State::Finishing(Awaited::LastWords), None),
    ] {
        let view = shown(&report_state(&mut recording(), state)).expect("the state is shown");
        assert_eq!(offered(&view), second, "{state:?}");
    }
}

#[test]
fn the_button_stays_while_the_microphone_is_awaited_after_resume_and_not_at_the_start() {
    let start = shown(&report_state(&mut ready(), State::AwaitingMicrophone));
    assert_eq!(start.as_ref().and_then(offered), None);
    let view = press_resume(&mut paused());
    assert_eq!(offered(&view), Some(("Resume", Action::Resume)));
    assert!(view.status.starts_with("Allow the microphone"), "{view:?}");
}

#[test]
fn a_paused_page_says_so_and_lets_the_screen_turn_off() {
    let mut page = recording();
    let closed = handle(&mut page, Input::Recorder(ToPage::CloseMicrophone));
    assert!(closed.contains(&Effect::KeepScreenOn(false)), "{closed:?}");
    handle(&mut page, Input::TailCaptured);
    let view = shown(&report_state(&mut page, State::Paused)).expect("the state is shown");
    assert_eq!(view.status, "Paused. The microphone is off.");
    assert_eq!(view.title, "‖ Paused · Inturn");
    assert_eq!((view.label, view.action), ("Stop", Action::Stop));
    assert!(!view.is_recording);
}

#[test]
fn resume_uses_the_microphone_again() {
    let mut page = resuming();
    let used = Effect::UseMicrophone { rate_hz: 44_100 };
    assert_eq!(
        handle(&mut page, opened(2)),
        [used, Effect::KeepScreenOn(true)]
    );
}

#[test]
fn repeated_presses_are_harmless() {
    // The second click of a double click meets the other action.
    let mut page = paused();
    assert_eq!(handle(&mut page, again(Action::Resume)), []);
    assert_eq!(handle(&mut page, again(Action::Stop)), []);
    let mut page = resuming();
    assert_eq!(handle(&mut page, press(Action::Resume)), []);
    handle(&mut page, opened(2));
    report_state(&mut page, State::Connecting);
    assert_eq!(handle(&mut page, again(Action::Pause)), []);
    // Resume, before the microphone is off.
    let mut page = recording();
    handle(&mut page, Input::Recorder(ToPage::CloseMicrophone));
    report_state(&mut page, State::Paused);
    assert_eq!(handle(&mut page, press(Action::Resume)), []);
}

#[test]
fn stop_ends_a_paused_recording() {
    let mut page = paused();
    let stop = ToRecorder::Pressed(Action::Stop);
    assert_eq!(sent(&handle(&mut page, press(Action::Stop))), [stop]);
    let effects = report_state(&mut page, State::Idle);
    assert!(effects.contains(&Effect::ReleaseRecordingLock));
}

#[test]
fn without_a_microphone_the_recording_stays_paused_and_resume_tries_again() {
    let mut page = resuming();
    let failed = Input::MicrophoneFailed {
        request: MicrophoneRequest(2),
        failure: MicrophoneFailure::Denied,
    };
    let effects = handle(&mut page, failed);
    assert!(effects.contains(&Effect::ReleaseMicrophone), "{effects:?}");
    assert!(!effects.contains(&Effect::ReleaseRecordingLock));
    assert_eq!(shown(&effects).map(|it| it.name), Some("paused"));
    handle(&mut page, Input::Recorder(ToPage::CloseMicrophone));
    let denied = Problem::Microphone(MicrophoneFailure::Denied);
    let effects = report(&mut page, Event::Problem(denied));
    let (_, sentence, _) = problem(&effects).expect("a problem is shown");
    assert!(sentence.ends_with("then press Resume."), "{sentence}");
    press_resume(&mut page);
    let effects = handle(&mut page, Input::AudioOpened);
    assert_eq!(effects, [Effect::ClearProblem, Effect::Send(RESUME)]);
}

#[test]
fn a_microphone_that_cannot_be_used_after_resume_is_turned_off() {
    let mut page = resuming();
    handle(&mut page, opened(2));
    let closed = handle(&mut page, Input::Recorder(ToPage::CloseMicrophone));
    assert_eq!(shown(&closed).map(|it| it.name), Some("pausing"));
    let stopped = handle(&mut page, Input::TailCaptured);
    assert_eq!(shown(&stopped).map(|it| it.name), Some("paused"));
}

#[test]
fn the_problem_that_ends_a_paused_recording_asks_for_record() {
    let mut page = paused();
    let denied = Problem::Microphone(MicrophoneFailure::Denied);
    report(&mut page, Event::Problem(denied));
    let (_, sentence, is_announced) =
        problem(&report_state(&mut page, State::Idle)).expect("the problem is shown again");
    assert!(sentence.ends_with("then press Record."), "{sentence}");
    assert!(!is_announced);
}

#[test]
fn without_an_audio_graph_the_recording_stays_paused() {
    let mut page = paused();
    handle(&mut page, press(Action::Resume));
    let failure = MicrophoneFailure::Unsupported;
    let effects = handle(&mut page, Input::AudioFailed(failure));
    assert_eq!(sent(&effects), []);
    assert_eq!(shown(&effects).map(|it| it.name), Some("paused"));
    assert!(problem(&effects).is_some());
    press_resume(&mut page);
}

#[test]
fn a_page_that_comes_back_has_nothing_to_resume() {
    let mut page = paused();
    let left = handle(&mut page, Input::Leaving);
    assert!(left.contains(&Effect::EndRecorder), "{left:?}");
    handle(&mut page, Input::Restored);
    assert_eq!(handle(&mut page, press(Action::Resume)), []);
}
