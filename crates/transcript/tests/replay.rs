//! Replaying a log of changes gives the transcript, for any number of repetitions.

use inturn_transcript::{
    Change, Correction, Entry, EntryId, Gap, GapReason, Session, SessionEnd, SpeakerName, Touched,
    Transcript, Turn, TurnId, TurnSpeakers, TurnState, Word, Words,
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
/// began, ends before beginnings, partials after ends. Either the starts of turns change and each
/// session owns all its words, or the starts stay and sessions share the timeline.
fn change(starts_change: bool) -> impl Strategy<Value = Change> {
    let session = 0_u32..4;
    let end = prop_oneof![Just(SessionEnd::Clean), Just(SessionEnd::BrokenOff)];
    let reason = prop_oneof![Just(GapReason::Disconnected), Just(GapReason::NoAudio)];
    prop_oneof![
        2 => (session.clone(), 0_u32..9).prop_map(move |(number, start)| {
            let start_ms = if starts_change { number * SPAN_MS } else { start * 10_000 };
            let end_ms = starts_change.then_some(start_ms + SPAN_MS);
            Change::SessionBegan(Session { number, start_ms, end_ms })
        }),
        12 => turn(session.clone(), starts_change).prop_map(Change::Turn),
        3 => (0_u32..9, 0_u32..9, reason).prop_map(|(from, to, reason)| Change::Gap(Gap {
            from_ms: from * 10_000,
            to_ms: to * 10_000,
            reason,
        })),
        1 => (session.clone(), end).prop_map(|(session, end)| {
            Change::SessionEnded { session, end }
        }),
        1 => (session.clone(), 0_u32..4, correction()).prop_map(|(session, turn, corrections)| {
            Change::Corrected { turn: TurnId { session, turn }, corrections }
        }),
        1 => (prop::option::of(session.clone()), label(), "[a-z]?").prop_map(
            |(session, label, name)| Change::SpeakerNamed(SpeakerName { session, label, name }),
        ),
        1 => (turn(session, starts_change), label()).prop_map(|(turn, label)| {
            Change::Speakers(TurnSpeakers {
                turn: turn.id,
                speaker: Some(label),
                words: turn.words,
            })
        }),
    ]
}

/// Generates the corrections of a turn.
fn correction() -> impl Strategy<Value = Vec<Correction>> {
    let correction = (0_u32..4, 0_u32..16, "[a-z]{1,3}").prop_map(|(first, at, text)| Correction {
        first,
        count: 1,
        start_ms: at * 5_000,
        end_ms: at * 5_000,
        text,
        ..Correction::default()
    });
    prop::collection::vec(correction, 0..3)
}

fn label() -> impl Strategy<Value = String> {
    prop_oneof![Just("A"), Just("B")].prop_map(str::to_owned)
}

/// Generates a turn that starts at a multiple of 5 s: between gaps, or with one.
fn turn(session: impl Strategy<Value = u32>, starts_change: bool) -> impl Strategy<Value = Turn> {
    let state = prop_oneof![
        4 => Just(TurnState::Open),
        1 => Just(TurnState::Unfinished),
        2 => Just(TurnState::Raw),
        2 => Just(TurnState::Formatted),
    ];
    let texts = prop::collection::vec("[a-z]{1,3}", 0..4);
    let text = prop::option::weighted(0.2, "[A-Z]{0,3}");
    (session, 0_u32..4, state, texts, text, 0_u32..4, 0_u32..4).prop_map(
        move |(session, turn, state, texts, text, firm_words, start)| {
            let start = if starts_change { start } else { 3 - turn };
            let start_ms = session * SPAN_MS + start * 5_000;
            let mut words = Words::default();
            for text in &texts {
                words.push(Word {
                    text,
                    start_ms,
                    end_ms: start_ms,
                    speaker: (text.len() == 2).then_some("B"),
                    ..Word::default()
                });
            }
            Turn {
                speaker: (turn == 1).then(|| "A".to_owned()),
                state,
                start_ms,
                words,
                text,
                firm_words,
                ..Turn::new(TurnId { session, turn })
            }
        },
    )
}

/// Returns all that is shown of an entry.
fn shown(transcript: &Transcript, id: EntryId) -> (Option<&Entry>, &[Correction], Vec<&str>) {
    let entry = transcript.entry(id);
    let Some(Entry::Turn(turn)) = entry else {
        return (entry, &[], Vec::new());
    };
    let names = turn.speakers();
    let names = names.filter_map(|label| transcript.speaker_name(turn.id.session, label));
    (entry, transcript.corrections(turn.id), names.collect())
}

/// Returns the text of a turn with corrections.
fn text(transcript: &Transcript, id: EntryId) -> Option<String> {
    let EntryId::Turn(id) = id else {
        return None;
    };
    let reading = transcript.reading(id)?;
    Some(reading.text().to_owned())
}

fn ids(transcript: &Transcript) -> Vec<EntryId> {
    transcript.entries().iter().map(Entry::id).collect()
}

fn log() -> impl Strategy<Value = Vec<Change>> {
    any::<bool>().prop_flat_map(|it| prop::collection::vec(change(it), 0..60))
}

/// Length of a session's span, if each session has its own.
const SPAN_MS: u32 = 20_000;

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
    fn apply_returns_exactly_the_changed_and_moved_entries(log in log()) {
        let mut transcript = Transcript::default();
        for change in &log {
            let before = transcript.clone();
            let touched = transcript.apply(change);
            for id in ids(&before).into_iter().chain(ids(&transcript)) {
                let is_correction = matches!(change, Change::Corrected { .. });
                let differs = shown(&before, id) != shown(&transcript, id)
                    || (is_correction && text(&before, id) != text(&transcript, id));
                let has_moved = |it: &Touched| it.id == id && it.has_moved;
                let is_expected = differs || touched.iter().any(has_moved);
                let is_touched = touched.iter().any(|it| it.id == id);
                if is_correction && is_touched {
                    // Another session's turn at the same time may show the correction.
                    continue;
                }
                prop_assert_eq!(is_touched, is_expected, "{:?} by {:?}", id, change);
            }
        }
    }

    #[test]
    fn a_view_that_places_the_touched_entries_shows_the_order(log in log()) {
        let mut transcript = Transcript::default();
        let mut rows: Vec<EntryId> = Vec::new();
        for change in &log {
            for Touched { id, has_moved } in transcript.apply(change) {
                if has_moved || transcript.entry(id).is_none() {
                    rows.retain(|it| *it != id);
                }
                if transcript.entry(id).is_none() || rows.contains(&id) {
                    continue;
                }
                let next = transcript.entry_after(id).map(Entry::id);
                let next = next.map(|next| rows.iter().position(|it| *it == next));
                let at = next.map_or(Some(rows.len()), |at| at);
                prop_assert!(at.is_some(), "no row after {:?} by {:?}", id, change);
                rows.insert(at.unwrap_or_default(), id);
            }
            prop_assert_eq!(&rows, &ids(&transcript), "by {:?}", change);
        }
    }

    #[test]
    fn the_order_does_not_depend_on_when_the_gaps_were_marked(log in log()) {
        let is_gap = |change: &Change| matches!(change, Change::Gap(_));
        let (gaps, others): (Vec<_>, Vec<_>) = log.iter().cloned().partition(is_gap);
        let (first, last) = ([gaps.clone(), others.clone()], [others, gaps]);
        let [first, last] = [first, last].map(|it| replay(&it.concat()));
        prop_assert_eq!(first.entries(), last.entries());
        let log = replay(&log);
        prop_assert_eq!(first.entries(), log.entries());
    }

    #[test]
    fn the_changes_of_a_transcript_make_it_again(log in log()) {
        let transcript = replay(&log);
        prop_assert_eq!(replay(&transcript.changes()), transcript);
    }

    #[test]
    fn each_entry_is_found_by_its_id(log in log()) {
        let transcript = replay(&log);
        for entry in transcript.entries() {
            prop_assert_eq!(transcript.entry(entry.id()), Some(entry));
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
