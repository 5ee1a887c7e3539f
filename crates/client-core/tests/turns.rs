//! The service's turn messages become turns of the transcript, for both model families and both
//! kinds of formatted ends.

use inturn_client_core::recording::{Recording, RecordingInfo, Span};
use inturn_protocol::{Family, Turn as Message, TurnRevision, Word};
use inturn_transcript::{Change, SessionEnd, Turn, TurnId, TurnState};
use proptest::prelude::*;

const US: Family = Family::UniversalStreaming;
const U3: Family = Family::Universal3;

/// Returns a message with the words of `text`, of which the first `settled` are final. As on the
/// wire, `transcript` holds only those in the Universal-Streaming family, and all words in the
/// Universal-3 family.
fn message(family: Family, turn: u32, text: &str, settled: usize) -> Message {
    let texts: Vec<_> = text.split_whitespace().collect();
    let words = texts.iter().enumerate().map(|(index, text)| Word {
        text: (*text).to_owned(),
        start: u64::from(turn) * 60_000 + index as u64 * 200,
        word_is_final: index < settled,
        ..Word::default()
    });
    Message {
        turn_order: turn,
        transcript: match family {
            Family::UniversalStreaming => texts[..settled].join(" "),
            Family::Universal3 => text.to_owned(),
        },
        words: words.collect(),
        ..Message::default()
    }
}

fn partial(family: Family, turn: u32, text: &str, settled: usize) -> Message {
    message(family, turn, text, settled)
}

fn end(turn: u32, text: &str, formatted: bool) -> Message {
    Message {
        end_of_turn: true,
        turn_is_formatted: formatted,
        ..message(US, turn, text, text.split_whitespace().count())
    }
}

fn key(turn: u32) -> TurnId {
    TurnId { session: 1, turn }
}

/// A recording. Each session begins with its first message, at the start of the timeline.
struct Document {
    recording: Recording,
    sessions: Vec<u32>,
}

/// The effect of a message on its turn.
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

    fn apply(&mut self, session: u32, family: Family, message: &Message) -> Outcome {
        if !self.sessions.contains(&session) {
            self.sessions.push(session);
            // A day after the one before.
            let first_sample = u64::from(session.saturating_sub(1)) * 86_400 * 16_000;
            let span = Span::from_sample(first_sample);
            self.recording.begin_session(session, span, family);
        }
        match self.recording.take_turn(session, message) {
            None => Outcome::None,
            Some(Change::Turn(turn)) if self.turn(turn.id).is_none() => Outcome::Removed(turn.id),
            Some(Change::Turn(turn)) => Outcome::Changed(turn.id),
            Some(other) => panic!("unexpected change {other:?}"),
        }
    }

    /// Ends a session. Returns the changed turns.
    fn end_session(&mut self, session: u32, clean: bool) -> Vec<TurnId> {
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

    fn turn(&self, id: TurnId) -> Option<&Turn> {
        self.recording.transcript().turn(id)
    }

    fn turns(&self) -> impl Iterator<Item = (TurnId, &Turn)> {
        let turns = self.recording.transcript().turns();
        turns.map(|turn| (turn.id, turn))
    }
}

/// Returns the turns of `messages` as "firm|tentative" with their state.
fn turns(family: Family, messages: &[Message]) -> Vec<(String, TurnState)> {
    let mut transcript = Document::new();
    for message in messages {
        transcript.apply(1, family, message);
    }
    shown(&transcript)
}

fn shown(transcript: &Document) -> Vec<(String, TurnState)> {
    transcript
        .turns()
        .map(|(_, turn)| (format!("{}|{}", turn.firm(), turn.tentative()), turn.state))
        .collect()
}

/// Applies the message of each step, and asserts the text and the state of the only turn after it.
fn assert_steps(family: Family, steps: &[(Message, &str, TurnState)]) {
    let mut transcript = Document::new();
    for (index, (message, text, state)) in steps.iter().enumerate() {
        transcript.apply(1, family, message);
        let turn = (!text.is_empty()).then(|| ((*text).to_owned(), *state));
        assert_eq!(
            shown(&transcript),
            Vec::from_iter(turn),
            "after step {index}"
        );
    }
}

#[test]
fn universal_streaming_classic_form() {
    use TurnState::{Formatted, Open, Raw};
    assert_steps(
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
                Message {
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
    use TurnState::{Formatted, Open};
    let formatted = |turn: Message| Message {
        turn_is_formatted: true,
        ..turn
    };
    assert_steps(
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
    use TurnState::{Formatted, Open};
    // The live service sends partials with `turn_is_formatted`.
    for flag in [false, true] {
        let flagged = |turn: Message| Message {
            turn_is_formatted: flag,
            ..turn
        };
        assert_steps(
            U3,
            &[
                (
                    flagged(partial(U3, 0, "The ferry—", 0)),
                    "|The ferry—",
                    Open,
                ),
                // What is the same as in the partial before is firm.
                (
                    flagged(partial(U3, 0, "The ferry leaves at", 0)),
                    "The|ferry leaves at",
                    Open,
                ),
                (
                    flagged(partial(U3, 0, "The ferry leaves at nine", 0)),
                    "The ferry leaves at|nine",
                    Open,
                ),
                // A new recognition of the same audio may be shorter.
                (flagged(partial(U3, 0, "The fair", 0)), "The|fair", Open),
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
fn a_kept_word_of_a_text_without_spaces_is_firm() {
    let japanese = |words: &str| Message {
        transcript: words.split(' ').collect(),
        ..partial(U3, 0, words, 0)
    };
    assert_steps(
        U3,
        &[
            (japanese("今日は 電気"), "|今日は電気", TurnState::Open),
            (
                japanese("今日は 天気が いい"),
                "今日は|天気がいい",
                TurnState::Open,
            ),
        ],
    );
}

#[test]
fn a_revision_changes_the_speakers_only() {
    let mut document = Document::new();
    document.apply(1, U3, &end(0, "So be it.", true));
    let revision = TurnRevision {
        turn_order: 0,
        speaker_label: Some("B".to_owned()),
        words: message(U3, 0, "So be it.", 3)
            .words
            .into_iter()
            .map(|word| Word {
                speaker: Some("B".to_owned()),
                ..word
            })
            .collect(),
    };
    let change = document.recording.revise_speakers(1, &revision);
    assert!(change.is_some());
    let turn = document.turn(key(0)).expect("the turn exists");
    assert_eq!(turn.text(), "So be it.");
    assert_eq!(turn.speaker.as_deref(), Some("B"));
    assert!(turn.words.iter().all(|it| it.speaker == Some("B")));
    let repeated = document.recording.revise_speakers(1, &revision);
    assert_eq!(repeated, None);
    assert_eq!(document.recording.revise_speakers(7, &revision), None);
}

#[test]
fn whisper_turns_show_the_transcript_and_never_the_utterance() {
    let tag = Message {
        utterance: "Silence.".to_owned(),
        ..end(0, "[Silence]", false)
    };
    assert_eq!(
        turns(US, &[tag]),
        [("[Silence]|".to_owned(), TurnState::Raw)]
    );
}

#[test]
fn a_partial_without_words_shows_its_transcript() {
    for family in [US, U3] {
        let bare = Message {
            transcript: " the ferry ".to_owned(),
            ..Message::default()
        };
        let text = ("|the ferry".to_owned(), TurnState::Open);
        assert_eq!(turns(family, &[bare]), [text]);
    }
}

#[test]
fn an_end_without_transcript_shows_its_words() {
    let bare = Message {
        transcript: String::new(),
        ..end(0, "the ferry", false)
    };
    assert_eq!(
        turns(US, &[bare]),
        [("the ferry|".to_owned(), TurnState::Raw)]
    );
}

#[test]
fn a_formatted_end_may_come_after_the_next_turns_first_partial() {
    let messages = [
        end(0, "the ferry leaves", false),
        partial(US, 1, "at ni", 1),
        end(0, "The ferry leaves.", true),
    ];
    assert_eq!(
        turns(US, &messages),
        [
            ("The ferry leaves.|".to_owned(), TurnState::Formatted),
            ("at|ni".to_owned(), TurnState::Open)
        ]
    );
}

#[test]
fn a_formatted_turn_never_goes_back_to_raw() {
    let messages = [end(0, "Nine.", true), end(0, "nine", false)];
    assert_eq!(
        turns(US, &messages),
        [("Nine.|".to_owned(), TurnState::Formatted)]
    );
}

#[test]
fn an_ended_turn_ignores_partials() {
    for (family, formatted, state) in [
        (US, false, TurnState::Raw),
        (US, true, TurnState::Formatted),
        (U3, true, TurnState::Formatted),
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
fn an_empty_end_commits_the_text_of_an_open_turn() {
    for formatted in [false, true] {
        let messages = [partial(US, 0, "the fer", 1), end(0, "", formatted)];
        let state = if formatted {
            TurnState::Formatted
        } else {
            TurnState::Raw
        };
        assert_eq!(turns(US, &messages), [("the fer|".to_owned(), state)]);
    }
    let messages = [partial(U3, 0, "The fer", 0), end(0, " ", true)];
    assert_eq!(
        turns(U3, &messages),
        [("The fer|".to_owned(), TurnState::Formatted)]
    );
}

#[test]
fn an_empty_end_does_not_change_an_ended_turn() {
    let mut transcript = Document::new();
    transcript.apply(1, US, &end(0, "nine", false));
    assert_eq!(transcript.apply(1, US, &end(0, "", true)), Outcome::None);
    // Its formatted copy still counts.
    transcript.apply(1, US, &end(0, "Nine.", true));
    assert_eq!(
        shown(&transcript),
        [("Nine.|".to_owned(), TurnState::Formatted)]
    );
}

#[test]
fn an_empty_end_of_an_unknown_turn_is_ignored() {
    for family in [US, U3] {
        assert!(turns(family, &[end(3, "", true), end(4, "", false)]).is_empty());
    }
}

#[test]
fn an_empty_partial_removes_its_turn() {
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
        .turns()
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
        transcript.end_session(2, true),
        [TurnId {
            session: 2,
            turn: 0
        }]
    );
    let texts: Vec<_> = transcript
        .turns()
        .map(|(_, turn)| turn.text().to_owned())
        .collect();
    assert_eq!(texts, ["First.", "Second"]);
}

#[test]
fn a_clean_end_commits_open_turns_unchanged() {
    let mut transcript = Document::new();
    transcript.apply(1, US, &end(0, "nine", false));
    transcript.apply(1, US, &partial(US, 1, "or te", 1));
    assert_eq!(transcript.end_session(1, true), [key(1)]);
    assert_eq!(
        shown(&transcript),
        [
            ("nine|".to_owned(), TurnState::Raw),
            ("or te|".to_owned(), TurnState::Raw)
        ]
    );
    assert!(transcript.end_session(1, false).is_empty());
}

#[test]
fn a_session_that_breaks_off_marks_its_open_turns() {
    let mut transcript = Document::new();
    transcript.apply(1, US, &partial(US, 0, "or te", 1));
    assert_eq!(transcript.end_session(1, false), [key(0)]);
    assert_eq!(
        shown(&transcript),
        [("or te|".to_owned(), TurnState::Unfinished)]
    );
    // A late end replaces the text that broke off.
    transcript.apply(1, US, &partial(US, 0, "worse", 0));
    transcript.apply(1, US, &end(0, "or ten", false));
    assert_eq!(shown(&transcript), [("or ten|".to_owned(), TurnState::Raw)]);
}

#[test]
fn a_turn_begins_where_its_first_word_begins() {
    let mut transcript = Document::new();
    let start = |transcript: &Document| transcript.turn(key(1)).map(|turn| turn.start_ms);
    transcript.apply(1, U3, &partial(U3, 1, "nine", 0));
    assert_eq!(start(&transcript), Some(60_000));
    // A message without words has no start time.
    let wordless = Message {
        words: Vec::new(),
        ..end(1, "Nine.", true)
    };
    transcript.apply(1, U3, &wordless);
    assert_eq!(start(&transcript), Some(60_000));
}

#[test]
fn a_turn_keeps_the_last_reported_language() {
    let mut transcript = Document::new();
    let mut language_after = |message: Message, code: Option<&str>| {
        let language_code = code.map(str::to_owned);
        let message = Message {
            language_code,
            ..message
        };
        transcript.apply(1, US, &message);
        transcript
            .turn(key(1))
            .and_then(|turn| turn.language.clone())
    };
    let spanish = Some("es".to_owned());
    assert_eq!(language_after(partial(US, 1, "uno", 0), None), None);
    assert_eq!(
        language_after(partial(US, 1, "uno dos", 2), Some("es")),
        spanish
    );
    // Only messages at the end of an utterance carry the language.
    assert_eq!(
        language_after(partial(US, 1, "uno dos tres", 2), None),
        spanish
    );
    assert_eq!(language_after(end(1, "uno dos tres", false), None), spanish);
    let english = language_after(end(1, "Uno, dos, tres.", true), Some("en"));
    assert_eq!(english.as_deref(), Some("en"));
}

/// Generates all messages of a recording, in the order of the service.
fn session() -> impl Strategy<Value = (Family, Vec<Message>)> {
    let turn = (prop::collection::vec("[a-z]{1,4}", 1..5), any::<bool>());
    (
        prop_oneof![Just(US), Just(U3)],
        any::<bool>(),
        prop::collection::vec(turn, 1..14),
    )
        .prop_map(|(family, classic, turns)| {
            let mut messages: Vec<Message> = Vec::new();
            let mut waiting = None;
            for (order, (words, ends)) in (0..).zip(turns) {
                for count in 0..=words.len() {
                    let text = words[..count].join(" ");
                    messages.push(partial(family, order, &text, count.saturating_sub(1)));
                    // The last turn's formatted copy comes after this one's first partial.
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

/// Generates the messages in order, and the same in random order with some repeated.
fn late(
    (family, messages): (Family, Vec<Message>),
) -> impl Strategy<Value = (Family, Vec<Message>, Vec<Message>)> {
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
            apply_checked(&mut transcript, family, message)?;
        }

        for (key, turn) in in_order.turns() {
            if turn.state != TurnState::Open {
                // This includes the times of the final words.
                prop_assert_eq!(transcript.turn(key), Some(turn));
            }
        }
    }

    #[test]
    fn no_message_makes_a_turn_worse(
        family in prop_oneof![Just(US), Just(U3)],
        messages in prop::collection::vec(any_message(), 0..60),
    ) {
        let mut transcript = Document::new();
        for message in &messages {
            apply_checked(&mut transcript, family, message)?;
        }
        transcript.end_session(1, false);
        prop_assert!(transcript.turns().all(|(_, turn)| turn.state != TurnState::Open));
        prop_assert!(transcript.turns().all(|(_, turn)| turn.tentative().is_empty()));
    }
}

fn any_message() -> impl Strategy<Value = Message> {
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
            |(turn_order, end_of_turn, turn_is_formatted, transcript, words)| Message {
                turn_order,
                end_of_turn,
                turn_is_formatted,
                transcript,
                words,
                ..Message::default()
            },
        )
}

/// Applies a message and checks its turn before and after.
fn apply_checked(
    transcript: &mut Document,
    family: Family,
    message: &Message,
) -> Result<(), TestCaseError> {
    let key = key(message.turn_order);
    let before = transcript.turn(key).cloned();
    let change = transcript.apply(1, family, message);
    let after = transcript.turn(key);

    let expected = match (&before, after) {
        (before, after) if before.as_ref() == after => Outcome::None,
        (_, None) => Outcome::Removed(key),
        (_, Some(_)) => Outcome::Changed(key),
    };
    prop_assert_eq!(change, expected);
    if let Some(after) = after {
        prop_assert!(!after.text().is_empty());
    }
    if let Some(before) = before.filter(|before| before.state != TurnState::Open) {
        let after = after.ok_or_else(|| TestCaseError::fail("an ended turn was removed"))?;
        prop_assert!(after.state >= before.state);
        prop_assert!(message.end_of_turn || *after == before);
    }
    Ok(())
}
