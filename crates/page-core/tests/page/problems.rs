//! Who owns the problem line.

use inturn_client_core::problem::{MicrophoneFailure, Problem, TokenFailure};
use inturn_client_core::session::{Event, State};
use inturn_page_core::page::{Effect, Input, Page};
use inturn_page_core::view::Action;
use inturn_protocol::ErrorCode;

use crate::support::{give, hear, press, problem, ready, say};

/// A page whose recorder was refused by a limit, for so many seconds.
fn limited(secs: u32) -> Page {
    let mut page = ready();
    let refused = TokenFailure::Refused {
        code: ErrorCode::LimitReached,
        retry_after_secs: Some(secs),
    };
    let effects = hear(&mut page, Event::Problem(Problem::Token(refused)));
    let (kind, sentence, is_news) = problem(&effects).expect("one is shown");
    assert_eq!((kind, is_news), ("limit-reached", true));
    assert!(sentence.ends_with("Press Record again in 0:03."));
    say(&mut page, State::Idle);
    page
}

#[test]
fn each_second_of_a_wait_is_shown_and_only_its_end_is_news() {
    let mut page = limited(3);
    for (secs, remedy, is_news) in [
        (2, "Press Record again in 0:02.", false),
        (1, "Press Record again in 0:01.", false),
        (0, "Press Record to try again.", true),
    ] {
        let effects = hear(&mut page, Event::RetryWait(secs));
        let shown = problem(&effects).expect("it is shown");
        assert!(shown.1.ends_with(remedy), "{}", shown.1);
        assert_eq!(shown.2, is_news);
    }
}

#[test]
fn a_wait_does_not_overwrite_a_problem_of_the_page() {
    let mut page = limited(3);
    give(&mut page, press(Action::Record));
    let failed = Input::AudioFailed(MicrophoneFailure::InsecurePage);
    assert!(problem(&give(&mut page, failed)).is_some());
    assert_eq!(hear(&mut page, Event::RetryWait(2)), []);
    assert_eq!(hear(&mut page, Event::RetryWait(0)), []);
}

#[test]
fn a_wait_does_not_overwrite_another_problem_of_the_recorder() {
    let mut page = limited(3);
    hear(&mut page, Event::Problem(Problem::NoBegin));
    assert_eq!(hear(&mut page, Event::RetryWait(2)), []);
}

#[test]
fn a_recording_that_starts_clears_the_line() {
    let mut page = limited(3);
    let effects = say(&mut page, State::AwaitingMicrophone);
    assert_eq!(effects[0], Effect::ClearProblem);
    assert_eq!(hear(&mut page, Event::RetryWait(2)), []);
    // Nothing is beside the next state.
    let effects = say(&mut page, State::Idle);
    let Some(Effect::ShowState(view)) = effects.first() else {
        panic!("no state: {effects:?}");
    };
    assert_eq!(view.status, "Ready");
}

#[test]
fn beside_a_problem_the_page_has_stopped() {
    let mut page = ready();
    hear(&mut page, Event::Problem(Problem::NoBegin));
    let effects = say(&mut page, State::Idle);
    let Some(Effect::ShowState(view)) = effects.first() else {
        panic!("no state: {effects:?}");
    };
    assert_eq!(view.status, "Stopped");
}
