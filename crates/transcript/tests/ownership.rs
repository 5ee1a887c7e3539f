//! Words that several sessions heard appear once.

use inturn_transcript::{
    Change, Entry, EntryId, Session, SessionEnd, Transcript, Turn, TurnId, TurnState, Word, Words,
};
use proptest::prelude::*;

/// The session with this number begins, and owns the timeline from `start_ms` to `end_ms`.
fn began(number: u32, start_ms: u32, end_ms: Option<u32>) -> Change {
    Change::SessionBegan(Session {
        number,
        start_ms,
        end_ms,
    })
}

/// A turn of words of 100 ms each: their texts and starts.
fn turn(session: u32, turn: u32, state: TurnState, said: &[(&str, u32)]) -> Change {
    let mut words = Words::default();
    for (text, start_ms) in said {
        words.push(Word {
            text,
            start_ms: *start_ms,
            end_ms: start_ms + 100,
            ..Word::default()
        });
    }
    Change::Turn(Turn {
        state,
        start_ms: said.first().map_or(0, |(_, start_ms)| *start_ms),
        text: Some(format!("{}!", words.text())),
        words,
        ..Turn::new(TurnId { session, turn })
    })
}

fn applied(log: &[Change]) -> Transcript {
    let mut transcript = Transcript::default();
    for change in log {
        transcript.apply(change);
    }
    transcript
}

fn text(transcript: &Transcript) -> String {
    let turns: Vec<&str> = transcript.turns().map(Turn::text).collect();
    turns.join(" / ")
}

#[test]
fn a_later_session_repeats_the_tentative_words_of_a_broken_one() {
    let mut transcript = applied(&[
        began(1, 0, None),
        turn(1, 0, TurnState::Formatted, &[("one", 0), ("two", 200)]),
        turn(1, 1, TurnState::Open, &[("three", 400), ("for", 600)]),
    ]);
    assert_eq!(text(&transcript), "one two! / three for!");
    // They stay until there are others.
    assert!(transcript.apply(&began(2, 400, None)).is_empty());
    assert_eq!(text(&transcript), "one two! / three for!");
    let touched = transcript.apply(&turn(
        2,
        0,
        TurnState::Open,
        &[("two", 200), ("three", 400), ("four", 600)],
    ));
    let id = |session, turn| EntryId::Turn(TurnId { session, turn });
    let touched: Vec<EntryId> = touched.iter().map(|it| it.id).collect();
    assert_eq!(touched, [id(1, 1), id(2, 0)], "the page must remove a row");
    assert_eq!(text(&transcript), "one two! / three four");
}

#[test]
fn a_session_that_reports_nothing_takes_no_words_away() {
    let transcript = applied(&[
        began(1, 0, None),
        turn(1, 0, TurnState::Open, &[("one", 0)]),
        Change::SessionEnded {
            session: 1,
            end: SessionEnd::BrokenOff,
        },
        began(2, 0, None),
        Change::SessionEnded {
            session: 2,
            end: SessionEnd::Clean,
        },
    ]);
    assert_eq!(text(&transcript), "one!");
}

#[test]
fn a_turn_across_the_seam_keeps_the_words_before_it() {
    let mut transcript = applied(&[
        began(1, 0, None),
        turn(
            1,
            0,
            TurnState::Open,
            &[("one", 0), ("two", 200), ("three", 400)],
        ),
        began(2, 350, None),
        turn(2, 0, TurnState::Open, &[("three", 400)]),
    ]);
    assert_eq!(text(&transcript), "one two / three!");
    // The end of the turn comes late, with all its words.
    transcript.apply(&turn(
        1,
        0,
        TurnState::Formatted,
        &[("One", 0), ("two", 200), ("three", 400)],
    ));
    assert_eq!(text(&transcript), "One two / three!");
}

#[test]
fn a_parallel_session_fills_a_hole_and_owns_nothing_after_it() {
    let transcript = applied(&[
        began(1, 0, None),
        turn(1, 0, TurnState::Formatted, &[("one", 0)]),
        began(2, 5_000, None),
        turn(
            2,
            0,
            TurnState::Formatted,
            &[("four", 4_900), ("five", 5_000)],
        ),
        began(3, 1_000, Some(5_000)),
        turn(3, 0, TurnState::Formatted, &[("one", 900), ("two", 1_000)]),
        turn(
            3,
            1,
            TurnState::Formatted,
            &[("four", 4_900), ("five", 5_000)],
        ),
    ]);
    assert_eq!(text(&transcript), "one! / two / four / five");
}

#[test]
fn a_turn_whose_words_all_move_behind_the_seam_is_removed() {
    let mut transcript = applied(&[
        began(1, 0, None),
        turn(1, 0, TurnState::Open, &[("one", 300)]),
        began(2, 400, None),
        turn(2, 0, TurnState::Open, &[("one", 500)]),
    ]);
    assert_eq!(text(&transcript), "one! / one!");
    transcript.apply(&turn(1, 0, TurnState::Formatted, &[("one", 500)]));
    assert_eq!(text(&transcript), "one!");
}

#[test]
fn a_turn_without_words_counts_by_its_start() {
    let said = |start_ms| {
        Change::Turn(Turn {
            text: Some("no times".to_owned()),
            start_ms,
            ..Turn::new(TurnId {
                session: 1,
                turn: start_ms,
            })
        })
    };
    let transcript = applied(&[
        began(1, 0, None),
        said(100),
        said(200),
        began(2, 200, None),
        turn(2, 0, TurnState::Open, &[("two", 200)]),
    ]);
    assert_eq!(text(&transcript), "no times / two!");
}

/// Sessions whose spans cover the timeline several times. The last one owns its whole span.
fn sessions() -> impl Strategy<Value = Vec<Session>> {
    let span = (0_u32..40, prop::option::of(1_u32..40));
    prop::collection::vec(span, 1..5).prop_map(|spans| {
        let sessions = spans.into_iter().zip(1..);
        sessions
            .map(|((start, length), number)| Session {
                number,
                start_ms: start * 100,
                end_ms: length.map(|length| (start + length) * 100),
            })
            .collect()
    })
}

proptest! {
    /// All sessions hear all words at slightly different times; each word appears as often as it
    /// has owners: once, or never outside of all spans. The order of the changes does not matter.
    #[test]
    fn each_word_appears_once_in_any_order_of_the_changes(
        sessions in sessions(),
        order in Just((0..200_usize).collect::<Vec<_>>()).prop_shuffle(),
    ) {
        let mut log = Vec::new();
        for session in &sessions {
            log.push(Change::SessionBegan(*session));
            for word in 0..40_u32 {
                let text = format!("w{word}");
                let state = TurnState::Formatted;
                log.push(turn(session.number, word, state, &[(&text, word * 100)]));
            }
        }
        let shuffled: Vec<Change> = order
            .iter()
            .filter_map(|index| log.get(*index).cloned())
            .collect();
        let (transcript, other) = (applied(&log), applied(&shuffled));
        prop_assert_eq!(transcript.entries(), other.entries());
        for word in 0..40_u32 {
            let midpoint_ms = word * 100 + 50;
            let owners = sessions.iter().filter(|it| it.covers(midpoint_ms));
            let shown = transcript.entries().iter().filter(|entry| {
                matches!(entry, Entry::Turn(turn) if turn.start_ms == word * 100)
            });
            prop_assert_eq!(shown.count(), usize::from(owners.count() > 0));
        }
    }
}
