//! Ends, repeated and late messages, and sessions.

use inturn_protocol::Turn as Message;
use inturn_transcript::{TurnId, TurnState};

use crate::document::{Document, Outcome, U3, US, end, key, partial, shown, turns};

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
