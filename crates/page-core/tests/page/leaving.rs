//! Leaving the page.

use inturn_client_core::session::{Progress, State};
use inturn_page_core::{
    messages::ToRecorder,
    page::{Effect, Input, Page},
    view::Action,
};
use inturn_protocol::PageConfig;

use crate::{
    support::{handle, press, ready, recording, report_state, sent},
    transcript::{changes, send_changes},
};

#[test]
fn leaving_during_a_recording_turns_the_microphone_off_and_ends_the_recorder() {
    let mut page = recording();
    assert_eq!(
        handle(&mut page, Input::Leaving),
        [
            Effect::Send(ToRecorder::Leaving),
            Effect::ReleaseMicrophone,
            Effect::EndRecorder,
            Effect::ReleaseRecordingLock,
            Effect::KeepScreenOn(false)
        ]
    );
    // The button does nothing until there is a new recorder.
    assert_eq!(sent(&handle(&mut page, press(Action::Stop))), []);
}

#[test]
fn leaving_while_idle_keeps_the_recorder() {
    let mut page = ready();
    let effects = handle(&mut page, Input::Leaving);
    assert!(!effects.contains(&Effect::EndRecorder));
    assert_eq!(handle(&mut page, Input::Restored), []);
    assert_eq!(
        handle(&mut page, press(Action::Record)),
        [Effect::OpenAudio, Effect::TakeRecordingLock]
    );
}

#[test]
fn leaving_needs_confirmation_during_a_recording() {
    let mut page = ready();
    assert_eq!(
        confirms(&report_state(&mut page, State::AwaitingMicrophone)),
        Some(true)
    );
    assert_eq!(
        confirms(&report_state(&mut page, State::Listening(Progress::Live))),
        None
    );
    send_changes(&mut page, &changes());
    assert_eq!(confirms(&report_state(&mut page, State::Idle)), Some(false));
}

#[test]
fn leaving_needs_confirmation_while_words_are_only_on_the_page() {
    let mut page = recording();
    handle(&mut page, Input::Unstored);
    assert_eq!(confirms(&report_state(&mut page, State::Idle)), Some(false));
    let effects = send_changes(&mut page, &changes());
    assert_eq!(confirms(&effects), Some(true));

    let mut page = Page::new();
    handle(
        &mut page,
        Input::Configured(Ok(PageConfig {
            store_transcripts: false,
            ..PageConfig::default()
        })),
    );
    let effects = send_changes(&mut page, &changes());
    assert_eq!(confirms(&effects), Some(true));
}

fn confirms(effects: &[Effect]) -> Option<bool> {
    effects.iter().find_map(|effect| match effect {
        Effect::ConfirmLeaving(on) => Some(*on),
        _ => None,
    })
}
