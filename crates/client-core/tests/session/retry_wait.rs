//! A rate limit with a wait: the recorder counts it down, reports each second once, and then tries
//! again.

use std::time::Duration;

use inturn_client_core::session::Input;

use super::{
    start::recording_works_again,
    story::{Script, Story, token_body},
};

/// Plays a recording whose first token is refused because of a rate limit.
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
    assert_eq!(story.state(), "reconnecting");
    story.lines();
    story
}

/// Lets our server grant tokens from now on.
fn end_limit(story: &mut Story) {
    story.script.token = Some((Duration::ZERO, Ok((200, token_body()))));
}

#[test]
fn each_second_of_the_wait_is_reported_once_and_the_next_attempt_follows() {
    let mut story = limited(3);
    assert_eq!(story.retry_wait(), Some(3));
    end_limit(&mut story);
    story.advance(2_949);
    assert_eq!(story.lines(), ["wait 2", "sound Stalled", "wait 1"]);
    story.advance(1);
    let lines = story.lines();
    assert_eq!(
        lines[..5],
        [
            "wait 0",
            "fetch token 2",
            "open socket 2",
            "log session s1 began",
            "resolved LimitReached"
        ]
    );
    assert_eq!(story.state(), "listening");
    // All audio is kept meanwhile.
    assert_eq!(story.ledger.frames.len(), 3);
}

#[test]
fn each_refusal_starts_its_own_wait() {
    let mut story = limited(3);
    story.speak(2_900);
    story.speak(400);
    assert_eq!(story.problem().as_deref(), Some("LimitReached"));
    assert_eq!(story.retry_wait(), Some(3));
    story.lines();
    story.speak(1_000);
    assert_eq!(story.lines(), ["wait 2"]);
}

#[test]
fn the_wait_ends_on_time_even_if_the_timer_is_late() {
    let mut story = limited(10);
    story.now = story.now + Duration::from_secs(7);
    story.handle(Input::Wake);
    assert_eq!(story.retry_wait(), Some(3));
    story.now = story.now + Duration::from_secs(60);
    story.lines();
    story.handle(Input::Wake);
    assert_eq!(story.lines(), ["wait 0", "fetch token 2"]);
}

#[test]
fn a_long_wait_counts_down_by_the_second() {
    let mut story = limited(130);
    assert_eq!(story.retry_wait(), Some(130));
    // The answer came 50 ms before.
    story.speak(100_000);
    assert_eq!(story.retry_wait(), Some(30));
    assert_eq!(story.lines().len(), 100);
    end_limit(&mut story);
    story.speak(30_000);
    assert_eq!(story.state(), "listening");
}

#[test]
fn the_next_recording_does_not_wait() {
    for pressed_after_ms in [0, 1_500, 5_000] {
        let mut story = limited(30);
        story.advance(pressed_after_ms);
        story.stop();
        assert_eq!(story.state(), "finishing");
        story.stop();
        recording_works_again(story);
    }
}

#[test]
fn a_wait_of_zero_seconds_is_a_usual_backoff() {
    let mut story = limited(0);
    assert_eq!(story.retry_wait(), Some(0));
    end_limit(&mut story);
    story.speak(500);
    assert_eq!(story.state(), "listening");
    let lines = story.lines();
    assert!(
        lines.iter().all(|line| !line.starts_with("wait")),
        "{lines:?}"
    );
}
