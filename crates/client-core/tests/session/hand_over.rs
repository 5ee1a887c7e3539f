//! Before a session's time is over, the next one takes over.

use std::time::Duration;

use inturn_client_core::{
    problem::TokenFailure,
    session::{Input, Progress, State},
};

use super::story::{BEGIN, Script, Story, limited_token_body, turn};

/// The cap of each session. Its successor is opened 10 s before.
const MAX_SECS: u32 = 120;

fn limited() -> Story {
    Story::listening_to(Script {
        token: Some((Duration::ZERO, Ok((200, limited_token_body(MAX_SECS))))),
        ..Script::default()
    })
}

/// Returns the length of the audio that was sent to each socket, in milliseconds.
fn sent_ms(story: &Story) -> Vec<usize> {
    let sockets = story.ledger.all_sockets.iter();
    sockets.map(|it| it.bytes / 32).collect()
}

#[test]
fn the_successor_takes_over_in_a_pause_and_no_word_is_missing_or_doubled() {
    let mut story = limited();
    story.speak(109_000);
    // The quietest chunk of the last two seconds is from 109.0 to 109.1 s.
    story.capture(0.02, 100);
    story.speak(800);
    assert_eq!(story.open_sockets().len(), 1);
    let first = story.socket;
    story.speak(200);
    let second = story.socket;
    assert_ne!(first, second);
    assert_eq!(story.state(), "listening");
    story.speak(10_000);
    // One session ends a second after the seam, the other one begins a second before it.
    assert_eq!(sent_ms(&story), [110_000, 120_100 - 108_000]);
    assert_eq!(story.open_sockets(), [second]);
    assert_eq!(story.problem(), None);
}

#[test]
fn each_session_has_the_words_of_its_side_of_the_seam() {
    let mut story = limited();
    story.script.termination = None;
    story.speak(109_000);
    story.capture(0.02, 100);
    story.speak(1_000);
    let (first, second) = (story.open_sockets()[0], story.socket);
    let both = [("before", 108_300, 108_800), ("after", 109_200, 109_700)];
    story.receive_on(first, &turn(0, &both, false));
    let both = [("before", 300, 800), ("after", 1_200, 1_700)];
    story.receive_on(second, &turn(0, &both, false));
    assert_eq!(story.entries(), ["before", "after"]);
    let both = [("before", 108_300, 108_800), ("after", 109_200, 109_700)];
    story.receive_on(first, &turn(0, &both, true));
    assert_eq!(story.entries(), ["before", "after"]);
}

#[test]
fn seven_minutes_need_three_hand_overs() {
    let mut story = limited();
    story.speak(420_000);
    assert_eq!(story.ledger.sockets.opened, 4);
    assert_eq!(story.open_sockets().len(), 1);
    story.stop();
    story.run_until_idle();
    assert_eq!(story.problem(), None);
    assert_eq!(story.ledger.terminated, 4);
    // Everything once, and at each seam a second on each side, rounded to chunks.
    let repeated = sent_ms(&story).iter().sum::<usize>() - 420_000;
    assert!((3 * 2_000..=3 * 2_100).contains(&repeated), "{repeated} ms");
    assert!(sent_ms(&story).iter().all(|ms| *ms < 115_000));
}

#[test]
fn if_the_successor_fails_the_session_goes_on_until_it_expires() {
    let mut story = limited();
    story.script.token = Some((Duration::ZERO, Err(TokenFailure::Unreachable)));
    story.speak(119_000);
    assert_eq!(story.state(), "listening");
    assert_eq!(story.problem(), None);
    story.script = Script::default();
    story.receive(&turn(0, &[("Settled.", 0, 119_000)], true));
    story.close(3008, "Session Expired: Maximum session duration exceeded");
    story.speak(100);
    assert_eq!(story.state(), "listening");
    assert_eq!(story.problem(), None);
}

#[test]
fn a_successor_that_fails_is_tried_again_before_the_cap() {
    let mut story = limited();
    story.script.token = Some((Duration::ZERO, Err(TokenFailure::Unreachable)));
    story.speak(112_000);
    assert_eq!(story.open_sockets().len(), 1);
    story.script.token = Some((Duration::ZERO, Ok((200, limited_token_body(MAX_SECS)))));
    story.speak(5_000);
    assert_eq!(story.ledger.sockets.opened, 2);
    story.speak(3_000);
    assert_eq!(story.open_sockets(), [story.socket]);
    assert_eq!(story.state(), "listening");
    assert_eq!(story.problem(), None);
}

#[test]
fn if_the_session_is_lost_while_its_successor_connects_the_state_says_so() {
    let mut story = limited();
    story.script.begin = None;
    story.speak(110_500);
    let (first, second) = (story.open_sockets()[0], story.socket);
    story.lines();
    story.handle(Input::SocketClosed {
        attempt: first,
        code: 1006,
        reason: "",
    });
    assert_eq!(
        story.lines(),
        [
            "log socket closed with 1006: ",
            "show reconnecting: Service"
        ]
    );
    story.receive_on(second, BEGIN);
    assert_eq!(story.state(), "listening");
    assert_eq!(story.problem(), None);
}

#[test]
fn if_the_old_session_is_lost_after_the_seam_its_rest_is_transcribed_by_another() {
    let mut story = limited();
    story.script.termination = None;
    story.speak(110_100);
    let (first, second) = (story.open_sockets()[0], story.socket);
    story.receive_on(first, &turn(0, &[("One.", 0, 105_000)], true));
    story.handle(Input::SocketClosed {
        attempt: first,
        code: 1006,
        reason: "",
    });
    story.speak(2_000);
    let third = story.socket;
    assert_ne!(third, second);
    // From a second before the end of the settled words on, at 104 s.
    story.receive_on(third, &turn(0, &[("Two.", 2_000, 3_000)], true));
    story.receive_on(second, &turn(0, &[("Three.", 1_200, 1_700)], true));
    assert_eq!(story.entries(), ["One.", "Two.", "Three."]);
    assert_eq!(story.state(), "listening");
    assert_eq!(story.problem(), None);
}

#[test]
fn a_successor_is_not_live_while_the_audio_before_it_is_stuck() {
    let mut story = limited();
    story.speak(104_000);
    story.script.stuck = Some(story.socket);
    story.script.begin = None;
    story.script.termination = None;
    story.speak(6_100);
    let second = story.socket;
    assert_eq!(Some(&second), story.open_sockets().last());
    story.handle(Input::SocketOpened(second));
    story.speak(7_000);
    let state = story.ledger.state;
    let is_behind = matches!(state, State::Listening(Progress::Behind { .. }));
    assert!(is_behind, "{state:?}");
    // The words are live again, but those before them are missing.
    story.receive(BEGIN);
    story.speak(7_000);
    let state = story.ledger.state;
    let is_filling = matches!(state, State::Listening(Progress::Filling { .. }));
    assert!(is_filling, "{state:?}");
}
