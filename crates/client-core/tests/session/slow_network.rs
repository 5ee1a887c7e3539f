//! From Stop to the last word on a network that is slow, stalled or down.

use std::time::Duration;

use inturn_client_core::{
    problem::TokenFailure,
    session::{FINISH_TIMEOUT, PROBE_TIMEOUT, SLOW_LAST_WORDS_TIMEOUT},
};

use super::{
    start::recording_works_again,
    story::{Script, Story, TERMINATION, Uplink, end},
};

/// 20 kB/s; live audio needs 32 kB/s.
const SLOW: u64 = 20_000;

fn on_an_uplink_of(bytes_per_second: u64) -> Story {
    Story::listening_to(Script {
        uplink: Uplink::Limited { bytes_per_second },
        termination: Some(Duration::from_secs(1)),
        ..Script::default()
    })
}

/// Returns the states and turns shown since the last call.
fn shown(story: &mut Story) -> Vec<String> {
    let lines = story.lines();
    let shown = lines.iter().filter_map(|it| it.strip_prefix("show "));
    shown.map(str::to_owned).collect()
}

#[test]
fn all_audio_is_sent_on_a_slow_uplink() {
    let mut story = on_an_uplink_of(SLOW);
    story.speak(30_000);
    // 600 of 960 kB are sent. About 11 s of audio are left, which take 18 s.
    story.lines();
    story.stop();
    story.advance(17_000);
    assert_eq!(story.state(), "finishing");
    let status = shown(&mut story);
    assert_eq!(
        status[..2],
        ["finishing: sending 12 s", "finishing: sending 11 s"]
    );
    assert_eq!(
        status.last().map(String::as_str),
        Some("finishing: sending 1 s")
    );
    story.receive(&end(0, "To the last word."));
    story.run_until_idle();
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
    story.run_until_idle();
    assert_eq!(shown(&mut story), ["finishing", "idle"]);
    assert_eq!(story.problem(), None);
}

#[test]
fn a_network_that_stalls_for_eight_seconds_loses_nothing() {
    // All sent bytes are in the operating system's buffers, so the socket seems empty.
    let mut story = Story::listening_to(Script {
        termination: None,
        probe: None,
        ..Script::default()
    });
    story.speak(500);
    story.lines();
    story.stop();
    story.advance(7_999);
    assert_eq!(shown(&mut story), ["finishing"]);
    // The probe gets no answer.
    story.advance(1);
    assert_eq!(shown(&mut story), ["finishing: Offline"]);
    story.answer_probe(true);
    assert_eq!(shown(&mut story), ["finishing"]);
    story.receive(&end(0, "To the last word."));
    story.receive(TERMINATION);
    assert_eq!(story.state(), "idle");
    assert_eq!(story.problem(), None);
}

/// Asserts that the recorder tries again with a second session, which needs up to `ms` to fail.
fn assert_tries_once_more(mut story: Story, ms: u64) {
    assert_eq!(story.state(), "finishing");
    assert_eq!(story.problem(), None);
    assert_eq!(story.ledger.sockets.closed, 1);
    let frames = story.ledger.frames.len();
    story.advance(ms);
    assert_eq!(story.ledger.frames.len(), 2 * frames);
    assert_eq!(story.state(), "idle");
    assert_eq!(story.problem().as_deref(), Some("EndUnconfirmed"));
    assert_eq!(story.ledger.sockets.closed, 2);
    recording_works_again(story);
}

#[test]
fn a_silent_service_on_a_good_network_times_out_after_five_seconds() {
    let mut story = Story::listening_to(Script {
        termination: None,
        ..Script::default()
    });
    story.speak(500);
    story.stop();
    story.advance(4_999);
    assert_eq!(story.ledger.sockets.closed, 0);
    story.advance(1);
    assert_tries_once_more(story, 5_500);
}

#[test]
fn a_silent_service_times_out_after_the_network_is_back() {
    let mut story = Story::listening_to(Script {
        termination: None,
        probe: None,
        ..Script::default()
    });
    story.speak(500);
    story.stop();
    story.advance(20_000);
    story.answer_probe(false);
    assert_eq!(story.state(), "finishing");
    story.script.probe = Some(Duration::ZERO);
    story.answer_probe(true);
    story.advance(SLOW_LAST_WORDS_TIMEOUT.as_millis() as u64 - 1);
    assert_eq!(story.ledger.sockets.closed, 0);
    story.advance(1);
    assert_tries_once_more(story, 5_500);
}

#[test]
fn bytes_that_stay_in_the_socket_time_out_after_half_a_minute() {
    let mut story = on_an_uplink_of(0);
    story.speak(500);
    story.stop();
    story.advance(SLOW_LAST_WORDS_TIMEOUT.as_millis() as u64);
    assert_eq!(story.ledger.sockets.closed, 0);
    story.advance(500);
    assert_tries_once_more(story, SLOW_LAST_WORDS_TIMEOUT.as_millis() as u64 + 1_500);
}

#[test]
fn unreported_audio_extends_the_wait() {
    // Ten seconds without a word are silence, or audio that is still in transit.
    let mut story = Story::listening_to(Script {
        termination: Some(Duration::from_secs(12)),
        ..Script::default()
    });
    story.speak(10_000);
    story.stop();
    story.run_until_idle();
    assert_eq!(story.problem(), None);
}

#[test]
fn a_network_that_stays_down_times_out_after_minutes() {
    for uplink in [
        Uplink::Unlimited,
        Uplink::Limited {
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
        story.script.token = Some((Duration::ZERO, Err(TokenFailure::Unreachable)));
        // First the session that may still answer, and then the attempts to open another one.
        for _ in 0..2 {
            story.advance(FINISH_TIMEOUT.as_millis() as u64 - 1);
            assert_eq!(story.state(), "finishing");
            story.advance(1);
        }
        assert_eq!(story.problem().as_deref(), Some("TokenUnreachable"));
        recording_works_again(story);
    }
}

#[test]
fn a_second_stop_ends_the_wait_at_once() {
    let mut story = on_an_uplink_of(SLOW);
    story.speak(30_000);
    story.stop();
    story.advance(2_000);
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
    story.advance(5_000 + PROBE_TIMEOUT.as_millis() as u64);
    story.stop();
    assert_eq!(story.problem().as_deref(), Some("CutShort"));
    // A late answer is ignored.
    story.answer_probe(true);
    recording_works_again(story);
}

#[test]
fn paced_audio_counts_as_unsent() {
    // The service was ready after eight seconds of audio, which are sent at 1.25 times real time.
    let mut story = Story::new(Script {
        begin: Some(Duration::from_secs(8)),
        ..Script::default()
    });
    story.record();
    story.speak(8_000);
    story.stop();
    story.advance(0);
    let status = shown(&mut story);
    assert!(
        status.contains(&"finishing: sending 8 s".to_owned()),
        "{status:?}"
    );
    story.run_until_idle();
    assert_eq!(story.problem(), None);
}
