//! A lost session is followed by another one, and each word appears once.

use std::time::Duration;

use inturn_client_core::{
    Moment,
    problem::TokenFailure,
    session::{Attempt, Effect, Input, MAX_BACKOFF, MIN_BACKOFF, Outage, STABLE_AFTER, State},
};

use super::story::{Answer, Script, Story, token_body, turn};

fn unreachable() -> Option<(Duration, Answer)> {
    Some((Duration::ZERO, Err(TokenFailure::Unreachable)))
}

/// Returns the times of all requests for a token.
fn requests(story: &Story) -> Vec<Moment> {
    let requests = story.log.iter().filter_map(|(at, effect)| match effect {
        Effect::FetchToken { .. } => Some(*at),
        _ => None,
    });
    requests.collect()
}

#[test]
fn after_a_drop_each_word_appears_once_and_in_order() {
    let mut story = Story::listening();
    story.speak(5_000);
    story.receive(&turn(0, &[("One", 200, 700), ("two.", 1_200, 1_700)], true));
    story.receive(&turn(1, &[("Three", 2_200, 2_700)], false));
    story.lines();
    story.close(1006, "");
    assert_eq!(
        story.lines(),
        [
            "log socket closed with 1006: ",
            "show 1/1 \"Three|\" final broken off",
            "show reconnecting: Service"
        ]
    );
    story.speak(500);
    assert_eq!(story.state(), "listening");
    // The settled words stay for good, the others until the second session reports its own.
    assert_eq!(story.entries(), ["One two.", "Three"]);
    // It begins a second before the end of the settled words, at 700 ms.
    story.speak(20_000);
    let sent = story.ledger.all_sockets[1].bytes / 32;
    assert_eq!(sent, 25_500 - 700);
    let words = [
        ("two.", 500, 1_000),
        ("Three", 1_500, 2_000),
        ("four.", 2_500, 3_000),
    ];
    story.receive(&turn(0, &words, true));
    assert_eq!(story.entries(), ["One two.", "Three four."]);
    story.stop();
    story.run_until_idle();
    assert_eq!(story.entries(), ["One two.", "Three four."]);
    assert_eq!(story.problem(), None);
}

#[test]
fn a_word_that_the_first_session_reports_too_late_changes_nothing() {
    let mut story = Story::listening();
    story.speak(1_000);
    let first = story.socket;
    story.close(1006, "");
    story.speak(500);
    story.lines();
    story.receive_on(first, &turn(0, &[("Ghost.", 200, 700)], true));
    assert!(story.lines().is_empty());
}

#[test]
fn a_word_before_the_seam_appears_once_although_its_times_differ() {
    let mut story = Story::listening();
    story.speak(1_000);
    story.capture(0.0, 200);
    story.speak(300);
    story.receive(&turn(0, &[("One.", 200, 940)], true));
    story.close(1006, "");
    story.speak(500);
    // The second session hears all of it, and finds the middle of the word at 970 ms.
    let words = [("One", 840, 1_100), ("two", 1_250, 1_450)];
    story.receive(&turn(0, &words, false));
    assert_eq!(story.entries(), ["One.", "two"]);
}

#[test]
fn waits_double_from_half_a_second_up_to_half_a_minute() {
    let mut story = Story::listening();
    story.script.token = unreachable();
    story.close(1006, "");
    let lost = story.now;
    story.speak(180_000);
    let mut nominal = MIN_BACKOFF;
    let mut last = lost;
    let requests = &requests(&story)[1..];
    assert!(requests.len() >= 10, "{} attempts", requests.len());
    for at in requests {
        let wait = at.since(last);
        assert!(nominal / 2 <= wait && wait <= nominal, "{wait:?}");
        nominal = (2 * nominal).min(MAX_BACKOFF);
        last = *at;
    }
}

#[test]
fn the_wait_starts_anew_after_a_session_that_lasts() {
    let mut story = Story::listening();
    for _ in 0..5 {
        story.speak(STABLE_AFTER.as_millis() as u64);
        story.close(1006, "");
        let lost = story.now;
        story.speak(500);
        let last = requests(&story).pop().expect("there is a request");
        assert!(last.since(lost) <= MIN_BACKOFF);
        assert_eq!(story.state(), "listening");
        assert_eq!(story.problem(), None);
    }
}

#[test]
fn sessions_that_die_young_are_opened_less_and_less_often() {
    let mut story = Story::listening();
    let mut waits = Vec::new();
    for _ in 0..6 {
        story.capture(0.0, 1_000);
        story.close(1006, "");
        let lost = story.now;
        while story.state() != "listening" {
            story.capture(0.0, 100);
        }
        waits.push(requests(&story).pop().expect("one").since(lost));
    }
    assert!(waits.is_sorted(), "{waits:?}");
    assert!(waits[5] >= 16 * MIN_BACKOFF, "{waits:?}");
}

#[test]
fn online_and_shown_end_a_wait_at_once() {
    for input in [Input::Online, Input::Shown] {
        let mut story = Story::listening();
        story.script.token = unreachable();
        story.close(1006, "");
        // The next wait takes at least 15 s.
        story.capture(0.0, 60_000);
        story.script = Script::default();
        story.lines();
        story.handle(input.clone());
        let attempts = requests(&story).len();
        assert_eq!(story.lines(), [format!("fetch token {attempts}")]);
        // A second one makes no second request.
        story.handle(input.clone());
        assert_eq!(requests(&story).len(), attempts);
        story.capture(0.0, 100);
        assert_eq!(story.state(), "listening");
        story.handle(input);
        assert_eq!(requests(&story).len(), attempts);
    }
}

#[test]
fn online_and_shown_do_not_shorten_a_rate_limit() {
    let mut story = Story::listening();
    story.close(
        1008,
        "Unauthorized Connection: Too many concurrent sessions",
    );
    story.lines();
    for input in [Input::Online, Input::Shown] {
        story.handle(input);
        story.speak(1_000);
        assert!(story.lines().is_empty());
    }
    story.speak(10_000);
    assert_eq!(story.state(), "listening");
}

#[test]
fn the_state_counts_the_audio_since_the_loss() {
    let mut story = Story::listening();
    story.speak(3_000);
    story.script.token = unreachable();
    story.close(1006, "");
    story.speak(4_500);
    let outage = Outage::Offline;
    assert_eq!(story.ledger.state, State::Reconnecting { outage, secs: 4 });
}

#[test]
fn the_words_are_behind_until_the_audio_of_the_outage_is_sent() {
    let mut story = Story::listening();
    story.speak(1_000);
    story.receive(&turn(0, &[("One", 0, 1_000)], true));
    story.script.token = None;
    story.close(1006, "");
    story.speak(7_000);
    let body = token_body();
    story.handle(Input::TokenReply {
        attempt: Attempt(2),
        status: 200,
        body: &body,
    });
    story.lines();
    // 8 s of backlog shrink by a quarter of a second per second.
    story.speak(35_000);
    let mut lines = story.lines();
    lines.retain(|line| line.starts_with("show"));
    assert_eq!(lines, ["show listening: behind", "show listening"]);
    assert_eq!(story.ledger.sockets.opened, 2);
}
