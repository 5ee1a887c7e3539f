//! A long missing part is transcribed by a second session, while the live one goes on.

use std::time::Duration;

use inturn_client_core::{
    problem::TokenFailure,
    session::{Attempt, Effect, Event, Input},
};
use inturn_transcript::Change;

use super::story::{Script, Story, TERMINATION, turn};

/// Plays 5 s with settled words, 60 s without network, and the first moments after them. Returns
/// the live session and the one for the hole.
fn hole() -> (Story, Attempt, Attempt) {
    let mut story = Story::listening();
    story.speak(5_000);
    story.receive(&turn(0, &[("One.", 0, 5_000)], true));
    story.script.token = Some((Duration::ZERO, Err(TokenFailure::Unreachable)));
    story.close(1006, "");
    story.speak(60_000);
    assert_eq!(story.state(), "reconnecting");
    story.script = Script::default();
    story.handle(Input::Online);
    story.advance(0);
    let [live, fill] = story.open_sockets()[..] else {
        panic!("two sessions are open");
    };
    (story, live, fill)
}

/// Returns the states since the last call.
fn states(story: &mut Story) -> Vec<String> {
    let mut lines = story.lines();
    lines.retain(|line| line.starts_with("show listening") || line.starts_with("show re"));
    lines
}

#[test]
fn the_live_session_starts_at_once_and_the_other_one_fills_the_hole() {
    let (mut story, live, fill) = hole();
    story.lines();
    story.speak(2_000);
    // The live session begins a second before the seam, in the last two seconds.
    story.receive_on(live, &turn(0, &[("Four.", 3_000, 3_900)], true));
    assert_eq!(story.entries(), ["One.", "Four."]);
    // The other one begins at 4 s, a second before the hole.
    let words = [("one", 200, 700), ("Two.", 2_000, 3_000)];
    story.receive_on(fill, &turn(0, &words, true));
    story.receive_on(fill, &turn(1, &[("Three.", 40_000, 41_000)], true));
    assert_eq!(story.entries(), ["One.", "Two.", "Three.", "Four."]);
    assert_eq!(states(&mut story), [""; 0]);
    assert_eq!(story.open_sockets().len(), 2);
    story.speak(60_000);
    assert_eq!(story.open_sockets(), [live]);
    assert_eq!(states(&mut story), ["show listening"]);
    let filled = story.ledger.all_sockets[2].bytes / 32;
    assert!((60_000..=63_000).contains(&filled), "{filled} ms");
    story.stop();
    story.run_until_idle();
    assert_eq!(story.entries(), ["One.", "Two.", "Three.", "Four."]);
    assert_eq!(story.problem(), None);
}

#[test]
fn the_state_says_that_a_part_is_being_filled() {
    let (mut story, ..) = hole();
    let last = states(&mut story).pop();
    assert_eq!(last.as_deref(), Some("show listening: filling"));
}

#[test]
fn a_lost_session_for_a_hole_is_continued_after_its_settled_words() {
    let (mut story, _, fill) = hole();
    story.speak(30_000);
    story.receive_on(fill, &turn(0, &[("Two.", 20_000, 21_000)], true));
    story.handle(Input::SocketClosed {
        attempt: fill,
        code: 1006,
        reason: "",
    });
    assert_eq!(story.state(), "listening");
    story.speak(500);
    let next = story.socket;
    assert_ne!(next, fill);
    // "Two." ended at 25 s, so this one begins at 24 s.
    story.receive_on(next, &turn(0, &[("Three.", 1_100, 1_900)], true));
    assert_eq!(story.entries(), ["One.", "Two.", "Three."]);
    story.speak(50_000);
    assert_eq!(story.open_sockets().len(), 1);
    assert_eq!(story.problem(), None);
}

#[test]
fn stop_waits_until_the_hole_is_filled() {
    let (mut story, live, _) = hole();
    story.speak(1_000);
    story.stop();
    story.advance(2_000);
    assert!(!story.open_sockets().contains(&live));
    assert_eq!(story.state(), "finishing");
    let lines = story.lines();
    let is_counted = |line: &String| line.starts_with("show finishing: sending 6");
    assert!(lines.iter().any(is_counted), "{lines:?}");
    story.run_until_idle();
    let filled = story.ledger.all_sockets[2].bytes / 32;
    assert!((60_000..=63_000).contains(&filled), "{filled} ms");
    assert_eq!(story.problem(), None);
    assert_eq!(story.entries(), ["One."]);
}

#[test]
fn a_second_stop_leaves_a_gap() {
    let (mut story, ..) = hole();
    story.stop();
    story.advance(1_000);
    story.stop();
    assert_eq!(story.state(), "idle");
    let entries = story.entries();
    assert_eq!(entries.len(), 2, "{entries:?}");
    // What the sessions have heard is not lost.
    let (from, to) = entries[1]
        .strip_prefix("gap ")
        .and_then(|gap| gap.split_once('-'))
        .expect("the second entry is a gap");
    assert!((5_000..8_000).contains(&from.parse().expect("a time")));
    assert!((63_000..=65_000).contains(&to.parse().expect("a time")));
}

#[test]
fn a_service_that_does_not_confirm_the_end_of_a_hole_is_not_asked_for_ever() {
    let (mut story, live, _) = hole();
    story.script.termination = None;
    story.speak(600_000);
    assert_eq!(story.open_sockets(), [live]);
    assert_eq!(story.ledger.sockets.opened, 2 + 4);
    assert_eq!(story.state(), "listening");
    // No session has reported a word of it.
    assert!(story.entries()[1].starts_with("gap 5000-"));
}

#[test]
fn a_hole_that_stays_open_after_stop_is_given_up_after_ten_minutes() {
    let (mut story, live, fill) = hole();
    story.script.token = Some((Duration::ZERO, Err(TokenFailure::Unreachable)));
    story.handle(Input::SocketClosed {
        attempt: fill,
        code: 1006,
        reason: "",
    });
    story.stop();
    story.advance(10_000);
    assert!(!story.open_sockets().contains(&live));
    assert_eq!(story.state(), "finishing");
    story.run_until_idle();
    assert_eq!(story.problem().as_deref(), Some("EndUnconfirmed"));
    assert!(story.entries()[1].starts_with("gap 5000-"));
}

#[test]
fn ten_seconds_without_network_need_no_second_session() {
    let mut story = Story::listening();
    story.speak(5_000);
    story.receive(&turn(0, &[("One.", 0, 5_000)], true));
    story.script.token = Some((Duration::ZERO, Err(TokenFailure::Unreachable)));
    story.close(1006, "");
    story.speak(9_000);
    story.script = Script::default();
    story.handle(Input::Online);
    story.speak(60_000);
    assert_eq!(story.ledger.sockets.opened, 2);
    assert_eq!(story.ledger.all_sockets[1].bytes / 32, 70_000);
}

#[test]
fn a_silent_hole_needs_no_session() {
    let mut story = Story::listening();
    story.speak(5_000);
    story.receive(&turn(0, &[("One.", 0, 5_000)], true));
    story.script.token = Some((Duration::ZERO, Err(TokenFailure::Unreachable)));
    story.close(1006, "");
    story.capture(0.0, 60_000);
    story.script = Script::default();
    story.handle(Input::Online);
    story.speak(5_000);
    assert_eq!(story.ledger.sockets.opened, 2);
    story.receive(TERMINATION);
    assert_eq!(story.entries(), ["One."]);
}

#[test]
fn sessions_for_a_hole_that_make_no_progress_become_rare() {
    let (mut story, live, _) = hole();
    let before = story.ledger.sockets.opened;
    for _ in 0..60 {
        story.speak(5_500);
        for fill in story.open_sockets() {
            if fill != live {
                story.handle(Input::SocketClosed {
                    attempt: fill,
                    code: 1011,
                    reason: "",
                });
            }
        }
    }
    // With a wait of half a second each, there would be 60.
    let opened = story.ledger.sockets.opened - before;
    assert!((5..=25).contains(&opened), "{opened} sessions in 330 s");
}

#[test]
fn after_a_pause_the_seam_is_no_later_than_the_first_word() {
    let mut story = Story::listening();
    story.script.token = Some((Duration::ZERO, Err(TokenFailure::Unreachable)));
    story.close(1006, "");
    story.speak(12_000);
    story.handle(Input::Pause);
    story.advance(4_900);
    let late = |(_, answer)| (Duration::from_millis(250), answer);
    story.script.token = Script::default().token.map(late);
    story.handle(Input::Resume);
    story.speak(300);
    let starts = story.log.iter().filter_map(|(_, effect)| match effect {
        Effect::Event(Event::Changed(Change::SessionBegan(session))) => Some(session.start_ms),
        _ => None,
    });
    assert_eq!(story.entries(), ["gap 12000-17000"]);
    assert_eq!(starts.collect::<Vec<_>>(), [0, 17_000]);
}
