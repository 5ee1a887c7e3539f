//! A case: exactly what the service says in a session, as a file.
//!
//! `{"begin": …, "script": [{"after_ms": …, "send": …}]}`: `begin` replaces the `Begin` message, and
//! each `send` follows after so many milliseconds of audio. Nothing else is sent but `Termination`.

use serde::Deserialize;
use serde_json::Value;

use super::fault::{Fault, Rule};

/// The JSON form of a case.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    /// What is sent in place of `Begin`; without it, `Begin` is the ordinary one.
    begin: Option<Value>,
    script: Vec<Line>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    after_ms: u64,
    send: Value,
}

/// The rules that play a case in every session.
pub(super) fn rules(case: Value) -> Result<Vec<Rule>, serde_json::Error> {
    let Case { begin, script } = serde_json::from_value(case)?;
    let begin = begin.map(|send| Fault::ReplaceBegin { send });
    let says = script.into_iter().map(|line| Fault::Say {
        after_audio_ms: line.after_ms,
        send: Some(line.send),
        text: None,
        bytes: None,
    });
    let faults = begin.into_iter().chain([Fault::NoTurns {}]).chain(says);
    Ok(faults.map(Rule::from).collect())
}
