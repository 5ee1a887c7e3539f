//! JSON. The crate's README describes the format; `import` reads it.

use serde::Serialize;

use crate::{
    correction::{Correction, CorrectionId},
    document::{Document, Part},
    entry::{Entry, EntryId},
    gap::Gap,
    json_format::{FORMAT, Named, VERSION},
    session::SessionRecord,
    speaker::{SpeakerName, TurnSpeakers},
    transcript::Transcript,
    turn::Turn,
    words::{Word, Words},
};

/// Returns an entry as it is in the JSON format: an object with a `type`.
pub fn json_entry<'a>(transcript: &Transcript, entry: &'a Entry) -> impl Serialize + use<'a> {
    JsonEntry::new(transcript, entry)
}

/// Writes a document as JSON, with everything that it contains. Each session, entry and edit is on
/// a line of its own.
pub fn to_json(document: &Document) -> String {
    let mut file = String::from("{\n\"format\": ");
    push(&mut file, &FORMAT);
    file.push_str(",\n\"version\": ");
    push(&mut file, &VERSION);
    file.push_str(",\n\"title\": ");
    push(&mut file, &document.title());
    file.push_str(",\n\"recordings\": [");
    for (at, part) in document.parts().iter().enumerate() {
        file.push_str(if at == 0 { "\n" } else { ",\n" });
        push_part(&mut file, part);
    }
    file.push_str("\n]\n}\n");
    file
}

fn push_part(file: &mut String, part: &Part) {
    let transcript = &part.transcript;
    let edits = transcript.edits();
    let id = part.info.id.0;
    file.push_str("{\n\"id\": ");
    push(file, &format!("{id:032x}"));
    file.push_str(",\n\"started_unix_ms\": ");
    push(file, &part.info.started_unix_ms);
    file.push_str(",\n\"utc_offset_min\": ");
    push(file, &part.info.utc_offset_min);
    file.push_str(",\n\"length_ms\": ");
    push(file, &part.length_ms);
    let sessions = transcript.sessions().iter().map(JsonSession::new);
    push_list(file, "sessions", sessions);
    push_list(
        file,
        "speaker_names",
        edits.names().iter().map(JsonName::new),
    );
    let starts = transcript.gap_starts().iter();
    let is_omitted = |start: &&u32| transcript.entry(EntryId::Gap(**start)).is_none();
    let omitted: Vec<u32> = starts.filter(is_omitted).copied().collect();
    if !omitted.is_empty() {
        push_list(file, "omitted_gaps", omitted.into_iter());
    }
    let entries = transcript.entries().iter();
    push_list(
        file,
        "entries",
        entries.map(|it| JsonEntry::new(transcript, it)),
    );
    let corrections = edits.all_corrections();
    push_list(file, "corrections", corrections.map(JsonCorrection::new));
    let revisions = edits.all_speakers().iter();
    push_list(file, "speaker_revisions", revisions.map(JsonRevision::new));
    file.push_str("\n}");
}

fn push_list<T: Serialize>(file: &mut String, name: &str, items: impl Iterator<Item = T>) {
    file.push_str(",\n\"");
    file.push_str(name);
    file.push_str("\": [");
    let mut is_empty = true;
    for item in items {
        file.push_str(if is_empty { "\n" } else { ",\n" });
        push(file, &item);
        is_empty = false;
    }
    file.push_str(if is_empty { "]" } else { "\n]" });
}

/// Adds a value. Serialization can't fail: the values have no maps and no own `Serialize`.
fn push(file: &mut String, value: &impl Serialize) {
    if let Ok(json) = serde_json::to_string(value) {
        file.push_str(&json);
    }
}

#[derive(Serialize)]
struct JsonSession {
    number: u32,
    /// Both `null` if the session has never begun.
    start_ms: Option<u32>,
    end_ms: Option<u32>,
    has_text: bool,
    ended: Option<&'static str>,
}

#[derive(Serialize)]
struct JsonName<'a> {
    session: Option<u32>,
    label: &'a str,
    name: &'a str,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum JsonEntry<'a> {
    Turn {
        session: u32,
        turn: u32,
        state: &'static str,
        start_ms: u32,
        /// As it is shown, with corrections. Not read by `import`.
        text: String,
        /// The text without corrections, if it is not the words joined by spaces.
        #[serde(skip_serializing_if = "Option::is_none")]
        original_text: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        speaker: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        language: Option<&'a str>,
        #[serde(skip_serializing_if = "is_zero")]
        firm_words: u32,
        words: Vec<JsonWord<'a>>,
    },
    Gap {
        from_ms: u32,
        to_ms: u32,
        reason: &'static str,
    },
}

#[derive(Serialize)]
struct JsonWord<'a> {
    text: &'a str,
    start_ms: u32,
    end_ms: u32,
    confidence: f32,
    is_final: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    speaker: Option<&'a str>,
}

#[derive(Serialize)]
struct JsonCorrection<'a> {
    session: u32,
    turn: u32,
    first_word: u32,
    words: u32,
    original: &'a str,
    start_ms: u32,
    end_ms: u32,
    text: &'a str,
}

#[derive(Serialize)]
struct JsonRevision<'a> {
    session: u32,
    turn: u32,
    speaker: Option<&'a str>,
    words: Vec<JsonWord<'a>>,
}

impl JsonSession {
    fn new(record: &SessionRecord) -> Self {
        let span = record.span;
        Self {
            number: record.number,
            start_ms: span.map(|it| it.start_ms),
            end_ms: span.and_then(|it| it.end_ms),
            has_text: record.has_text,
            ended: record.end.map(Named::name),
        }
    }
}

impl<'a> JsonName<'a> {
    fn new(name: &'a SpeakerName) -> Self {
        Self {
            session: name.session,
            label: &name.label,
            name: &name.name,
        }
    }
}

impl<'a> JsonEntry<'a> {
    fn new(transcript: &Transcript, entry: &'a Entry) -> Self {
        match entry {
            Entry::Turn(turn) => Self::of_turn(transcript, turn),
            Entry::Gap(Gap {
                from_ms,
                to_ms,
                reason,
            }) => Self::Gap {
                from_ms: *from_ms,
                to_ms: *to_ms,
                reason: reason.name(),
            },
        }
    }

    fn of_turn(transcript: &Transcript, turn: &'a Turn) -> Self {
        let shown = transcript.reading(turn.id);
        Self::Turn {
            session: turn.id.session,
            turn: turn.id.turn,
            state: turn.state.name(),
            start_ms: turn.start_ms,
            text: shown.map_or_else(String::new, |it| it.text().to_owned()),
            original_text: turn.text.as_deref(),
            speaker: turn.speaker.as_deref(),
            language: turn.language.as_deref(),
            firm_words: turn.firm_words,
            words: words(&turn.words),
        }
    }
}

impl<'a> JsonCorrection<'a> {
    fn new((id, correction): (CorrectionId, &'a Correction)) -> Self {
        Self {
            session: id.turn.session,
            turn: id.turn.turn,
            first_word: correction.first,
            words: correction.count,
            original: &correction.original,
            start_ms: correction.start_ms,
            end_ms: correction.end_ms,
            text: &correction.text,
        }
    }
}

impl<'a> JsonRevision<'a> {
    fn new(speakers: &'a TurnSpeakers) -> Self {
        Self {
            session: speakers.turn.session,
            turn: speakers.turn.turn,
            speaker: speakers.speaker.as_deref(),
            words: words(&speakers.words),
        }
    }
}

impl<'a> From<Word<'a>> for JsonWord<'a> {
    fn from(word: Word<'a>) -> Self {
        Self {
            text: word.text,
            start_ms: word.start_ms,
            end_ms: word.end_ms,
            confidence: word.confidence,
            is_final: word.is_final,
            speaker: word.speaker,
        }
    }
}

fn words(words: &Words) -> Vec<JsonWord<'_>> {
    words.iter().map(JsonWord::from).collect()
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
fn is_zero(number: &u32) -> bool {
    *number == 0
}
