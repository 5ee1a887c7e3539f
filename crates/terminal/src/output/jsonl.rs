//! JSON lines: one object for each change. The crate's README describes them.

use std::collections::BTreeSet;

use inturn_client_core::session::{Event, State};
use inturn_transcript::{
    Entry, EntryId, Part, RecordingInfo, Touched, Transcript, export::json_entry,
};
use serde::Serialize;

use crate::{
    recordings::Recordings,
    track::{Origin, Side},
    wording::{Wording, state_name},
};

/// Writes changes as JSON lines. Each method returns complete lines.
#[derive(Clone, Debug, Default)]
pub(super) struct JsonLines {
    /// Whether to write open turns too.
    has_partials: bool,
    side: Option<Side>,
    origin: Origin,
    /// The entries of the current recording that were written.
    written: BTreeSet<EntryId>,
    state: Option<&'static str>,
    billed_secs: u32,
    /// Whether a recording has begun and not ended.
    is_recording: bool,
}

/// A line that is not an entry.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Line {
    Began {
        recording: String,
        started_unix_ms: u64,
        utc_offset_min: i16,
    },
    /// A turn or a gap of a line before does not exist any more.
    Removed(Key),
    State {
        state: &'static str,
    },
    Problem {
        kind: &'static str,
        message: String,
        /// Whether the recorder tries again by itself.
        is_retried: bool,
    },
    Resolved {
        kind: &'static str,
    },
    End {
        length_ms: u32,
        billed_secs: u32,
    },
}

/// The line of a turn or a gap: the object of the JSON format, and whether it replaces one of a
/// line before.
#[derive(Serialize)]
struct EntryLine<T> {
    #[serde(flatten)]
    entry: T,
    replaces: bool,
}

/// A line, and whose it is.
#[derive(Serialize)]
struct SourceLine<'a, T> {
    #[serde(flatten)]
    line: &'a T,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<&'static str>,
}

/// What identifies an entry.
#[derive(Serialize)]
#[serde(untagged)]
enum Key {
    Turn { session: u32, turn: u32 },
    Gap { from_ms: u32 },
}

impl JsonLines {
    pub(super) fn new(has_partials: bool, side: Option<Side>, origin: Origin) -> Self {
        Self {
            has_partials,
            side,
            origin,
            ..Self::default()
        }
    }

    /// Returns the lines of an event, which has changed `recordings` already.
    pub(super) fn event(
        &mut self,
        event: &Event,
        recordings: &Recordings,
        touched: &[Touched],
    ) -> String {
        let mut lines = String::new();
        match event {
            Event::Began(info) => {
                self.written.clear();
                self.billed_secs = 0;
                self.is_recording = true;
                self.push(&mut lines, &Line::began(*info));
            }
            Event::Changed(_) => {
                for Touched { id, .. } in touched {
                    self.push_entry(&mut lines, recordings.transcript(), *id);
                }
            }
            Event::State(state) => {
                let name = state_name(*state);
                if self.state.replace(name) != Some(name) {
                    self.push(&mut lines, &Line::State { state: name });
                }
                if *state == State::Idle && std::mem::take(&mut self.is_recording) {
                    self.push(&mut lines, &self.end(recordings));
                }
            }
            Event::Problem(problem) => {
                self.push(
                    &mut lines,
                    &Line::problem(&Wording::of(problem, self.origin), false),
                );
            }
            Event::Interrupted(problem) => {
                let wording = Wording::interrupted(problem, self.origin);
                self.push(&mut lines, &Line::problem(&wording, true));
            }
            Event::Resolved(problem) => {
                let kind = Wording::of(problem, self.origin).kind;
                self.push(&mut lines, &Line::Resolved { kind });
            }
            Event::Billed(secs) => self.billed_secs = *secs,
            Event::RetryWait(_) | Event::IdleCountdown(_) | Event::Sound(_) | Event::Level(_) => {}
        }
        lines
    }

    fn push(&self, lines: &mut String, line: &impl Serialize) {
        let source = self.side.map(Side::name);
        // Serialization can't fail: all keys are texts.
        if let Ok(json) = serde_json::to_string(&SourceLine { line, source }) {
            lines.push_str(&json);
            lines.push('\n');
        }
    }

    fn end(&self, recordings: &Recordings) -> Line {
        Line::End {
            length_ms: recordings.current().map_or(0, Part::length_ms),
            billed_secs: self.billed_secs,
        }
    }

    fn push_entry(&mut self, lines: &mut String, transcript: &Transcript, id: EntryId) {
        let Some(entry) = transcript.entry(id) else {
            if self.written.remove(&id) {
                self.push(lines, &Line::Removed(Key::of(id)));
            }
            return;
        };
        let is_written = match entry {
            Entry::Turn(turn) => self.has_partials || turn.has_ended(),
            Entry::Gap(_) => true,
        };
        if is_written {
            let replaces = !self.written.insert(id);
            let entry = json_entry(transcript, entry);
            self.push(lines, &EntryLine { entry, replaces });
        }
    }
}

impl Line {
    fn began(info: RecordingInfo) -> Self {
        let id = info.id.0;
        Self::Began {
            recording: format!("{id:032x}"),
            started_unix_ms: info.started_unix_ms,
            utc_offset_min: info.utc_offset_min,
        }
    }

    fn problem(wording: &Wording, is_retried: bool) -> Self {
        Self::Problem {
            kind: wording.kind,
            message: wording.text(),
            is_retried,
        }
    }
}

impl Key {
    fn of(id: EntryId) -> Self {
        match id {
            EntryId::Turn(id) => Self::Turn {
                session: id.session,
                turn: id.turn,
            },
            EntryId::Gap(from_ms) => Self::Gap { from_ms },
        }
    }
}
