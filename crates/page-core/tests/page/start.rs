//! The first messages and the button.

use inturn_client_core::{problem::MicrophoneFailure, session::State};
use inturn_page_core::{
    messages::{Configure, ToPage, ToRecorder},
    page::{Effect, Input, Page},
    view::Action,
};
use inturn_protocol::PageConfig;

use crate::support::{
    begin, effects, handle, press, problem, ready, recording, report_state, sent,
};

fn configured(stores_transcripts: bool) -> ToRecorder {
    ToRecorder::Configure(Configure {
        chunk_ms: PageConfig::default().chunk_ms,
        idle_secs: PageConfig::default().idle_seconds,
        stores_transcripts,
        ..Configure::default()
    })
}

#[test]
fn the_recorder_is_configured_once_both_sides_are_ready_in_either_order() {
    let config = || Input::Configured(Ok(PageConfig::default()));
    let is_ready = || Input::Recorder(ToPage::Ready);
    for (first, second) in [(config(), is_ready()), (is_ready(), config())] {
        let mut page = Page::new();
        assert_eq!(sent(&handle(&mut page, first)), []);
        assert_eq!(sent(&handle(&mut page, second)), [configured(true)]);
    }
}

#[test]
fn the_server_may_forbid_to_store_transcripts() {
    let mut page = Page::new();
    page.handle(Input::Recorder(ToPage::Ready));
    let config = PageConfig {
        store_transcripts: false,
        ..PageConfig::default()
    };
    let effects = handle(&mut page, Input::Configured(Ok(config)));
    assert_eq!(sent(&effects), [configured(false)]);
}

#[test]
fn without_a_configuration_the_page_shows_a_problem_uses_the_defaults_and_stores_nothing() {
    let mut page = Page::new();
    page.handle(Input::Recorder(ToPage::Ready));
    let effects = handle(
        &mut page,
        Input::Configured(Err(MicrophoneFailure::Unloaded)),
    );
    assert_eq!(problem(&effects).map(|it| it.0), Some("page-unloaded"));
    assert_eq!(sent(&effects), [configured(false)]);
    let opened = |effect: &Effect| matches!(effect, Effect::OpenSettings(_));
    assert!(effects.iter().any(opened));
}

#[test]
fn record_opens_the_audio_graph_and_then_notifies_the_recorder() {
    let mut page = ready();
    let record = ToRecorder::Pressed(Action::Record);
    assert_eq!(
        begin(&mut page),
        [
            Effect::OpenAudio,
            Effect::TakeRecordingLock,
            Effect::Send(record)
        ]
    );
}

#[test]
fn a_recording_that_cannot_begin_is_never_sent_to_the_recorder() {
    let mut page = ready();
    handle(&mut page, press(Action::Record));
    let effects = handle(
        &mut page,
        Input::AudioFailed(MicrophoneFailure::InsecurePage),
    );
    assert_eq!(problem(&effects).map(|it| it.0), Some("page-insecure"));
    assert_eq!(sent(&effects), []);
    let view = effects.iter().find_map(|effect| match effect {
        Effect::ShowState(view) => Some(view),
        _ => None,
    });
    let view = view.expect("a state is shown");
    assert_eq!((view.name, view.status.as_str()), ("idle", "Stopped"));
    // The next Record creates a new audio graph.
    assert_eq!(
        handle(&mut page, press(Action::Record)),
        [Effect::OpenAudio, Effect::TakeRecordingLock]
    );
}

#[test]
fn a_double_clicks_second_click_counts_only_as_stop_while_the_microphone_is_on() {
    let again = |action| Input::Pressed {
        action,
        is_repeat: true,
    };
    let mut page = ready();
    assert_eq!(handle(&mut page, again(Action::Record)), []);

    let mut page = recording();
    let stop = ToRecorder::Pressed(Action::Stop);
    assert_eq!(sent(&handle(&mut page, again(Action::Stop))), [stop]);
    // A further Stop would end the wait for the last words.
    assert_eq!(handle(&mut page, again(Action::Stop)), []);
    report_state(
        &mut page,
        State::Finishing(inturn_client_core::session::Awaited::LastWords),
    );
    assert_eq!(handle(&mut page, again(Action::Stop)), []);
    effects(&mut page);
}
