//! The forms in which the model families report a turn.

use inturn_protocol::{Turn as Message, TurnRevision, Word};
use inturn_transcript::TurnState;

use crate::document::{Document, U3, US, assert_steps, end, key, message, partial, turns};

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
