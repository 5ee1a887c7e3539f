//! A rate limit with a wait: the recorder counts it down and reports each second once.

use std::time::Duration;

use inturn_client_core::session::Input;

use super::{
    start::recording_works_again,
    story::{Script, Story},
};

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
    assert_eq!(story.problem().as_deref(), Some("LimitReached"));
    story.lines();
    story
}

#[test]
fn each_second_of_the_wait_is_reported_once() {
    let mut story = limited(3);
    assert_eq!(story.retry_wait(), Some(3));
    story.advance(4_000);
    assert_eq!(story.lines(), ["wait 2", "wait 1", "wait 0"]);
    assert_eq!(story.recorder.next_wake(), None);
}

#[test]
fn the_wait_ends_on_time_even_if_the_timer_is_late() {
    let mut story = limited(10);
    story.now = story.now + Duration::from_secs(7);
    story.handle(Input::Wake);
    assert_eq!(story.retry_wait(), Some(3));
    story.now = story.now + Duration::from_secs(60);
    story.handle(Input::Wake);
    assert_eq!(story.retry_wait(), Some(0));
}

#[test]
fn a_long_wait_counts_down_by_the_second() {
    let mut story = limited(7_300);
    assert_eq!(story.retry_wait(), Some(7_300));
    // The answer came 50 ms before.
    story.advance(100_000);
    assert_eq!(story.retry_wait(), Some(7_200));
    story.advance(3_600_000);
    assert_eq!(story.retry_wait(), Some(3_600));
    story.advance(1_000);
    assert_eq!(story.retry_wait(), Some(3_599));
    assert_eq!(story.lines().len(), 100 + 3_600 + 1);
}

#[test]
fn record_ends_the_wait() {
    for pressed_after_ms in [0, 1_500, 5_000] {
        let mut story = limited(3);
        story.advance(pressed_after_ms);
        recording_works_again(story);
    }
}

#[test]
fn a_wait_of_zero_seconds_sets_no_timer() {
    let story = limited(0);
    assert_eq!(story.retry_wait(), Some(0));
    assert_eq!(story.recorder.next_wake(), None);
}
