//! Coming back to a page that was left in mid-recording.

use inturn_client_core::recording::Recording;
use inturn_client_core::session::{Recorder, State};
use inturn_page_core::messages::{Configure, ToPage, ToRecorder, decode, encode};
use inturn_page_core::page::{Effect, Input};
use inturn_page_core::view::Action;
use inturn_transcript::TurnState;

use crate::support::{give, press, say, sent};
use crate::transcript::{INFO, page};

#[test]
fn worker_and_page_hold_the_same_transcript_again() {
    let (mut page, _) = page();
    say(&mut page, State::Listening);
    give(&mut page, Input::Leaving);

    let effects = give(&mut page, Input::CameBack);
    assert!(effects.contains(&Effect::StartRecorder));
    let effects = give(&mut page, Input::Recorder(ToPage::Ready));
    let [message @ ToRecorder::Configure(_)] = &sent(&effects)[..] else {
        panic!("the new recorder is configured: {effects:?}");
    };

    // What the new worker does with it.
    let bytes = encode(message).expect("it encodes");
    let Some(ToRecorder::Configure(Configure { sessions, last, .. })) = decode(&bytes) else {
        panic!("the worker reads it");
    };
    let (info, transcript) = last.expect("there is a recording");
    let mut recorder = Recorder::default();
    recorder.restore(Recording::restored(info, transcript), sessions);

    assert_eq!(recorder.recording().info(), INFO);
    let (_, shown) = page.document().last().expect("there is a recording");
    assert_eq!(recorder.recording().transcript(), shown);
    assert_eq!(sessions, 2);
    let states: Vec<_> = shown.turns().map(|turn| turn.state).collect();
    assert_eq!(
        states,
        [
            TurnState::Formatted,
            TurnState::Formatted,
            TurnState::Unfinished
        ]
    );
}

#[test]
fn the_turns_that_were_open_are_marked() {
    let (mut page, _) = page();
    say(&mut page, State::Listening);
    give(&mut page, Input::Leaving);
    let effects = give(&mut page, Input::CameBack);
    let marked: Vec<_> = effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::ShowEntry(inturn_page_core::EntryChange::Put { view, .. }) => {
                Some((view.firm.as_str(), view.remark))
            }
            _ => None,
        })
        .collect();
    assert_eq!(marked, [("Third", Some("cut off here"))]);
}

#[test]
fn the_button_works_again_once_the_new_recorder_says_so() {
    let (mut page, _) = page();
    say(&mut page, State::Listening);
    give(&mut page, Input::Leaving);
    give(&mut page, Input::CameBack);
    give(&mut page, Input::Recorder(ToPage::Ready));
    say(&mut page, State::Idle);
    assert_eq!(give(&mut page, press(Action::Record)), [Effect::OpenAudio]);
    let record = ToRecorder::Pressed(Action::Record);
    assert_eq!(sent(&give(&mut page, Input::AudioOpened)), [record]);
}
