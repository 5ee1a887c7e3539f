//! Restoring a page that was left during a recording.

use inturn_client_core::session::{Progress, State};
use inturn_page_core::{
    messages::{ToPage, ToRecorder},
    page::{Effect, Input},
    view::Action,
};
use inturn_transcript::TurnState;

use crate::{
    support::{begin, handle, report_state, sent},
    transcript::{INFO, page},
};

#[test]
fn the_new_recorder_continues_after_the_sessions_that_the_page_has_shown() {
    let (mut page, _) = page();
    report_state(&mut page, State::Listening(Progress::Live));
    handle(&mut page, Input::Leaving);

    let effects = handle(&mut page, Input::Restored);
    assert!(effects.contains(&Effect::StartRecorder));
    let effects = handle(&mut page, Input::Recorder(ToPage::Ready));
    let [ToRecorder::Configure(configure)] = &sent(&effects)[..] else {
        panic!("expected one Configure message: {effects:?}");
    };
    assert_eq!(configure.sessions, 2);

    let (info, shown) = page.document().last().expect("the page has a recording");
    assert_eq!(*info, INFO);
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
fn open_turns_are_marked_as_cut_off() {
    let (mut page, _) = page();
    report_state(&mut page, State::Listening(Progress::Live));
    handle(&mut page, Input::Leaving);
    let effects = handle(&mut page, Input::Restored);
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
fn the_button_works_once_the_new_recorder_is_ready() {
    let (mut page, _) = page();
    report_state(&mut page, State::Listening(Progress::Live));
    handle(&mut page, Input::Leaving);
    handle(&mut page, Input::Restored);
    handle(&mut page, Input::Recorder(ToPage::Ready));
    report_state(&mut page, State::Idle);
    let record = ToRecorder::Pressed(Action::Record);
    assert_eq!(sent(&begin(&mut page)), [record]);
}
