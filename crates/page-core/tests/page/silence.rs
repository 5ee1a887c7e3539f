//! A silent microphone is named, and the message goes away with the silence.

use inturn_client_core::{problem::Problem, session::Event};
use inturn_page_core::{page::Effect, view::ProblemView};

use crate::support::{problem, recording, report};

const SILENT: Event = Event::Problem(Problem::MicrophoneSilent);
const RESOLVED: Event = Event::Resolved(Problem::MicrophoneSilent);

#[test]
fn the_message_names_the_microphone() {
    let mut page = recording();
    let (kind, sentence, is_announced) =
        problem(&report(&mut page, SILENT)).expect("a problem is shown");
    assert_eq!(kind, "microphone-silent");
    assert!(
        sentence.starts_with("We hear nothing from “Headset”. Check "),
        "{sentence}"
    );
    assert!(is_announced);
}

#[test]
fn a_microphone_without_a_name_is_just_the_microphone() {
    let view = ProblemView::new(&Problem::MicrophoneSilent, "", true);
    assert!(view.sentence.contains("nothing from the microphone."));
}

#[test]
fn a_long_name_is_cut_off() {
    let view = ProblemView::new(&Problem::MicrophoneSilent, &"ä".repeat(500), true);
    assert!(view.sentence.chars().count() <= 160, "{}", view.sentence);
}

#[test]
fn the_message_goes_away_with_the_silence() {
    let mut page = recording();
    report(&mut page, SILENT);
    assert_eq!(report(&mut page, RESOLVED), [Effect::ClearProblem]);
    assert_eq!(report(&mut page, RESOLVED), []);
}

#[test]
fn another_problem_stays() {
    let mut page = recording();
    report(&mut page, SILENT);
    report(&mut page, Event::Problem(Problem::TurnUnreadable));
    assert_eq!(report(&mut page, RESOLVED), []);
}
