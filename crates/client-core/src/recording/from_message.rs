//! Conversion of the service's messages to turns, for both model families and both kinds of
//! formatted ends.

use inturn_protocol::{Family, Turn as Message, TurnRevision, Word as MessageWord};
use inturn_transcript::{Transcript, Turn, TurnId, TurnSpeakers, TurnState, Word, Words};

use super::span::Span;

/// Returns the complete turn after `message` of `session`. Returns `None` if the message changes
/// nothing.
pub(super) fn turn(
    transcript: &Transcript,
    session: u32,
    span: &Span,
    family: Family,
    message: &Message,
) -> Option<Turn> {
    let id = TurnId {
        session,
        turn: message.turn_order,
    };
    let old = transcript.turn(id);
    let mut new = if message.end_of_turn {
        ended(id, old, span, family, message)?
    } else {
        partial(id, old, span, family, message)
    };
    // The service reports these with an utterance or an end. Other messages of the turn lack them.
    new.language = inherited(message.language_code.as_ref(), old, |it| &it.language);
    new.speaker = inherited(message.speaker_label.as_ref(), old, |it| &it.speaker);
    new.start_ms = match (new.words.start_ms(), old) {
        (Some(start_ms), _) => start_ms,
        (None, Some(old)) => old.start_ms,
        // A turn without words begins no earlier than its session.
        (None, None) => span.start_ms(),
    };
    Some(new)
}

/// Returns the new speakers of a turn of `session`.
pub(super) fn speakers(session: u32, span: &Span, revision: &TurnRevision) -> TurnSpeakers {
    TurnSpeakers {
        turn: TurnId {
            session,
            turn: revision.turn_order,
        },
        speaker: revision.speaker_label.clone(),
        words: words(span, &revision.words),
    }
}

/// Returns an open turn. In the Universal-Streaming family, `transcript` starts empty and lacks the
/// word being spoken, so the turn shows the words. In the Universal-3 family, every word may still
/// change; those that are the same as in the partial before count as firm.
fn partial(id: TurnId, old: Option<&Turn>, span: &Span, family: Family, message: &Message) -> Turn {
    let words = words(span, &message.words);
    let has_settled_words = family == Family::UniversalStreaming && !words.is_empty();
    if has_settled_words {
        let firm_words = words.leading_final() as u32;
        return Turn {
            words,
            firm_words,
            ..Turn::new(id)
        };
    }
    Turn {
        firm_words: old.map_or(0, |old| kept_words(&old.words, &words)),
        text: text(&words, message),
        words,
        ..Turn::new(id)
    }
}

/// Returns the number of leading words that are the same in both versions of a turn.
fn kept_words(old: &Words, new: &Words) -> u32 {
    let pairs = old.iter().zip(new.iter());
    let kept = pairs.take_while(|(old, new)| old.text == new.text);
    kept.count() as u32
}

/// Returns a turn at its end.
fn ended(
    id: TurnId,
    old: Option<&Turn>,
    span: &Span,
    family: Family,
    message: &Message,
) -> Option<Turn> {
    let is_formatted = message.turn_is_formatted || family == Family::Universal3;
    let state = if is_formatted {
        TurnState::Formatted
    } else {
        TurnState::Raw
    };
    let words = words(span, &message.words);
    let new = Turn {
        state,
        text: text(&words, message),
        words,
        ..Turn::new(id)
    };
    if !new.text().is_empty() {
        return Some(new);
    }
    // An empty end commits what an open turn shows.
    let old = old.filter(|old| !old.has_ended())?;
    Some(Turn {
        state,
        firm_words: 0,
        ..old.clone()
    })
}

/// Returns the words with their times on the recording's timeline.
fn words(span: &Span, reported: &[MessageWord]) -> Words {
    let bytes = reported.iter().map(|word| word.text.len()).sum();
    let mut words = Words::with_capacity(reported.len(), bytes);
    for word in reported {
        let (start_ms, end_ms) = span.word_ms(word.start, word.end);
        words.push(Word {
            text: &word.text,
            start_ms,
            end_ms,
            confidence: word.confidence as f32,
            is_final: word.word_is_final,
            speaker: word.speaker.as_deref(),
        });
    }
    words
}

/// Returns the message's own text if it differs from its words joined by spaces.
fn text(words: &Words, message: &Message) -> Option<String> {
    let text = message.transcript.trim();
    (!text.is_empty() && text != words.text()).then(|| text.to_owned())
}

fn inherited(
    new: Option<&String>,
    old: Option<&Turn>,
    of: impl Fn(&Turn) -> &Option<String>,
) -> Option<String> {
    new.or_else(|| old.and_then(|old| of(old).as_ref()))
        .cloned()
}
