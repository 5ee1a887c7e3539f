//! The first messages, and the button.

use inturn_client_core::problem::MicrophoneFailure;
use inturn_client_core::session::State;
use inturn_page_core::messages::{Configure, ToPage, ToRecorder};
use inturn_page_core::page::{Effect, Input, Page};
use inturn_page_core::view::Action;
use inturn_protocol::PageConfig;

use crate::support::{effects, give, press, problem, ready, recording, say, sent};

fn configured() -> ToRecorder {
    ToRecorder::Configure(Configure {
        chunk_ms: PageConfig::default().chunk_ms,
        ..Configure::default()
    })
}

#[test]
fn the_recorder_is_configured_once_both_sides_are_there_in_either_order() {
    let config = || Input::Configured(Ok(PageConfig::default()));
    let is_ready = || Input::Recorder(ToPage::Ready);
    for (first, second) in [(config(), is_ready()), (is_ready(), config())] {
        let mut page = Page::new();
        assert_eq!(sent(&give(&mut page, first)), []);
        assert_eq!(sent(&give(&mut page, second)), [configured()]);
    }
}

#[test]
fn without_a_configuration_the_page_says_so_and_goes_on_with_the_defaults() {
    let mut page = Page::new();
    page.handle(Input::Recorder(ToPage::Ready));
    let effects = give(
        &mut page,
        Input::Configured(Err(MicrophoneFailure::Unloaded)),
    );
    assert_eq!(problem(&effects).map(|it| it.0), Some("page-unloaded"));
    assert_eq!(sent(&effects), [configured()]);
    let opened = |effect: &Effect| matches!(effect, Effect::OpenSettings(_));
    assert!(effects.iter().any(opened));
}

#[test]
fn record_opens_the_audio_in_the_click_and_then_sends_it_to_the_recorder() {
    let mut page = ready();
    assert_eq!(give(&mut page, press(Action::Record)), [Effect::OpenAudio]);
    let record = ToRecorder::Pressed(Action::Record);
    assert_eq!(give(&mut page, Input::AudioOpened), [Effect::Tell(record)]);
}

#[test]
fn a_recording_that_cannot_begin_is_never_sent_to_the_recorder() {
    let mut page = ready();
    give(&mut page, press(Action::Record));
    let effects = give(
        &mut page,
        Input::AudioFailed(MicrophoneFailure::InsecurePage),
    );
    assert_eq!(problem(&effects).map(|it| it.0), Some("page-insecure"));
    assert_eq!(sent(&effects), []);
    let Some(Effect::ShowState(view)) = effects.last() else {
        panic!("no state: {effects:?}");
    };
    assert_eq!((view.name, view.status.as_str()), ("idle", "Stopped"));
    // Record opens an audio graph again.
    assert_eq!(give(&mut page, press(Action::Record)), [Effect::OpenAudio]);
}

#[test]
fn the_further_clicks_of_a_double_click_count_only_as_a_stop_of_the_microphone() {
    let again = |action| Input::Pressed {
        action,
        is_repeat: true,
    };
    let mut page = ready();
    assert_eq!(give(&mut page, again(Action::Record)), []);

    let mut page = recording();
    let stop = ToRecorder::Pressed(Action::Stop);
    assert_eq!(sent(&give(&mut page, again(Action::Stop))), [stop]);
    // The next would end the wait for the last words.
    assert_eq!(give(&mut page, again(Action::Stop)), []);
    say(
        &mut page,
        State::Finishing(inturn_client_core::session::Awaited::LastWords),
    );
    assert_eq!(give(&mut page, again(Action::Stop)), []);
    effects(&mut page);
}
