//! Reads a list of faults from JSON.

use std::path::Path;

use serde_json::Value;

use super::{case, fault::Rule};

/// Faults of an emulator. Empty by default: nothing goes wrong.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Faults {
    pub(super) rules: Vec<Rule>,
}

/// Error in a list of faults.
#[derive(Debug, thiserror::Error)]
pub enum FaultsError {
    /// The file cannot be read.
    #[error("the faults file {path} cannot be read: {source}")]
    Unreadable {
        /// Its path.
        path: String,
        /// The system's error.
        source: std::io::Error,
    },
    /// The text is not JSON.
    #[error("the faults are not JSON: {0}")]
    NotJson(serde_json::Error),
    /// The JSON is neither a list nor a case.
    #[error("the faults must be a JSON list of objects, or a case with a 'script'")]
    NotAList,
    /// The case has a wrong form.
    #[error("the case is wrong: {0}")]
    WrongCase(serde_json::Error),
    /// A fault of the list is wrong.
    #[error("fault {number} of the list is wrong: {reason}")]
    Wrong {
        /// Its position, from 1.
        number: usize,
        /// What is wrong.
        reason: String,
    },
}

impl Faults {
    /// Returns an empty list.
    pub fn none() -> Self {
        Self::default()
    }

    /// Parses the JSON form: a list of faults, or a case (an object with a `script`).
    ///
    /// # Errors
    ///
    /// Returns an error if it is neither. The error names the fault or the field that is wrong.
    pub fn from_json(text: &str) -> Result<Self, FaultsError> {
        let value: Value = serde_json::from_str(text).map_err(FaultsError::NotJson)?;
        if value.get("script").is_some() {
            let rules = case::rules(value).map_err(FaultsError::WrongCase)?;
            return Ok(Self { rules });
        }
        let Value::Array(items) = value else {
            return Err(FaultsError::NotAList);
        };
        let rules = items
            .into_iter()
            .enumerate()
            .map(|(index, item)| {
                Rule::from_value(item).map_err(|reason| FaultsError::Wrong {
                    number: index + 1,
                    reason,
                })
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { rules })
    }

    /// Reads a file with the JSON form.
    ///
    /// # Errors
    ///
    /// As [`Self::from_json`]; also if the file can't be read.
    pub fn from_file(path: &Path) -> Result<Self, FaultsError> {
        let text = std::fs::read_to_string(path).map_err(|source| FaultsError::Unreadable {
            path: path.display().to_string(),
            source,
        })?;
        Self::from_json(&text)
    }
}

impl From<Vec<Rule>> for Faults {
    fn from(rules: Vec<Rule>) -> Self {
        Self { rules }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(json: &str) -> String {
        Faults::from_json(json).expect_err("a bad list").to_string()
    }

    #[test]
    fn errors_name_what_is_wrong() {
        assert!(error("{").starts_with("the faults are not JSON"));
        assert!(error("{}").starts_with("the faults must be a JSON list of objects"));
        assert!(error(r#"{"script": [{"send": 1}]}"#).contains("missing field `after_ms`"));
        assert!(error(r#"{"script": [], "pace": 2}"#).contains("unknown field `pace`"));
        assert!(error(r#"[{"fault": "say", "after_audio_ms": 0}]"#).contains("exactly one of"));
        assert!(
            error(r#"[{"fault": "say", "after_audio_ms": 0, "text": "", "send": null}]"#)
                .contains("exactly one of")
        );
        let unknown = error(r#"[{"fault": "no_begin"}, {"fault": "meteor"}]"#);
        assert!(
            unknown.starts_with("fault 2 of the list is wrong: unknown variant `meteor`"),
            "{unknown}"
        );
        assert!(error(r#"[{"fault": "slow_begin"}]"#).contains("missing field `ms`"));
        assert!(error(r#"[{"fault": "no_begin", "mx": 1}]"#).contains("unknown field `mx`"));
        assert!(error(r#"[{"fault": "no_begin", "times": 0}]"#).contains("'times' must be"));
        assert!(error(r#"[{"fault": "no_begin", "request": 1}]"#).contains("takes 'session'"));
        assert!(error(r#"[{"fault": "token_hang", "session": 1}]"#).contains("takes 'request'"));
        assert!(
            error(r#"[{"fault": "close", "after_audio_ms": 0, "code": 1006}]"#).contains("'code'")
        );
        assert!(error(r#"[{"fault": "refuse_upgrade", "status": 200}]"#).contains("'status'"));
        assert!(error(r#"[{"fault": "session_cap", "seconds": 0}]"#).contains("'seconds'"));
        assert!(
            error(r#"[{"fault": "drop_messages", "message": "Turns"}]"#)
                .contains("unknown variant `Turns`")
        );
        assert!(
            error(r#"[{"fault": "drop_messages", "message": "Turn", "count": 0}]"#)
                .contains("'count'")
        );
        assert!(
            error(r#"[{"fault": "restart_turn_order", "after_turns": 0}]"#)
                .contains("'after_turns'")
        );
    }
}
