//! One recording per browser: the page records while it holds the lock.

use inturn_client_core::{
    problem::MicrophoneFailure,
    session::{Awaited, State},
};
use inturn_page_core::{
    messages::{ToPage, ToRecorder},
    page::{Effect, Input, Page},
    view::Action,
};

use crate::support::{handle, press, problem, ready, recording, report_state, sent};

const RECORD: ToRecorder = ToRecorder::Pressed(Action::Record);

fn pressed() -> Page {
    let mut page = ready();
    assert_eq!(
        handle(&mut page, press(Action::Record)),
        [Effect::OpenAudio, Effect::TakeRecordingLock]
    );
    page
}

fn releases(effects: &[Effect]) -> usize {
    let released = |it: &&Effect| **it == Effect::ReleaseRecordingLock;
    effects.iter().filter(released).count()
}

fn assert_refused(effects: &[Effect]) {
    assert_eq!(sent(effects), []);
    let shown = problem(effects).expect("a problem is shown");
    let sentence = "Another tab of this browser is recording. \
                    Stop it there, then press Record here.";
    assert_eq!(shown, ("recorded-elsewhere", sentence.to_owned(), true));
    let status = effects.iter().find_map(|effect| match effect {
        Effect::ShowState(view) => Some((view.name, view.status.as_str())),
        _ => None,
    });
    assert_eq!(status, Some(("idle", "Stopped")));
    assert!(effects.contains(&Effect::ReleaseMicrophone));
    assert_eq!(releases(effects), 1, "{effects:?}");
}

#[test]
fn the_recording_begins_once_there_are_audio_and_the_lock_in_either_order() {
    let lock = Input::RecordingLock(true);
    for (first, second) in [
        (Input::AudioOpened, lock.clone()),
        (lock, Input::AudioOpened),
    ] {
        let mut page = pressed();
        assert_eq!(handle(&mut page, first), []);
        assert_eq!(handle(&mut page, second), [Effect::Send(RECORD)]);
    }
}

#[test]
fn while_another_tab_records_the_recorder_is_not_notified() {
    let mut page = pressed();
    assert_eq!(handle(&mut page, Input::AudioOpened), []);
    assert_refused(&handle(&mut page, Input::RecordingLock(false)));

    let mut page = pressed();
    assert_refused(&handle(&mut page, Input::RecordingLock(false)));
    // An audio graph that comes later is not needed.
    assert_eq!(
        handle(&mut page, Input::AudioOpened),
        [Effect::ReleaseMicrophone]
    );
}

#[test]
fn after_the_other_tab_has_stopped_record_works() {
    let mut page = pressed();
    handle(&mut page, Input::AudioOpened);
    handle(&mut page, Input::RecordingLock(false));
    assert_eq!(
        handle(&mut page, press(Action::Record)),
        [Effect::OpenAudio, Effect::TakeRecordingLock]
    );
    handle(&mut page, Input::AudioOpened);
    let effects = handle(&mut page, Input::RecordingLock(true));
    assert_eq!(effects, [Effect::Send(RECORD)]);
    let effects = report_state(&mut page, State::AwaitingMicrophone);
    assert!(effects.contains(&Effect::ClearProblem), "{effects:?}");
}

#[test]
fn without_an_audio_graph_the_lock_is_released_whether_it_was_granted_or_not() {
    let failed = || Input::AudioFailed(MicrophoneFailure::Unsupported);
    let mut page = pressed();
    assert_eq!(releases(&handle(&mut page, failed())), 1);
    // A late answer does not count for the next request.
    assert_eq!(handle(&mut page, Input::RecordingLock(true)), []);
    assert_eq!(handle(&mut page, Input::RecordingLock(false)), []);

    let mut page = pressed();
    handle(&mut page, Input::RecordingLock(true));
    let effects = handle(&mut page, failed());
    assert_eq!(releases(&effects), 1);
    assert_eq!(
        problem(&effects).map(|it| it.0),
        Some("browser-unsupported")
    );
}

#[test]
fn another_press_before_the_answer_does_not_start_a_recording() {
    let mut page = pressed();
    handle(&mut page, Input::AudioOpened);
    assert_eq!(handle(&mut page, press(Action::Record)), []);
    assert_refused(&handle(&mut page, Input::RecordingLock(false)));
}

#[test]
fn the_lock_is_held_until_the_last_words_are_there() {
    let mut page = recording();
    let stopping = [
        handle(&mut page, press(Action::Stop)),
        handle(&mut page, Input::Recorder(ToPage::CloseMicrophone)),
        report_state(&mut page, State::Finishing(Awaited::LastWords)),
        handle(&mut page, Input::MicrophoneFlushed),
    ];
    assert_eq!(releases(&stopping.concat()), 0, "{stopping:?}");
    assert_eq!(releases(&report_state(&mut page, State::Idle)), 1);
    assert_eq!(releases(&report_state(&mut page, State::Idle)), 0);
}

#[test]
fn the_lock_is_held_while_the_first_state_of_a_recorder_arrives() {
    let mut page = pressed();
    handle(&mut page, Input::RecordingLock(true));
    assert_eq!(releases(&report_state(&mut page, State::Idle)), 0);
    handle(&mut page, Input::AudioOpened);
    assert_eq!(releases(&report_state(&mut page, State::Idle)), 0);
}

#[test]
fn a_held_lock_is_not_requested_again() {
    let mut page = recording();
    handle(&mut page, Input::Recorder(ToPage::CloseMicrophone));
    handle(&mut page, Input::TailCaptured);
    assert_eq!(
        handle(&mut page, press(Action::Record)),
        [Effect::OpenAudio]
    );
    assert_eq!(
        handle(&mut page, Input::AudioOpened),
        [Effect::Send(RECORD)]
    );
}

#[test]
fn leaving_the_page_releases_the_lock_after_the_recorder_has_ended() {
    let mut page = recording();
    let effects = handle(&mut page, Input::Leaving);
    let order = effects.iter().filter(|effect| {
        matches!(
            effect,
            Effect::EndRecorder | Effect::ReleaseRecordingLock | Effect::TakeRecordingLock
        )
    });
    assert_eq!(
        order.collect::<Vec<_>>(),
        [&Effect::EndRecorder, &Effect::ReleaseRecordingLock]
    );
    // The page still shows the recording's state when it is restored.
    let restored = [
        handle(&mut page, Input::Restored),
        handle(&mut page, Input::Recorder(ToPage::Ready)),
        report_state(&mut page, State::Idle),
    ];
    assert!(!restored.concat().contains(&Effect::TakeRecordingLock));

    let mut page = pressed();
    assert_eq!(releases(&handle(&mut page, Input::Leaving)), 1);
    assert_eq!(handle(&mut page, Input::RecordingLock(true)), []);
    assert_eq!(
        handle(&mut page, Input::AudioOpened),
        [Effect::ReleaseMicrophone]
    );
}

#[test]
fn an_idle_page_has_no_lock() {
    let mut page = ready();
    let inputs = [Input::Shown, Input::Leaving, Input::RecordingLock(true)];
    let effects: Vec<_> = inputs.map(|input| handle(&mut page, input)).concat();
    let is_about_the_lock =
        |it: &Effect| matches!(it, Effect::TakeRecordingLock | Effect::ReleaseRecordingLock);
    assert!(!effects.iter().any(is_about_the_lock), "{effects:?}");
}
