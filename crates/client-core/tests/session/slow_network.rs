//! From Stop to the last word on a network that is slow, still or gone.

use std::time::Duration;

use inturn_client_core::session::{FINISH_TIMEOUT, PROBE_TIMEOUT, SLOW_LAST_WORDS_TIMEOUT};

use super::start::recording_works_again;
use super::story::{Script, Story, TERMINATION, Uplink, end};

/// 20 kB/s, where audio takes 32 kB/s.
const SLOW: u64 = 20_000;

fn on_an_uplink_of(bytes_per_second: u64) -> Story {
    Story::listening_to(Script {
        uplink: Uplink::Carries { bytes_per_second },
        termination: Some(Duration::from_secs(1)),
        ..Script::default()
    })
}

/// The states shown since the last look, one after another.
fn shown(story: &mut Story) -> Vec<String> {
    let lines = story.lines();
    let shown = lines.iter().filter_map(|it| it.strip_prefix("show "));
    shown.map(str::to_owned).collect()
}

#[test]
fn all_that_was_said_leaves_before_a_slow_uplink_is_given_up() {
    let mut story = on_an_uplink_of(SLOW);
    story.speak(30_000);
    // Of 960 kB, 600 are gone: 11 s of audio or so are left, which take 18 s.
    story.lines();
    story.stop();
    story.wait(17_000);
    assert_eq!(story.state(), "finishing");
    let status = shown(&mut story);
    assert_eq!(status[..2], ["finishing", "finishing: sending 11 s"]);
    assert_eq!(
        status.last().map(String::as_str),
        Some("finishing: sending 1 s")
    );
    story.hear(&end(0, "To the last word."));
    story.wait_for_rest();
    assert_eq!(story.problem(), None);
    assert_eq!(story.ledger.frames.len(), 300);
    recording_works_again(story);
}

#[test]
fn a_good_uplink_shows_no_countdown() {
    let mut story = on_an_uplink_of(1_000_000);
    story.speak(5_000);
    story.lines();
    story.stop();
    story.wait_for_rest();
    assert_eq!(shown(&mut story), ["finishing", "idle"]);
    assert_eq!(story.problem(), None);
}

#[test]
fn a_network_that_is_still_for_eight_seconds_loses_nothing() {
    // All that was sent disappears in the system's own buffers: the socket seems empty.
    let mut story = Story::listening_to(Script {
        termination: None,
        probe: None,
        ..Script::default()
    });
    story.speak(500);
    story.lines();
    story.stop();
    story.wait(7_999);
    assert_eq!(shown(&mut story), ["finishing"]);
    // The network is asked after, and gives no answer.
    story.wait(1);
    assert_eq!(shown(&mut story), ["finishing: offline"]);
    story.probed(true);
    assert_eq!(shown(&mut story), ["finishing"]);
    story.hear(&end(0, "To the last word."));
    story.hear(TERMINATION);
    assert_eq!(story.state(), "idle");
    assert_eq!(story.problem(), None);
}

#[test]
fn a_service_that_says_nothing_on_a_good_network_is_left_after_five_seconds() {
    let mut story = Story::listening_to(Script {
        termination: None,
        ..Script::default()
    });
    story.speak(500);
    story.stop();
    story.wait(4_999);
    assert_eq!(story.state(), "finishing");
    story.wait(1);
    assert_eq!(story.problem().as_deref(), Some("EndUnconfirmed"));
    recording_works_again(story);
}

#[test]
fn a_service_that_says_nothing_once_the_network_is_back_is_left() {
    let mut story = Story::listening_to(Script {
        termination: None,
        probe: None,
        ..Script::default()
    });
    story.speak(500);
    story.stop();
    story.wait(20_000);
    story.probed(false);
    assert_eq!(story.state(), "finishing");
    story.script.probe = Some(Duration::ZERO);
    story.probed(true);
    story.wait(SLOW_LAST_WORDS_TIMEOUT.as_millis() as u64 - 1);
    assert_eq!(story.state(), "finishing");
    story.wait(1);
    assert_eq!(story.problem().as_deref(), Some("EndUnconfirmed"));
}

#[test]
fn bytes_that_stay_in_the_socket_are_left_after_half_a_minute() {
    let mut story = on_an_uplink_of(0);
    story.speak(500);
    story.stop();
    story.wait(SLOW_LAST_WORDS_TIMEOUT.as_millis() as u64);
    assert_eq!(story.state(), "finishing");
    story.wait(1_000);
    assert_eq!(story.problem().as_deref(), Some("EndUnconfirmed"));
}

#[test]
fn a_backlog_that_the_service_has_not_reported_is_waited_for() {
    // Ten seconds without a word: silence, or audio that is still on its way.
    let mut story = Story::listening_to(Script {
        termination: Some(Duration::from_secs(12)),
        ..Script::default()
    });
    story.speak(10_000);
    story.stop();
    story.wait_for_rest();
    assert_eq!(story.problem(), None);
}

#[test]
fn a_network_that_never_comes_back_is_left_after_minutes() {
    for uplink in [
        Uplink::Swallows,
        Uplink::Carries {
            bytes_per_second: 0,
        },
    ] {
        let mut story = Story::listening_to(Script {
            uplink,
            termination: None,
            probe: None,
            ..Script::default()
        });
        story.speak(500);
        story.stop();
        story.wait(FINISH_TIMEOUT.as_millis() as u64 - 1);
        assert_eq!(story.state(), "finishing");
        story.wait(1);
        assert_eq!(story.problem().as_deref(), Some("EndUnconfirmed"));
        recording_works_again(story);
    }
}

#[test]
fn a_second_stop_ends_it_at_once() {
    let mut story = on_an_uplink_of(SLOW);
    story.speak(30_000);
    story.stop();
    story.wait(2_000);
    story.stop();
    assert_eq!(story.problem().as_deref(), Some("CutShort"));
    assert_eq!(story.state(), "idle");

    let mut story = Story::listening_to(Script {
        termination: None,
        probe: None,
        ..Script::default()
    });
    story.speak(500);
    story.stop();
    story.wait(5_000 + PROBE_TIMEOUT.as_millis() as u64);
    story.stop();
    assert_eq!(story.problem().as_deref(), Some("CutShort"));
    // An answer that comes now is nobody's.
    story.probed(true);
    recording_works_again(story);
}

#[test]
fn a_backlog_that_waits_for_its_turn_is_counted_too() {
    // Eight seconds were said before the service was there; they go out at 1.25 times real time.
    let mut story = Story::new(Script {
        begin: Some(Duration::from_secs(8)),
        ..Script::default()
    });
    story.record();
    story.speak(8_000);
    story.stop();
    story.wait(0);
    let status = shown(&mut story);
    assert!(
        status.contains(&"finishing: sending 8 s".to_owned()),
        "{status:?}"
    );
    story.wait_for_rest();
    assert_eq!(story.problem(), None);
}
