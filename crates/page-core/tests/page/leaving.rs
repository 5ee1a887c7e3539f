//! Leaving the page.

use inturn_client_core::session::State;
use inturn_page_core::messages::ToRecorder;
use inturn_page_core::page::{Effect, Input};
use inturn_page_core::view::Action;

use crate::support::{give, press, ready, recording, say, sent};
use crate::transcript::{changes, tell_changes};

#[test]
fn a_page_that_records_turns_the_microphone_off_and_ends_its_recorder() {
    let mut page = recording();
    assert_eq!(
        give(&mut page, Input::Leaving),
        [
            Effect::Tell(ToRecorder::Leaving),
            Effect::DropMicrophone,
            Effect::EndRecorder
        ]
    );
    // The button is dead until there is another recorder.
    assert_eq!(sent(&give(&mut page, press(Action::Stop))), []);
}

#[test]
fn a_page_at_rest_keeps_its_recorder() {
    let mut page = ready();
    let effects = give(&mut page, Input::Leaving);
    assert!(!effects.contains(&Effect::EndRecorder));
    assert_eq!(give(&mut page, Input::CameBack), []);
    assert_eq!(give(&mut page, press(Action::Record)), [Effect::OpenAudio]);
}

#[test]
fn the_browser_asks_while_a_recording_goes_on_or_there_are_words() {
    let asks = |effects: &[Effect]| {
        effects.iter().find_map(|effect| match effect {
            Effect::AskBeforeLeaving(asks) => Some(*asks),
            _ => None,
        })
    };
    let mut page = ready();
    assert_eq!(asks(&say(&mut page, State::AwaitingMicrophone)), Some(true));
    assert_eq!(asks(&say(&mut page, State::Listening)), None);
    assert_eq!(asks(&say(&mut page, State::Idle)), Some(false));

    let mut page = recording();
    tell_changes(&mut page, &changes());
    assert_eq!(asks(&say(&mut page, State::Idle)), None);
}
