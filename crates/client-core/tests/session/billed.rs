//! The time that sessions are connected, as the service bills it.

use std::time::Duration;

use inturn_client_core::{
    Moment,
    problem::TokenFailure,
    session::{Effect, Event, Input},
};

use super::story::{Script, Story, limited_token_body, turn};

/// Returns all reports with their times.
fn reports(story: &Story) -> Vec<(Moment, u32)> {
    let reports = story.log.iter().filter_map(|(at, effect)| match effect {
        Effect::Event(Event::Billed(secs)) => Some((*at, *secs)),
        _ => None,
    });
    reports.collect()
}

fn billed(story: &Story) -> Option<u32> {
    reports(story).last().map(|(_, secs)| *secs)
}

#[test]
fn it_counts_from_the_request_for_the_socket_to_its_close() {
    let mut story = Story::new(Script {
        token: Script::default().token.map(|(_, answer)| (secs(3), answer)),
        begin: Some(secs(2)),
        termination: Some(secs(4)),
        ..Script::default()
    });
    story.record();
    story.speak(3_000);
    assert_eq!(billed(&story), None);
    story.speak(2_000);
    assert_eq!(billed(&story), Some(2));
    story.speak(10_000);
    assert_eq!(billed(&story), Some(12));
    story.stop();
    story.run_until_idle();
    let opened_at = time_of(&story, |it| matches!(it, Effect::OpenSocket { .. }));
    let closed_at = time_of(&story, |it| matches!(it, Effect::CloseSocket(_)));
    let expected = closed_at.since(opened_at).as_secs() as u32;
    assert!(expected >= 16, "{expected} s");
    assert_eq!(billed(&story), Some(expected));
    story.advance(60_000);
    assert_eq!(billed(&story), Some(expected));
}

#[test]
fn it_is_reported_at_most_once_a_second() {
    let mut story = hand_over(3);
    story.speak(20_000);
    let reports = reports(&story);
    assert!(reports.len() > 100, "{} reports", reports.len());
    for pair in reports.windows(2) {
        assert!(pair[1].0.since(pair[0].0) >= secs(1), "{pair:?}");
        assert!(pair[1].1 > pair[0].1, "{pair:?}");
    }
}

#[test]
fn two_sessions_at_the_same_time_count_twice() {
    // After the hand-over, the first session waits 9 s for its `Termination`.
    let mut story = hand_over(9);
    assert_eq!(story.ledger.sockets.opened, 2);
    let recorded = 115;
    let before = billed(&story).expect("it is reported");
    assert!(before > recorded, "{before} s in {recorded} s");
    story.speak(10_000);
    assert_eq!(story.ledger.sockets.closed, 1);
    let expected = expected(&story);
    let after = billed(&story).expect("it is reported");
    assert!(expected.abs_diff(after) <= 1, "{after} s, not {expected} s");
    assert!(after >= recorded + 10 + 9, "{after} s");
}

#[test]
fn time_without_a_socket_is_free() {
    let mut story = Story::listening();
    story.speak(5_000);
    story.receive(&turn(0, &[("One.", 0, 5_000)], true));
    assert_eq!(billed(&story), Some(5));
    let unreachable = (Duration::ZERO, Err(TokenFailure::Unreachable));
    let token = story.script.token.replace(unreachable);
    story.close(1006, "");
    // Silence after settled words, so that no second session is needed for it.
    story.capture(0.0, 60_000);
    assert_eq!(billed(&story), Some(5));
    story.script.token = token;
    story.handle(Input::Online);
    story.advance(0);
    story.speak(5_000);
    assert_eq!(billed(&story), Some(10));
}

#[test]
fn every_recording_starts_from_zero() {
    let mut story = Story::listening();
    story.speak(7_000);
    story.stop();
    story.run_until_idle();
    assert_eq!(billed(&story), Some(7));
    story.record();
    story.advance(0);
    story.speak(1_000);
    assert_eq!(billed(&story), Some(1));
}

#[test]
fn the_last_second_is_reported_at_once_when_the_recording_is_over() {
    let late = |(_, answer)| (Duration::from_millis(100), answer);
    let mut story = Story::new(Script {
        token: Script::default().token.map(late),
        begin: None,
        ..Script::default()
    });
    story.record();
    // Without audio, the microphone is checked twice a second.
    story.advance(1_600);
    let (first_at, first) = reports(&story)[0];
    assert_eq!((story.now.since(first_at).as_millis(), first), (100, 1));
    story.advance(550);
    assert_eq!(billed(&story), Some(1));
    story.handle(Input::Leave);
    assert_eq!(billed(&story), Some(2));
}

/// Records until shortly after a hand-over at 110 s. The service sends `Termination` after
/// `termination_secs`.
fn hand_over(termination_secs: u64) -> Story {
    let mut story = Story::listening_to(Script {
        token: Some((Duration::ZERO, Ok((200, limited_token_body(120))))),
        termination: Some(secs(termination_secs)),
        ..Script::default()
    });
    story.speak(115_000);
    story
}

fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

fn time_of(story: &Story, is_wanted: impl Fn(&Effect) -> bool) -> Moment {
    let effect = story.log.iter().find(|(_, effect)| is_wanted(effect));
    effect.expect("there is such an effect").0
}

/// Returns the time of all sockets until now, by the effects.
fn expected(story: &Story) -> u32 {
    let opened = story.log.iter().filter_map(|(at, effect)| match effect {
        Effect::OpenSocket { attempt, .. } => Some((*at, *attempt)),
        _ => None,
    });
    let times = opened.map(|(opened_at, of)| {
        let closed = story.log.iter().find(|it| it.1 == Effect::CloseSocket(of));
        closed.map_or(story.now, |it| it.0).since(opened_at)
    });
    times.sum::<Duration>().as_secs() as u32
}
