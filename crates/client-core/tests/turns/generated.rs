//! Generated messages, in order, late, repeated, and arbitrary.

use inturn_protocol::{Family, Turn as Message, Word};
use inturn_transcript::TurnState;
use proptest::prelude::*;

use crate::document::{Document, Outcome, U3, US, end, key, partial};

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
