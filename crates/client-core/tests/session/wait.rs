//! A limit that says how long to wait: the wait is counted down, and said once.

use std::time::Duration;

use super::start::recording_works_again;
use super::story::{Script, Story};

fn limited(retry_after_seconds: u32) -> Story {
    let body = format!(
        r#"{{"error":"No.","code":"limit_reached","retry_after_seconds":{retry_after_seconds}}}"#
    );
    let mut story = Story::new(Script {
        token: Some((Duration::from_millis(250), Ok((429, body)))),
        ..Script::default()
    });
    story.record();
    story.speak(300);
    assert_eq!(story.problem().as_deref(), Some("limit-reached"));
    story.lines();
    story
}

fn wait_shown(story: &Story) -> &str {
    let (_, advice) = story
        .sentence()
        .and_then(|it| it.split_once(". "))
        .expect("a problem");
    advice
}

#[test]
fn each_second_is_shown_and_only_the_beginning_and_the_end_are_news() {
    let mut story = limited(3);
    let mut seen = Vec::new();
    // The answer came 50 ms before.
    for _ in 0..40 {
        let shown = (
            wait_shown(&story).to_owned(),
            story.shown().expect("one").is_news,
        );
        if seen.last() != Some(&shown) {
            seen.push(shown);
        }
        story.wait(100);
    }
    let seen: Vec<(&str, bool)> = seen
        .iter()
        .map(|(text, news)| (text.as_str(), *news))
        .collect();
    assert_eq!(
        seen,
        [
            ("Press Record again in 0:03.", true),
            ("Press Record again in 0:02.", false),
            ("Press Record again in 0:01.", false),
            ("Press Record to try again.", true),
        ]
    );
    assert_eq!(story.lines().len(), 3, "nothing is shown twice");
    assert_eq!(story.recorder.next_wake(), None);
}

#[test]
fn the_wait_is_over_when_its_time_has_come_however_late_the_timer() {
    let mut story = limited(10);
    story.now = story.now + Duration::from_secs(7);
    story.give(inturn_client_core::session::Input::Wake);
    assert_eq!(wait_shown(&story), "Press Record again in 0:03.");
    story.now = story.now + Duration::from_secs(60);
    story.give(inturn_client_core::session::Input::Wake);
    assert_eq!(wait_shown(&story), "Press Record to try again.");
}

#[test]
fn a_long_wait_is_a_clock_that_runs_down() {
    let mut story = limited(7_300);
    assert_eq!(wait_shown(&story), "Press Record again in 2:01:40.");
    // The answer came 50 ms before.
    story.wait(100_000);
    assert_eq!(wait_shown(&story), "Press Record again in 2:00:00.");
    story.wait(3_600_000);
    assert_eq!(wait_shown(&story), "Press Record again in 1:00:00.");
    story.wait(1_000);
    assert_eq!(wait_shown(&story), "Press Record again in 59:59.");
    assert_eq!(
        story.lines().len(),
        100 + 3_600 + 1,
        "no second is told twice"
    );
}

#[test]
fn record_may_be_pressed_before_and_ends_the_wait() {
    for pressed_after_ms in [0, 1_500, 5_000] {
        let mut story = limited(3);
        story.wait(pressed_after_ms);
        recording_works_again(story);
    }
}

#[test]
fn a_wait_of_no_time_is_none() {
    let story = limited(0);
    assert_eq!(wait_shown(&story), "Press Record to try again.");
    assert_eq!(story.recorder.next_wake(), None);
}
