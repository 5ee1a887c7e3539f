//! The microphone: asked for, given up, lost, ended.

use inturn_client_core::problem::MicrophoneFailure;
use inturn_client_core::session::State;
use inturn_page_core::messages::{ToPage, ToRecorder};
use inturn_page_core::page::{Ask, Effect, Input, Page};
use inturn_page_core::view::Action;

use crate::support::{give, press, ready, recording, say, sent};

fn asking() -> Page {
    let mut page = ready();
    give(&mut page, press(Action::Record));
    give(&mut page, Input::AudioOpened);
    say(&mut page, State::AwaitingMicrophone);
    let effects = give(&mut page, Input::Recorder(ToPage::OpenMicrophone));
    assert!(matches!(
        effects[..],
        [Effect::AskMicrophone { ask: Ask(1), .. }]
    ));
    page
}

fn opened(ask: u32) -> Input {
    Input::MicrophoneOpened {
        ask: Ask(ask),
        rate_hz: 44_100,
    }
}

#[test]
fn a_microphone_that_comes_is_taken_and_sent() {
    let mut page = asking();
    let taken = Effect::TakeMicrophone { rate_hz: 44_100 };
    assert_eq!(give(&mut page, opened(1)), [taken]);
}

#[test]
fn a_failure_to_get_one_is_sent() {
    let mut page = asking();
    let failure = MicrophoneFailure::Denied;
    let failed = Input::MicrophoneFailed {
        ask: Ask(1),
        failure,
    };
    assert_eq!(
        give(&mut page, failed),
        [
            Effect::DropMicrophone,
            Effect::Tell(ToRecorder::MicrophoneFailed(failure))
        ]
    );
}

#[test]
fn a_prompt_that_was_given_up_is_not_answered_any_more() {
    let mut page = asking();
    let closed = give(&mut page, Input::Recorder(ToPage::CloseMicrophone));
    assert_eq!(closed, [Effect::DropMicrophone]);
    assert_eq!(give(&mut page, opened(1)), []);
    // Nor does the answer count for the next prompt.
    give(&mut page, press(Action::Record));
    give(&mut page, Input::AudioOpened);
    give(&mut page, Input::Recorder(ToPage::OpenMicrophone));
    assert_eq!(give(&mut page, opened(1)), []);
    assert_eq!(give(&mut page, opened(2)).len(), 1);
}

#[test]
fn a_microphone_that_is_on_hands_over_its_last_block_before_it_goes() {
    let mut page = recording();
    let closed = give(&mut page, Input::Recorder(ToPage::CloseMicrophone));
    assert_eq!(closed, [Effect::EndMicrophone]);
    // A second time changes nothing.
    let closed = give(&mut page, Input::Recorder(ToPage::CloseMicrophone));
    assert_eq!(closed, []);
    assert_eq!(
        give(&mut page, Input::MicrophoneEnded),
        [Effect::DropMicrophone]
    );
    assert_eq!(give(&mut page, Input::MicrophoneEnded), []);
}

#[test]
fn where_the_last_block_never_comes_the_microphone_goes_with_the_recording() {
    let mut page = recording();
    give(&mut page, Input::Recorder(ToPage::CloseMicrophone));
    let idle = say(&mut page, State::Idle);
    assert_eq!(idle[0], Effect::DropMicrophone);
}

#[test]
fn record_during_the_last_block_opens_a_new_audio_graph() {
    let mut page = recording();
    give(&mut page, Input::Recorder(ToPage::CloseMicrophone));
    assert_eq!(give(&mut page, press(Action::Record)), [Effect::OpenAudio]);
    // What ends now is the microphone before: the new one stays.
    assert_eq!(give(&mut page, Input::MicrophoneEnded), []);
}

#[test]
fn a_lost_microphone_is_the_recorders_to_judge() {
    let mut page = recording();
    let effects = give(&mut page, Input::MicrophoneLost);
    assert_eq!(sent(&effects), [ToRecorder::MicrophoneLost]);
    assert_eq!(effects.len(), 1);
}
