//! An interruption is shown until it is over, and the network's events reach the recorder.

use inturn_client_core::{
    problem::{Problem, TokenFailure},
    session::{Event, Outage, State},
};
use inturn_page_core::{
    messages::ToRecorder,
    page::{Effect, Input},
};
use inturn_protocol::{CloseCause, ErrorCode};

use crate::support::{handle, problem, ready, recording, report, report_state, sent};

const LOST: Problem = Problem::Closed(CloseCause::ConnectionLost);

fn limited(secs: u32) -> Problem {
    Problem::Token(TokenFailure::Refused {
        code: ErrorCode::LimitReached,
        retry_after_secs: Some(secs),
    })
}

#[test]
fn an_interruption_is_shown_until_it_is_over() {
    let mut page = recording();
    let offline = State::Reconnecting {
        outage: Outage::Offline,
        secs: 3,
    };
    report_state(&mut page, offline);
    let (kind, sentence, is_announced) =
        problem(&report(&mut page, Event::Interrupted(LOST))).expect("a problem is shown");
    assert_eq!(kind, "connection-lost");
    assert!(sentence.contains("Leave this page open"), "{sentence}");
    assert!(is_announced);
    assert_eq!(
        report(&mut page, Event::Resolved(LOST)),
        [Effect::ClearProblem]
    );
}

#[test]
fn the_countdown_of_an_interruption_is_shown_and_ends_with_it() {
    let mut page = recording();
    report(&mut page, Event::Interrupted(limited(42)));
    let (_, sentence, is_announced) =
        problem(&report(&mut page, Event::RetryWait(7))).expect("the wait is shown");
    assert!(sentence.ends_with("in 0:07."), "{sentence}");
    assert!(!is_announced);
    assert_eq!(
        report(&mut page, Event::Resolved(limited(42))),
        [Effect::ClearProblem]
    );
}

#[test]
fn the_problem_that_ends_a_recording_replaces_the_interruption() {
    let mut page = recording();
    report(&mut page, Event::Interrupted(LOST));
    let (_, sentence, _) =
        problem(&report(&mut page, Event::Problem(LOST))).expect("a problem is shown");
    assert!(sentence.contains("press Record"), "{sentence}");
}

#[test]
fn the_recorder_hears_of_the_network_and_of_the_persons_return() {
    let inputs = [
        (
            Input::Network { is_up: false },
            ToRecorder::Network { is_up: false },
        ),
        (
            Input::Network { is_up: true },
            ToRecorder::Network { is_up: true },
        ),
        (Input::Shown, ToRecorder::Shown),
    ];
    let (mut recording, mut idle) = (recording(), ready());
    for (input, message) in inputs {
        assert_eq!(sent(&handle(&mut recording, input.clone())), [message]);
        assert_eq!(sent(&handle(&mut idle, input)), []);
    }
}
