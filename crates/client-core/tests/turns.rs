//! How the service's turn messages become turns, for both families and both forms of formatted ends.

use inturn_client_core::recording::{Recording, RecordingInfo, Span};
use inturn_protocol::{Family, Turn, Word};
use inturn_transcript::{Change, SessionEnd, Turn as Row, TurnId, TurnState as RowState};
use proptest::prelude::*;

const US: Family = Family::UniversalStreaming;
const U3: Family = Family::Universal3;

/// A message with the words of `text`, of which the first `settled` are final. As on the wire,
/// `transcript` holds only these in the Universal-Streaming family, and all in the other.
fn message(family: Family, turn: u32, text: &str, settled: usize) -> Turn {
    let texts: Vec<_> = text.split_whitespace().collect();
    let words = texts.iter().enumerate().map(|(place, text)| Word {
        text: (*text).to_owned(),
        start: u64::from(turn) * 60_000 + place as u64 * 200,
        word_is_final: place < settled,
        ..Word::default()
    });
    Turn {
        turn_order: turn,
        transcript: match family {
            Family::UniversalStreaming => texts[..settled].join(" "),
            Family::Universal3 => text.to_owned(),
        },
        words: words.collect(),
        ..Turn::default()
    }
}

fn partial(family: Family, turn: u32, text: &str, settled: usize) -> Turn {
    message(family, turn, text, settled)
}

fn end(turn: u32, text: &str, formatted: bool) -> Turn {
    Turn {
        end_of_turn: true,
        turn_is_formatted: formatted,
        ..message(US, turn, text, text.split_whitespace().count())
    }
}

fn key(turn: u32) -> TurnId {
    TurnId { session: 1, turn }
}

/// A recording whose sessions begin with their first message, at the start of the timeline.
struct Document {
    recording: Recording,
    sessions: Vec<u32>,
}

/// What a message did.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    None,
    Changed(TurnId),
    Removed(TurnId),
}

impl Document {
    fn new() -> Self {
        Self {
            recording: Recording::new(RecordingInfo::default(), 48_000),
            sessions: Vec::new(),
        }
    }

    fn apply(&mut self, session: u32, family: Family, message: &Turn) -> Outcome {
        if !self.sessions.contains(&session) {
            self.sessions.push(session);
            self.recording
                .begin_session(session, Span::default(), family);
        }
        match self.recording.take_turn(session, message) {
            None => Outcome::None,
            Some(Change::Turn(turn)) if self.row(turn.id).is_none() => Outcome::Removed(turn.id),
            Some(Change::Turn(turn)) => Outcome::Changed(turn.id),
            Some(other) => panic!("a turn gave {other:?}"),
        }
    }

    /// Ends a session. Returns the turns that this changed.
    fn settle(&mut self, session: u32, clean: bool) -> Vec<TurnId> {
        let before = self.recording.transcript().clone();
        let end = if clean {
            SessionEnd::Clean
        } else {
            SessionEnd::BrokenOff
        };
        self.recording.end_session(session, end);
        let after = self.recording.transcript().turns();
        let changed = after.filter(|turn| before.turn(turn.id) != Some(turn));
        changed.map(|turn| turn.id).collect()
    }

    fn row(&self, id: TurnId) -> Option<&Row> {
        self.recording.transcript().turn(id)
    }

    fn rows(&self) -> impl Iterator<Item = (TurnId, &Row)> {
        let turns = self.recording.transcript().turns();
        turns.map(|turn| (turn.id, turn))
    }
}

/// The rows of `messages`, as "firm|tentative" and their state.
fn rows(family: Family, messages: &[Turn]) -> Vec<(String, RowState)> {
    let mut transcript = Document::new();
    for message in messages {
        transcript.apply(1, family, message);
    }
    shown(&transcript)
}

fn shown(transcript: &Document) -> Vec<(String, RowState)> {
    transcript
        .rows()
        .map(|(_, row)| (format!("{}|{}", row.firm(), row.tentative()), row.state))
        .collect()
}

/// One row, after each of `steps`.
fn told(family: Family, steps: &[(Turn, &str, RowState)]) {
    let mut transcript = Document::new();
    for (place, (message, text, state)) in steps.iter().enumerate() {
        transcript.apply(1, family, message);
        let row = (!text.is_empty()).then(|| ((*text).to_owned(), *state));
        assert_eq!(
            shown(&transcript),
            Vec::from_iter(row),
            "after step {place}"
        );
    }
}

#[test]
fn universal_streaming_classic_form() {
    use RowState::{Formatted, Open, Raw};
    told(
        US,
        &[
            (partial(US, 0, "", 0), "", Open),
            (partial(US, 0, "the", 0), "|the", Open),
            (partial(US, 0, "the ferry lea", 2), "the ferry|lea", Open),
            (
                partial(US, 0, "the ferry leaves at", 4),
                "the ferry leaves at|",
                Open,
            ),
            (
                Turn {
                    utterance: "The ferry leaves at nine.".to_owned(),
                    ..partial(US, 0, "the ferry leaves at nine", 4)
                },
                "the ferry leaves at|nine",
                Open,
            ),
            (
                end(0, "the ferry leaves at nine", false),
                "the ferry leaves at nine|",
                Raw,
            ),
            (
                end(0, "The ferry leaves at 9.", true),
                "The ferry leaves at 9.|",
                Formatted,
            ),
        ],
    );
}

#[test]
fn universal_streaming_in_model_form() {
    use RowState::{Formatted, Open};
    let formatted = |turn: Turn| Turn {
        turn_is_formatted: true,
        ..turn
    };
    told(
        US,
        &[
            (formatted(partial(US, 0, "The fer", 1)), "The|fer", Open),
            (
                formatted(partial(US, 0, "The ferry leaves", 2)),
                "The ferry|leaves",
                Open,
            ),
            (
                end(0, "The ferry leaves.", true),
                "The ferry leaves.|",
                Formatted,
            ),
        ],
    );
}

#[test]
fn universal_3_form() {
    use RowState::{Formatted, Open};
    // Seen on the live service: partials that call themselves formatted.
    for flag in [false, true] {
        let flagged = |turn: Turn| Turn {
            turn_is_formatted: flag,
            ..turn
        };
        told(
            U3,
            &[
                (
                    flagged(partial(U3, 0, "The ferry—", 0)),
                    "|The ferry—",
                    Open,
                ),
                (
                    flagged(partial(U3, 0, "The ferry leaves at", 0)),
                    "|The ferry leaves at",
                    Open,
                ),
                // A new hearing of the same sound may be shorter.
                (flagged(partial(U3, 0, "The fair", 0)), "|The fair", Open),
                (partial(U3, 0, "", 0), "", Open),
                (flagged(partial(U3, 0, "The ferry", 0)), "|The ferry", Open),
                (
                    end(0, "The ferry leaves at 9.", flag),
                    "The ferry leaves at 9.|",
                    Formatted,
                ),
            ],
        );
    }
}

#[test]
fn whisper_turns_show_the_transcript_and_never_the_utterance() {
    let tag = Turn {
        utterance: "Silence.".to_owned(),
        ..end(0, "[Silence]", false)
    };
    assert_eq!(rows(US, &[tag]), [("[Silence]|".to_owned(), RowState::Raw)]);
}

#[test]
fn a_partial_without_words_shows_its_transcript() {
    for family in [US, U3] {
        let bare = Turn {
            transcript: " the ferry ".to_owned(),
            ..Turn::default()
        };
        let text = ("|the ferry".to_owned(), RowState::Open);
        assert_eq!(rows(family, &[bare]), [text]);
    }
}

#[test]
fn an_end_without_transcript_shows_its_words() {
    let bare = Turn {
        transcript: String::new(),
        ..end(0, "the ferry", false)
    };
    assert_eq!(
        rows(US, &[bare]),
        [("the ferry|".to_owned(), RowState::Raw)]
    );
}

#[test]
fn a_formatted_end_may_come_after_the_next_turns_first_partial() {
    let told = [
        end(0, "the ferry leaves", false),
        partial(US, 1, "at ni", 1),
        end(0, "The ferry leaves.", true),
    ];
    assert_eq!(
        rows(US, &told),
        [
            ("The ferry leaves.|".to_owned(), RowState::Formatted),
            ("at|ni".to_owned(), RowState::Open)
        ]
    );
}

#[test]
fn a_formatted_turn_never_goes_back_to_raw() {
    let told = [end(0, "Nine.", true), end(0, "nine", false)];
    assert_eq!(
        rows(US, &told),
        [("Nine.|".to_owned(), RowState::Formatted)]
    );
}

#[test]
fn an_ended_turn_takes_no_partial() {
    for (family, formatted, state) in [
        (US, false, RowState::Raw),
        (US, true, RowState::Formatted),
        (U3, true, RowState::Formatted),
    ] {
        let mut transcript = Document::new();
        transcript.apply(1, family, &end(0, "Nine.", formatted));
        let late = partial(family, 0, "nine o'clock", 1);
        assert_eq!(transcript.apply(1, family, &late), Outcome::None);
        assert_eq!(shown(&transcript), [("Nine.|".to_owned(), state)]);
    }
}

#[test]
fn a_repeated_message_changes_nothing() {
    for message in [
        partial(US, 0, "the ferry", 1),
        end(0, "nine", false),
        end(0, "Nine.", true),
    ] {
        let mut transcript = Document::new();
        assert_eq!(transcript.apply(1, US, &message), Outcome::Changed(key(0)));
        assert_eq!(transcript.apply(1, US, &message), Outcome::None);
    }
}

#[test]
fn an_empty_end_commits_what_the_row_shows() {
    for formatted in [false, true] {
        let told = [partial(US, 0, "the fer", 1), end(0, "", formatted)];
        let state = if formatted {
            RowState::Formatted
        } else {
            RowState::Raw
        };
        assert_eq!(rows(US, &told), [("the fer|".to_owned(), state)]);
    }
    let told = [partial(U3, 0, "The fer", 0), end(0, " ", true)];
    assert_eq!(
        rows(U3, &told),
        [("The fer|".to_owned(), RowState::Formatted)]
    );
}

#[test]
fn an_empty_end_leaves_an_ended_row_alone() {
    let mut transcript = Document::new();
    transcript.apply(1, US, &end(0, "nine", false));
    assert_eq!(transcript.apply(1, US, &end(0, "", true)), Outcome::None);
    // Its formatted copy still counts.
    transcript.apply(1, US, &end(0, "Nine.", true));
    assert_eq!(
        shown(&transcript),
        [("Nine.|".to_owned(), RowState::Formatted)]
    );
}

#[test]
fn an_empty_end_of_an_unseen_turn_makes_no_row() {
    for family in [US, U3] {
        assert!(rows(family, &[end(3, "", true), end(4, "", false)]).is_empty());
    }
}

#[test]
fn a_partial_that_becomes_empty_takes_its_row_away() {
    let mut transcript = Document::new();
    transcript.apply(1, U3, &partial(U3, 0, "Hm", 0));
    assert_eq!(
        transcript.apply(1, U3, &partial(U3, 0, "", 0)),
        Outcome::Removed(key(0))
    );
    assert_eq!(
        transcript.apply(1, U3, &partial(U3, 0, "", 0)),
        Outcome::None
    );
}

#[test]
fn order_is_numeric_by_session_and_turn() {
    let mut transcript = Document::new();
    for (session, turn) in [(10, 0), (2, 10), (2, 9), (1, 100), (9, 1), (2, 0)] {
        transcript.apply(session, U3, &end(turn, "x", true));
    }
    let order: Vec<_> = transcript
        .rows()
        .map(|(key, _)| (key.session, key.turn))
        .collect();
    assert_eq!(order, [(1, 100), (2, 0), (2, 9), (2, 10), (9, 1), (10, 0)]);
}

#[test]
fn a_new_session_does_not_touch_the_turns_of_another() {
    let mut transcript = Document::new();
    transcript.apply(1, U3, &end(0, "First.", true));
    transcript.apply(2, U3, &partial(U3, 0, "Second", 0));
    assert_eq!(
        transcript.settle(2, true),
        [TurnId {
            session: 2,
            turn: 0
        }]
    );
    let texts: Vec<_> = transcript
        .rows()
        .map(|(_, row)| row.text().to_owned())
        .collect();
    assert_eq!(texts, ["First.", "Second"]);
}

#[test]
fn a_clean_end_commits_open_rows_as_they_stand() {
    let mut transcript = Document::new();
    transcript.apply(1, US, &end(0, "nine", false));
    transcript.apply(1, US, &partial(US, 1, "or te", 1));
    assert_eq!(transcript.settle(1, true), [key(1)]);
    assert_eq!(
        shown(&transcript),
        [
            ("nine|".to_owned(), RowState::Raw),
            ("or te|".to_owned(), RowState::Raw)
        ]
    );
    assert!(transcript.settle(1, false).is_empty());
}

#[test]
fn a_session_that_breaks_off_marks_its_open_rows() {
    let mut transcript = Document::new();
    transcript.apply(1, US, &partial(US, 0, "or te", 1));
    assert_eq!(transcript.settle(1, false), [key(0)]);
    assert_eq!(
        shown(&transcript),
        [("or te|".to_owned(), RowState::Unfinished)]
    );
    // Were an end to come after all, it would be better than what broke off.
    transcript.apply(1, US, &partial(US, 0, "worse", 0));
    transcript.apply(1, US, &end(0, "or ten", false));
    assert_eq!(shown(&transcript), [("or ten|".to_owned(), RowState::Raw)]);
}

#[test]
fn a_turn_begins_where_its_first_word_begins() {
    let mut transcript = Document::new();
    let start = |transcript: &Document| transcript.row(key(1)).map(|row| row.start_ms);
    transcript.apply(1, U3, &partial(U3, 1, "nine", 0));
    assert_eq!(start(&transcript), Some(60_000));
    // A message without words does not know.
    let wordless = Turn {
        words: Vec::new(),
        ..end(1, "Nine.", true)
    };
    transcript.apply(1, U3, &wordless);
    assert_eq!(start(&transcript), Some(60_000));
}

#[test]
fn a_turn_keeps_the_language_that_was_reported_last() {
    let mut transcript = Document::new();
    let mut language_after = |message: Turn, code: Option<&str>| {
        let language_code = code.map(str::to_owned);
        let message = Turn {
            language_code,
            ..message
        };
        transcript.apply(1, US, &message);
        transcript.row(key(1)).and_then(|row| row.language.clone())
    };
    let spanish = Some("es".to_owned());
    assert_eq!(language_after(partial(US, 1, "uno", 0), None), None);
    assert_eq!(
        language_after(partial(US, 1, "uno dos", 2), Some("es")),
        spanish
    );
    // Messages that are no end of an utterance do not say it.
    assert_eq!(
        language_after(partial(US, 1, "uno dos tres", 2), None),
        spanish
    );
    assert_eq!(language_after(end(1, "uno dos tres", false), None), spanish);
    let english = language_after(end(1, "Uno, dos, tres.", true), Some("en"));
    assert_eq!(english.as_deref(), Some("en"));
}

/// All messages of a recording, in the order of the service.
fn session() -> impl Strategy<Value = (Family, Vec<Turn>)> {
    let turn = (prop::collection::vec("[a-z]{1,4}", 1..5), any::<bool>());
    (
        prop_oneof![Just(US), Just(U3)],
        any::<bool>(),
        prop::collection::vec(turn, 1..14),
    )
        .prop_map(|(family, classic, turns)| {
            let mut messages: Vec<Turn> = Vec::new();
            let mut waiting = None;
            for (order, (words, ends)) in (0..).zip(turns) {
                for count in 0..=words.len() {
                    let text = words[..count].join(" ");
                    messages.push(partial(family, order, &text, count.saturating_sub(1)));
                    // The last turn's formatted copy comes behind this one's first partial.
                    messages.extend(waiting.take());
                }
                if ends {
                    let text = words.join(" ");
                    if classic && family == US {
                        messages.push(end(order, &text, false));
                        waiting = Some(end(order, &format!("{}.", text.to_uppercase()), true));
                    } else {
                        messages.push(end(order, &text, true));
                    }
                }
            }
            messages.extend(waiting);
            (family, messages)
        })
}

/// The messages in order, and the same in any order, some of them twice.
fn late(
    (family, messages): (Family, Vec<Turn>),
) -> impl Strategy<Value = (Family, Vec<Turn>, Vec<Turn>)> {
    let repeated = prop::sample::subsequence(messages.clone(), 0..=messages.len());
    (Just(messages), repeated)
        .prop_flat_map(|(messages, mut late)| {
            late.extend_from_slice(&messages);
            (Just(messages), Just(late).prop_shuffle())
        })
        .prop_map(move |(messages, late)| (family, messages, late))
}

proptest! {
    #[test]
    fn late_and_repeated_messages_lose_nothing(
        (family, messages, late) in session().prop_flat_map(late),
    ) {
        let mut in_order = Document::new();
        for message in &messages {
            in_order.apply(1, family, message);
        }

        let mut transcript = Document::new();
        for message in &late {
            watch(&mut transcript, family, message)?;
        }

        for (key, row) in in_order.rows() {
            if row.state != RowState::Open {
                // The times, too, are those of the final words.
                prop_assert_eq!(transcript.row(key), Some(row));
            }
        }
    }

    #[test]
    fn no_message_at_all_makes_a_row_worse(
        family in prop_oneof![Just(US), Just(U3)],
        messages in prop::collection::vec(any_message(), 0..60),
    ) {
        let mut transcript = Document::new();
        for message in &messages {
            watch(&mut transcript, family, message)?;
        }
        transcript.settle(1, false);
        prop_assert!(transcript.rows().all(|(_, row)| row.state != RowState::Open));
        prop_assert!(transcript.rows().all(|(_, row)| row.tentative().is_empty()));
    }
}

fn any_message() -> impl Strategy<Value = Turn> {
    let word = ("[a-z ]{0,3}", any::<bool>()).prop_map(|(text, word_is_final)| Word {
        text,
        word_is_final,
        ..Word::default()
    });
    (
        0_u32..4,
        any::<bool>(),
        any::<bool>(),
        "[a-z ]{0,6}",
        prop::collection::vec(word, 0..4),
    )
        .prop_map(
            |(turn_order, end_of_turn, turn_is_formatted, transcript, words)| Turn {
                turn_order,
                end_of_turn,
                turn_is_formatted,
                transcript,
                words,
                ..Turn::default()
            },
        )
}

/// Applies a message and compares its row before and after.
fn watch(transcript: &mut Document, family: Family, message: &Turn) -> Result<(), TestCaseError> {
    let key = key(message.turn_order);
    let before = transcript.row(key).cloned();
    let change = transcript.apply(1, family, message);
    let after = transcript.row(key);

    let expected = match (&before, after) {
        (before, after) if before.as_ref() == after => Outcome::None,
        (_, None) => Outcome::Removed(key),
        (_, Some(_)) => Outcome::Changed(key),
    };
    prop_assert_eq!(change, expected);
    if let Some(after) = after {
        prop_assert!(!after.text().is_empty());
    }
    if let Some(before) = before.filter(|before| before.state != RowState::Open) {
        let after = after.ok_or_else(|| TestCaseError::fail("an ended row went away"))?;
        prop_assert!(after.state >= before.state);
        prop_assert!(message.end_of_turn || *after == before);
    }
    Ok(())
}
