//! A list of faults, read from its JSON form.

use std::path::Path;

use serde_json::Value;

use super::case;
use super::fault::Rule;

/// Rules that make an emulator fail. Empty by default: nothing fails.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Faults {
    pub(super) rules: Vec<Rule>,
}

/// Why a list of faults cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FaultsError {
    /// The file cannot be read.
    #[error("the faults file {path} cannot be read: {source}")]
    Unreadable {
        /// Its path.
        path: String,
        /// The system's reason.
        source: std::io::Error,
    },
    /// Not JSON.
    #[error("the faults are no JSON: {0}")]
    NotJson(serde_json::Error),
    /// Neither a list nor a case.
    #[error("the faults must be a JSON list of objects, or a case with a 'script'")]
    NotAList,
    /// A case of another form.
    #[error("the case is wrong: {0}")]
    WrongCase(serde_json::Error),
    /// One of them is wrong.
    #[error("fault {number} of the list is wrong: {why}")]
    Wrong {
        /// Which one, from 1.
        number: usize,
        /// What is wrong with it.
        why: String,
    },
}

impl Faults {
    /// No faults.
    pub fn none() -> Self {
        Self::default()
    }

    /// Reads the JSON form: a list of faults, or a case (an object with a `script`).
    ///
    /// # Errors
    /// When it is neither; the sentence names the fault or the field that is wrong.
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
                Rule::from_value(item).map_err(|why| FaultsError::Wrong {
                    number: index + 1,
                    why,
                })
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { rules })
    }

    /// Reads a file in the JSON form.
    ///
    /// # Errors
    /// As [`Self::from_json`], and when the file cannot be read.
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

    fn why(json: &str) -> String {
        Faults::from_json(json).expect_err("a bad list").to_string()
    }

    #[test]
    fn a_bad_list_is_told_what_is_wrong_with_it() {
        assert!(why("{").starts_with("the faults are no JSON"));
        assert!(why("{}").starts_with("the faults must be a JSON list of objects"));
        assert!(why(r#"{"script": [{"send": 1}]}"#).contains("missing field `after_ms`"));
        assert!(why(r#"{"script": [], "pace": 2}"#).contains("unknown field `pace`"));
        assert!(why(r#"[{"fault": "say", "after_audio_ms": 0}]"#).contains("exactly one of"));
        assert!(
            why(r#"[{"fault": "say", "after_audio_ms": 0, "text": "", "send": null}]"#)
                .contains("exactly one of")
        );
        let unknown = why(r#"[{"fault": "no_begin"}, {"fault": "meteor"}]"#);
        assert!(
            unknown.starts_with("fault 2 of the list is wrong: unknown variant `meteor`"),
            "{unknown}"
        );
        assert!(why(r#"[{"fault": "slow_begin"}]"#).contains("missing field `ms`"));
        assert!(why(r#"[{"fault": "no_begin", "mx": 1}]"#).contains("unknown field `mx`"));
        assert!(why(r#"[{"fault": "no_begin", "times": 0}]"#).contains("'times' must be"));
        assert!(why(r#"[{"fault": "no_begin", "request": 1}]"#).contains("counts by 'session'"));
        assert!(why(r#"[{"fault": "token_hang", "session": 1}]"#).contains("counts by 'request'"));
        assert!(
            why(r#"[{"fault": "close", "after_audio_ms": 0, "code": 1006}]"#).contains("'code'")
        );
        assert!(why(r#"[{"fault": "refuse_upgrade", "status": 200}]"#).contains("'status'"));
    }
}
