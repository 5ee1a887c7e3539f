//! Reading documents from JSON.

mod error;
mod field;
mod value;

use serde_json::Value;

use self::field::Field;
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
    turn::{Turn, TurnId, TurnState},
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
        line: error.line(),
        column: error.column(),
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
    let root = Field::root(value);
    let version = root.field("version")?.u32()?;
    if version != VERSION {
        return Err(ImportError::Version { found: version });
    }
    let title = root.field("title")?.text()?;
    let recordings = root.field("recordings")?;
    let parts: Vec<Part> = recordings.items(part)?;
    for (at, it) in parts.iter().enumerate() {
        if parts[..at]
            .iter()
            .any(|earlier| earlier.info.id == it.info.id)
        {
            let id = recordings
                .item(at)
                .error_at("id", "an id that no other recording has");
            return Err(id);
        }
    }
    Ok(Document::from_parts(title, parts))
}

fn part<V: JsonValue>(field: &Field<'_, V>) -> Result<Part, ImportError> {
    let mut edits = Edits::default();
    for name in field.field("speaker_names")?.items(speaker_name)? {
        edits.name_speaker(&name);
    }
    let corrections = field.field("corrections")?.items(correction)?;
    for of_turn in corrections.chunk_by(|one, other| one.0 == other.0) {
        let list: Vec<Correction> = of_turn.iter().map(|it| it.1.clone()).collect();
        if let Some((turn, _)) = of_turn.first() {
            edits.correct(*turn, &list);
        }
    }
    for speakers in field.field("speaker_revisions")?.items(speakers)? {
        edits.revise(&speakers);
    }
    let sessions = field.field("sessions")?.items(session)?;
    let gaps = field.optional("omitted_gaps");
    let gaps = gaps.map_or(Ok(Vec::new()), |it| it.items(|gap| gap.u32()))?;
    let entries = field.field("entries")?.items(entry)?;
    Ok(Part {
        info: RecordingInfo {
            id: recording_id(&field.field("id")?)?,
            started_unix_ms: field.field("started_unix_ms")?.number()?,
            utc_offset_min: field.field("utc_offset_min")?.number()?,
        },
        length_ms: field.optional("length_ms").map(|it| it.u32()).transpose()?,
        transcript: Transcript::from_parts(sessions, gaps, entries, edits),
    })
}

fn recording_id<V: JsonValue>(field: &Field<'_, V>) -> Result<RecordingId, ImportError> {
    let id = u128::from_str_radix(&field.text()?, 16);
    id.map(RecordingId)
        .map_err(|_| field.error("32 hexadecimal digits"))
}

fn session<V: JsonValue>(field: &Field<'_, V>) -> Result<SessionRecord, ImportError> {
    let number = field.field("number")?.u32()?;
    let start_ms = field.optional("start_ms").map(|it| it.u32()).transpose()?;
    let end_ms = field.optional("end_ms").map(|it| it.u32()).transpose()?;
    Ok(SessionRecord {
        number,
        span: start_ms.map(|start_ms| Session {
            number,
            start_ms,
            end_ms,
        }),
        has_text: field.field("has_text")?.bool()?,
        end: field.optional("ended").map(|it| it.one_of()).transpose()?,
    })
}

fn speaker_name<V: JsonValue>(field: &Field<'_, V>) -> Result<SpeakerName, ImportError> {
    Ok(SpeakerName {
        session: field.optional("session").map(|it| it.u32()).transpose()?,
        label: field.field("label")?.text()?,
        name: field.field("name")?.text()?,
    })
}

fn entry<V: JsonValue>(field: &Field<'_, V>) -> Result<Entry, ImportError> {
    let kind = field.field("type")?;
    match kind.text()?.as_str() {
        "turn" => Ok(Entry::Turn(turn(field)?)),
        "gap" => Ok(Entry::Gap(gap(field)?)),
        _ => Err(kind.error("\"turn\" or \"gap\"")),
    }
}

fn gap<V: JsonValue>(field: &Field<'_, V>) -> Result<Gap, ImportError> {
    let gap = Gap {
        from_ms: field.field("from_ms")?.u32()?,
        to_ms: field.field("to_ms")?.u32()?,
        reason: field.field("reason")?.one_of()?,
    };
    if gap.to_ms <= gap.from_ms {
        return Err(field.error_at("to_ms", "a number greater than from_ms"));
    }
    Ok(gap)
}

fn turn<V: JsonValue>(field: &Field<'_, V>) -> Result<Turn, ImportError> {
    let state: TurnState = field.field("state")?.one_of()?;
    let turn = Turn {
        id: turn_id(field)?,
        state,
        start_ms: field.field("start_ms")?.u32()?,
        words: words(&field.field("words")?)?,
        firm_words: field.optional("firm_words").map_or(Ok(0), |it| it.u32())?,
        text: field.optional_text("original_text")?,
        speaker: field.optional_text("speaker")?,
        language: field.optional_text("language")?,
    };
    if turn.text().is_empty() {
        return Err(field.error_at("words", "a list of at least one word"));
    }
    Ok(turn)
}

fn turn_id<V: JsonValue>(field: &Field<'_, V>) -> Result<TurnId, ImportError> {
    Ok(TurnId {
        session: field.field("session")?.u32()?,
        turn: field.field("turn")?.u32()?,
    })
}

fn words<V: JsonValue>(field: &Field<'_, V>) -> Result<Words, ImportError> {
    let mut words = Words::default();
    field.items(|field| {
        let speaker = field.optional_text("speaker")?;
        words.push(Word {
            text: &field.field("text")?.text()?,
            start_ms: field.field("start_ms")?.u32()?,
            end_ms: field.field("end_ms")?.u32()?,
            confidence: field.field("confidence")?.f32()?,
            is_final: field.field("is_final")?.bool()?,
            speaker: speaker.as_deref(),
        });
        Ok(())
    })?;
    Ok(words)
}

fn correction<V: JsonValue>(field: &Field<'_, V>) -> Result<(TurnId, Correction), ImportError> {
    let correction = Correction {
        first: field.field("first_word")?.u32()?,
        count: field.field("words")?.u32()?,
        original: field.field("original")?.text()?,
        start_ms: field.field("start_ms")?.u32()?,
        end_ms: field.field("end_ms")?.u32()?,
        text: field.field("text")?.text()?,
    };
    Ok((turn_id(field)?, correction))
}

fn speakers<V: JsonValue>(field: &Field<'_, V>) -> Result<TurnSpeakers, ImportError> {
    Ok(TurnSpeakers {
        turn: turn_id(field)?,
        speaker: field.optional_text("speaker")?,
        words: words(&field.field("words")?)?,
    })
}
