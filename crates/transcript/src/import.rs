//! Reading documents from JSON.

mod error;
mod field;
mod value;

use serde_json::Value;

use self::field::{Field, check};
pub use self::{error::ImportError, value::JsonValue};
use crate::{
    correction::Correction,
    document::{Document, Part},
    edits::Edits,
    entry::Entry,
    gap::Gap,
    json_format::{FORMAT, VERSION},
    recording::{RecordingId, RecordingInfo},
    session::{Session, SessionRecord},
    speaker::{SpeakerName, TurnSpeakers},
    transcript::Transcript,
    turn::{Turn, TurnId},
    words::{Word, Words},
};

/// Reads a document that [`to_json`](crate::export::to_json) has written. Unknown fields are
/// ignored.
///
/// # Errors
///
/// Returns an error if the text is not JSON, not a transcript, of another version, or if a field is
/// missing or wrong.
pub fn from_json(text: &str) -> Result<Document, ImportError> {
    let value: Value = serde_json::from_str(text).map_err(|error| ImportError::NotJson {
        at: Some((error.line(), error.column())),
    })?;
    from_json_value(&value)
}

/// Reads a document from JSON that was parsed before.
///
/// # Errors
///
/// Returns an error if it is not a transcript, of another version, or if a field is missing or
/// wrong.
pub fn from_json_value<V: JsonValue>(value: V) -> Result<Document, ImportError> {
    let format = value.get("format").and_then(|it| it.text());
    if format.as_deref() != Some(FORMAT) {
        return Err(ImportError::NotTranscript);
    }
    let found = check(value.clone(), |root| root.field("version").u32())?;
    if found != VERSION {
        return Err(ImportError::Version { found });
    }
    check(value, |root| {
        let title = root.field("title").text();
        let mut parts: Vec<Part> = Vec::new();
        for field in root.field("recordings").items() {
            let part = part(&field);
            if parts.iter().any(|earlier| earlier.info.id == part.info.id) {
                field.report_at("id", "an id that no other recording has");
            }
            parts.push(part);
        }
        Document::from_parts(title, parts)
    })
}

fn part<V: JsonValue>(field: &Field<'_, V>) -> Part {
    let mut edits = Edits::default();
    for name in field.field("speaker_names").items() {
        edits.name_speaker(&speaker_name(&name));
    }
    let mut corrections: Vec<(TurnId, Vec<Correction>)> = Vec::new();
    for field in field.field("corrections").items() {
        let (turn, correction) = (turn_id(&field), correction(&field));
        match corrections.last_mut().filter(|(last, _)| *last == turn) {
            Some((_, list)) => list.push(correction),
            None => corrections.push((turn, vec![correction])),
        }
    }
    for (turn, list) in corrections {
        edits.correct(turn, &list);
    }
    for field in field.field("speaker_revisions").items() {
        edits.revise(&TurnSpeakers {
            turn: turn_id(&field),
            speaker: field.optional_text("speaker"),
            words: words(&field.field("words")),
        });
    }
    let sessions = field.field("sessions");
    let sessions = sessions.items().map(|it| session(&it)).collect();
    let gaps = field.optional("omitted_gaps");
    let gaps = gaps.map_or_else(Vec::new, |it| it.items().map(|it| it.u32()).collect());
    let entries = field.field("entries");
    let entries = entries.items().filter_map(|it| entry(&it)).collect();
    Part {
        info: RecordingInfo {
            id: recording_id(&field.field("id")),
            started_unix_ms: field.field("started_unix_ms").number(),
            utc_offset_min: field.field("utc_offset_min").number(),
        },
        length_ms: field.optional_u32("length_ms"),
        transcript: Transcript::from_parts(sessions, gaps, entries, edits),
    }
}

fn recording_id<V: JsonValue>(field: &Field<'_, V>) -> RecordingId {
    let id = u128::from_str_radix(&field.text(), 16);
    if id.is_err() {
        field.report("32 hexadecimal digits");
    }
    RecordingId(id.unwrap_or_default())
}

fn session<V: JsonValue>(field: &Field<'_, V>) -> SessionRecord {
    let number = field.field("number").u32();
    let end_ms = field.optional_u32("end_ms");
    let span = field.optional_u32("start_ms").map(|start_ms| Session {
        number,
        start_ms,
        end_ms,
    });
    SessionRecord {
        number,
        span,
        has_text: field.field("has_text").bool(),
        end: field.optional("ended").and_then(|it| it.one_of()),
    }
}

fn speaker_name<V: JsonValue>(field: &Field<'_, V>) -> SpeakerName {
    SpeakerName {
        session: field.optional_u32("session"),
        label: field.field("label").text(),
        name: field.field("name").text(),
    }
}

fn entry<V: JsonValue>(field: &Field<'_, V>) -> Option<Entry> {
    let kind = field.field("type");
    match kind.text().as_str() {
        "turn" => turn(field).map(Entry::Turn),
        "gap" => gap(field).map(Entry::Gap),
        _ => {
            kind.report("\"turn\" or \"gap\"");
            None
        }
    }
}

fn gap<V: JsonValue>(field: &Field<'_, V>) -> Option<Gap> {
    let gap = Gap {
        from_ms: field.field("from_ms").u32(),
        to_ms: field.field("to_ms").u32(),
        reason: field.field("reason").one_of()?,
    };
    if gap.to_ms <= gap.from_ms {
        field.report_at("to_ms", "a number greater than from_ms");
    }
    Some(gap)
}

fn turn<V: JsonValue>(field: &Field<'_, V>) -> Option<Turn> {
    let turn = Turn {
        id: turn_id(field),
        state: field.field("state").one_of()?,
        start_ms: field.field("start_ms").u32(),
        words: words(&field.field("words")),
        firm_words: field.optional_u32("firm_words").unwrap_or(0),
        text: field.optional_text("original_text"),
        speaker: field.optional_text("speaker"),
        language: field.optional_text("language"),
    };
    if turn.text().is_empty() {
        field.report_at("words", "a list of at least one word");
    }
    Some(turn)
}

fn turn_id<V: JsonValue>(field: &Field<'_, V>) -> TurnId {
    TurnId {
        session: field.field("session").u32(),
        turn: field.field("turn").u32(),
    }
}

fn words<V: JsonValue>(field: &Field<'_, V>) -> Words {
    let mut words = Words::default();
    for field in field.items() {
        words.push(Word {
            text: &field.field("text").text(),
            start_ms: field.field("start_ms").u32(),
            end_ms: field.field("end_ms").u32(),
            confidence: field.field("confidence").f32(),
            is_final: field.field("is_final").bool(),
            speaker: field.optional_text("speaker").as_deref(),
        });
    }
    words
}

fn correction<V: JsonValue>(field: &Field<'_, V>) -> Correction {
    Correction {
        first: field.field("first_word").u32(),
        count: field.field("words").u32(),
        original: field.field("original").text(),
        start_ms: field.field("start_ms").u32(),
        end_ms: field.field("end_ms").u32(),
        text: field.field("text").text(),
    }
}
