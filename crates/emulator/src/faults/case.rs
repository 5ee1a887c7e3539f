//! A case: a file with exactly the messages that the service sends in a session.
//!
//! `{"begin": …, "script": [{"after_ms": …, "send": …}]}`: `begin` replaces the `Begin` message.
//! Each `send` is sent after `after_ms` milliseconds of audio. Only `Termination` is sent in
//! addition.

use serde::Deserialize;
use serde_json::Value;

use super::fault::{Fault, Rule};

/// The JSON form of a case.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    /// Sent instead of `Begin`. Without it, the ordinary `Begin` is sent.
    begin: Option<Value>,
    script: Vec<Line>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    after_ms: u64,
    send: Value,
}

/// Returns the rules that play a case in every session.
pub(super) fn rules(case: Value) -> Result<Vec<Rule>, serde_json::Error> {
    let Case { begin, script } = serde_json::from_value(case)?;
    let begin = begin.map(|send| Fault::ReplaceBegin { send });
    let messages = script.into_iter().map(|line| Fault::Say {
        after_audio_ms: line.after_ms,
        send: Some(line.send),
        text: None,
        bytes: None,
    });
    let faults = begin.into_iter().chain([Fault::NoTurns {}]).chain(messages);
    Ok(faults.map(Rule::from).collect())
}
