//! Which problem the problem line shows.

use inturn_client_core::{
    problem::{MicrophoneFailure, Problem, TokenFailure},
    session::{Event, State},
};
use inturn_page_core::{
    page::{Effect, Input, Page},
    view::Action,
};
use inturn_protocol::ErrorCode;

use crate::support::{handle, press, problem, ready, report, report_state};

/// Returns a page whose recorder was refused by a limit, with a `Retry-After` of `secs`.
fn limited(secs: u32) -> Page {
    let mut page = ready();
    let refused = TokenFailure::Refused {
        code: ErrorCode::LimitReached,
        retry_after_secs: Some(secs),
    };
    let effects = report(&mut page, Event::Problem(Problem::Token(refused)));
    let (kind, sentence, is_announced) = problem(&effects).expect("a problem is shown");
    assert_eq!((kind, is_announced), ("limit-reached", true));
    assert!(sentence.ends_with("Press Record again in 0:03."));
    report_state(&mut page, State::Idle);
    page
}

#[test]
fn each_second_of_a_wait_is_shown_and_only_its_end_is_announced() {
    let mut page = limited(3);
    for (secs, remedy, is_announced) in [
        (2, "Press Record again in 0:02.", false),
        (1, "Press Record again in 0:01.", false),
        (0, "Press Record to try again.", true),
    ] {
        let effects = report(&mut page, Event::RetryWait(secs));
        let shown = problem(&effects).expect("the problem is shown");
        assert!(shown.1.ends_with(remedy), "{}", shown.1);
        assert_eq!(shown.2, is_announced);
    }
}

#[test]
fn a_wait_does_not_overwrite_a_problem_of_the_page() {
    let mut page = limited(3);
    handle(&mut page, press(Action::Record));
    let failed = Input::AudioFailed(MicrophoneFailure::InsecurePage);
    assert!(problem(&handle(&mut page, failed)).is_some());
    assert_eq!(report(&mut page, Event::RetryWait(2)), []);
    assert_eq!(report(&mut page, Event::RetryWait(0)), []);
}

#[test]
fn a_wait_does_not_overwrite_another_problem_of_the_recorder() {
    let mut page = limited(3);
    report(&mut page, Event::Problem(Problem::NoBegin));
    assert_eq!(report(&mut page, Event::RetryWait(2)), []);
}

#[test]
fn a_recording_that_starts_clears_the_line() {
    let mut page = limited(3);
    let effects = report_state(&mut page, State::AwaitingMicrophone);
    assert_eq!(effects[0], Effect::ClearProblem);
    assert_eq!(report(&mut page, Event::RetryWait(2)), []);
    // The next state has no problem.
    let effects = report_state(&mut page, State::Idle);
    let Some(Effect::ShowState(view)) = effects.first() else {
        panic!("no state: {effects:?}");
    };
    assert_eq!(view.status, "Ready");
}

#[test]
fn with_a_problem_the_idle_state_is_stopped() {
    let mut page = ready();
    report(&mut page, Event::Problem(Problem::NoBegin));
    let effects = report_state(&mut page, State::Idle);
    let Some(Effect::ShowState(view)) = effects.first() else {
        panic!("no state: {effects:?}");
    };
    assert_eq!(view.status, "Stopped");
}
