//! Sessions that are open but dead or deaf are replaced.

use std::time::Duration;

use inturn_client_core::session::{DEAF_AFTER, HEARTBEAT_CHECKS, STALL_CHECKS};

use super::story::{SEND_TERMINATE, Script, Story, Uplink, turn};

const HEARTBEAT: &str = r#"{"type":"Heartbeat","total_audio_received_ms":1000}"#;

/// Passes sound that counts as speech: each second has a pause of 200 ms.
fn talk(story: &mut Story, secs: u64) {
    for _ in 0..secs {
        story.capture(0.003, 200);
        story.capture(0.25, 800);
    }
}

/// Passes audio until the session is given up. Returns the number of seconds it takes.
fn secs_until_lost(story: &mut Story, mut pass: impl FnMut(&mut Story)) -> u64 {
    let since = story.now;
    let closed = story.ledger.sockets.closed;
    while story.ledger.sockets.closed == closed {
        pass(story);
        assert!(story.now.since(since) < Duration::from_secs(600));
    }
    story.now.since(since).as_secs()
}

/// [`DEAF_AFTER`] of speech, of which a second has 800 ms, and a check.
fn deaf_secs() -> u64 {
    (DEAF_AFTER * 10 / 8).as_secs() + 1
}

#[test]
fn speech_without_an_answer_is_sent_to_another_session() {
    let mut story = Story::listening();
    story.lines();
    let secs = secs_until_lost(&mut story, |story| talk(story, 1));
    assert!(secs <= deaf_secs() + 1, "{secs} s");
    assert!(secs >= DEAF_AFTER.as_secs(), "{secs} s");
    let mut lines = story.lines();
    lines.retain(|line| !line.starts_with("audio"));
    let at = lines.iter().position(|line| line == SEND_TERMINATE);
    let at = at.expect("the session is terminated");
    assert_eq!(
        lines[at..],
        [SEND_TERMINATE, "close socket", "show reconnecting: Service"]
    );
    talk(&mut story, 1);
    assert_eq!(
        story.ledger.sockets.opened, 3,
        "a live one and one for the hole"
    );
    assert_eq!(story.problem(), None);
}

#[test]
fn words_are_an_answer() {
    let mut story = Story::listening();
    for _ in 0..10 {
        talk(&mut story, DEAF_AFTER.as_secs() - 1);
        story.receive(&turn(0, &[("Go", 0, 100)], false));
    }
    assert_eq!(story.ledger.sockets.opened, 1);
    assert_eq!(story.state(), "listening");
}

#[test]
fn constant_noise_needs_no_answer() {
    let mut story = Story::listening();
    story.speak(120_000);
    assert_eq!(story.ledger.sockets.opened, 1);
    assert_eq!(story.state(), "listening");
}

#[test]
fn late_words_are_shown_as_late() {
    let mut story = Story::listening();
    talk(&mut story, 5);
    let mut lines = story.lines();
    lines.retain(|line| line.starts_with("show"));
    assert_eq!(lines, ["show listening: behind"]);
    story.receive(&turn(0, &[("Go", 0, 100)], false));
    assert_eq!(story.events(), ["show 1/0 \"|Go\""]);
    // They are live again once they have not been late for some seconds.
    story.capture(0.003, 6_000);
    assert_eq!(story.events(), ["show listening"]);
}

#[test]
fn words_that_are_late_each_time_do_not_seem_live_in_between() {
    let mut story = Story::listening();
    for _ in 0..10 {
        talk(&mut story, 4);
        story.receive(&turn(0, &[("Go", 0, 100)], false));
    }
    let mut lines = story.lines();
    lines.retain(|line| line.starts_with("show listening"));
    assert_eq!(lines, ["show listening: behind"]);
}

#[test]
fn heartbeats_that_stop_mean_a_dead_session() {
    let mut story = Story::listening();
    for _ in 0..6 {
        story.speak(5_000);
        story.receive(HEARTBEAT);
    }
    assert_eq!(story.ledger.sockets.opened, 1);
    let secs = secs_until_lost(&mut story, |story| story.speak(100));
    // The check at the time of the last heartbeat came before it.
    assert_eq!(secs, u64::from(HEARTBEAT_CHECKS) + 1);
    assert_eq!(story.state(), "reconnecting");
}

#[test]
fn a_session_without_heartbeats_needs_none() {
    let mut story = Story::listening();
    story.capture(0.0, 120_000);
    assert_eq!(story.ledger.sockets.opened, 1);
}

#[test]
fn a_socket_that_sends_nothing_is_replaced() {
    let mut story = Story::listening_to(Script {
        uplink: Uplink::Limited {
            bytes_per_second: 0,
        },
        ..Script::default()
    });
    let secs = secs_until_lost(&mut story, |story| story.speak(100));
    assert_eq!(secs, u64::from(STALL_CHECKS));
    story.script = Script::default();
    story.speak(45_000);
    assert_eq!(story.state(), "listening");
    assert_eq!(story.problem(), None);
    // The next session, with one for the hole or without, hears all of it.
    let later = &story.ledger.all_sockets[1..];
    let heard: usize = later.iter().map(|it| it.bytes / 32).sum();
    assert!(heard >= 55_000, "{heard} ms");
}

#[test]
fn a_slow_socket_is_kept() {
    let mut story = Story::listening_to(Script {
        uplink: Uplink::Limited {
            bytes_per_second: 20_000,
        },
        ..Script::default()
    });
    story.speak(120_000);
    assert_eq!(story.ledger.sockets.opened, 1);
    assert_eq!(story.state(), "listening");
}
