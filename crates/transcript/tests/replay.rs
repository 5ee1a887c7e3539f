//! Replaying a log of changes gives the transcript, for any number of repetitions.

use inturn_transcript::{
    Change, EntryId, Gap, GapReason, Session, SessionEnd, Transcript, Turn, TurnId, TurnState,
    Word, Words,
};
use proptest::prelude::*;

fn replay(log: &[Change]) -> Transcript {
    let mut transcript = Transcript::default();
    apply(&mut transcript, log);
    transcript
}

fn apply(transcript: &mut Transcript, log: &[Change]) {
    for change in log {
        transcript.apply(change);
    }
}

/// Generates any change, including those that no recorder creates: turns of sessions that never
/// began, ends before beginnings, partials after ends.
fn change() -> impl Strategy<Value = Change> {
    let session = 0_u32..4;
    let end = prop_oneof![Just(SessionEnd::Clean), Just(SessionEnd::BrokenOff)];
    let reason = prop_oneof![Just(GapReason::Disconnected), Just(GapReason::NoAudio)];
    prop_oneof![
        2 => (session.clone(), 0_u32..9).prop_map(|(number, start)| {
            Change::SessionBegan(Session {
                number,
                start_ms: start * 10_000,
                end_ms: None,
            })
        }),
        12 => turn(session.clone()).prop_map(Change::Turn),
        1 => (0_u32..9, 0_u32..9, reason).prop_map(|(from, to, reason)| Change::Gap(Gap {
            from_ms: from * 10_000,
            to_ms: to * 10_000,
            reason,
        })),
        1 => (session, end).prop_map(|(session, end)| Change::SessionEnded { session, end }),
    ]
}

fn turn(session: impl Strategy<Value = u32>) -> impl Strategy<Value = Turn> {
    let state = prop_oneof![
        4 => Just(TurnState::Open),
        1 => Just(TurnState::Unfinished),
        2 => Just(TurnState::Raw),
        2 => Just(TurnState::Formatted),
    ];
    let texts = prop::collection::vec("[a-z]{1,3}", 0..4);
    let text = prop::option::weighted(0.2, "[A-Z]{0,3}");
    (session, 0_u32..4, state, texts, text, 0_u32..4).prop_map(
        |(session, turn, state, texts, text, firm_words)| {
            let mut words = Words::default();
            for text in &texts {
                words.push(Word {
                    text,
                    ..Word::default()
                });
            }
            Turn {
                state,
                words,
                text,
                firm_words,
                ..Turn::new(TurnId { session, turn })
            }
        },
    )
}

fn log() -> impl Strategy<Value = Vec<Change>> {
    prop::collection::vec(change(), 0..60)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

    #[test]
    fn applying_a_log_twice_equals_applying_it_once(log in log()) {
        let once = replay(&log);
        let mut twice = once.clone();
        apply(&mut twice, &log);
        prop_assert_eq!(twice, once);
    }

    #[test]
    fn applying_a_prefix_and_then_the_log_equals_the_log(
        log in log(),
        cut in any::<prop::sample::Index>(),
    ) {
        let once = replay(&log);
        let mut resumed = replay(&log[..cut.index(log.len() + 1)]);
        apply(&mut resumed, &log);
        prop_assert_eq!(resumed, once);
    }

    #[test]
    fn a_restored_transcript_continues_the_log(
        log in log(),
        cut in any::<prop::sample::Index>(),
    ) {
        let (first, rest) = log.split_at(cut.index(log.len() + 1));
        let bytes = postcard::to_allocvec(&replay(first)).expect("a transcript serializes");
        let mut restored: Transcript = postcard::from_bytes(&bytes).expect("the bytes are valid");
        apply(&mut restored, rest);
        prop_assert_eq!(restored, replay(&log));
    }

    #[test]
    fn apply_returns_exactly_the_changed_entries(log in log()) {
        let mut transcript = Transcript::default();
        for change in &log {
            let before = transcript.clone();
            let changed = transcript.apply(change);
            let ids = |it: &Transcript| -> Vec<EntryId> {
                it.entries().iter().map(inturn_transcript::Entry::id).collect()
            };
            for id in ids(&before).into_iter().chain(ids(&transcript)) {
                let differs = before.entry(id) != transcript.entry(id);
                prop_assert_eq!(changed.contains(&id), differs, "{:?} by {:?}", id, change);
            }
        }
    }

    #[test]
    fn turn_states_never_decrease_and_ended_sessions_have_no_open_turn(log in log()) {
        let mut transcript = Transcript::default();
        let mut ended = Vec::new();
        for change in &log {
            let before = transcript.clone();
            transcript.apply(change);
            if let Change::SessionEnded { session, .. } = change {
                ended.push(*session);
            }
            for turn in transcript.turns() {
                prop_assert!(before.turn(turn.id).is_none_or(|old| old.state <= turn.state));
                prop_assert!(turn.has_ended() || !ended.contains(&turn.id.session));
                prop_assert!(!turn.text().is_empty());
            }
        }
    }
}

#[test]
fn the_first_end_of_a_session_counts() {
    let open = Turn {
        text: Some("said".to_owned()),
        ..Turn::new(TurnId {
            session: 1,
            turn: 0,
        })
    };
    let end = |end| Change::SessionEnded { session: 1, end };
    for (first, second, state) in [
        (
            SessionEnd::BrokenOff,
            SessionEnd::Clean,
            TurnState::Unfinished,
        ),
        (SessionEnd::Clean, SessionEnd::BrokenOff, TurnState::Raw),
    ] {
        let transcript = replay(&[Change::Turn(open.clone()), end(first), end(second)]);
        assert_eq!(
            transcript.turns().map(|it| it.state).collect::<Vec<_>>(),
            [state]
        );
    }
}
