//! The parameters of a session.

use std::collections::BTreeSet;

use inturn_protocol::{ConnectionParameters, ParameterError, SpeechModel};

/// Parameters of a session, with the service's names.
///
/// The text form has one parameter per line, because most values can contain any other separator.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SessionParameters(Vec<(String, String)>);

/// A parameter that can't be set by the text form.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Reserved {
    /// The service's name for it.
    pub name: &'static str,
    /// The reason, or what to use instead, for the error message.
    pub why: &'static str,
}

impl SessionParameters {
    /// Parses lines of `NAME=VALUE`, and checks each value on its own. `reserved` lists the
    /// parameters that the caller sets elsewhere.
    ///
    /// # Errors
    ///
    /// [`SessionParameterError`] for the first invalid line.
    pub fn parse(text: &str, reserved: &[Reserved]) -> Result<Self, SessionParameterError> {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        let parameters = lines.map(|line| {
            let (name, value) = line.split_once('=').ok_or(SessionParameterError::NoValue)?;
            let (name, value) = (name.trim(), value.trim());
            check_name(name, reserved)?;
            ConnectionParameters::default().set(name, value)?;
            Ok((name.to_owned(), value.to_owned()))
        });
        parameters.collect::<Result<_, _>>().map(Self)
    }

    /// Adds `given` to `parameters`, and checks the combination by the service's rules.
    ///
    /// # Errors
    ///
    /// [`SessionParameterError`] if one is set twice, or if the service would refuse the
    /// combination.
    pub fn add(
        given: &[Self],
        mut parameters: ConnectionParameters,
    ) -> Result<ConnectionParameters, SessionParameterError> {
        let mut seen = BTreeSet::new();
        for (name, value) in given.iter().flat_map(|it| &it.0) {
            if !seen.insert(name) {
                return Err(SessionParameterError::Twice(name.clone()));
            }
            parameters.set(name, value)?;
        }
        ConnectionParameters {
            // For an unknown model, only the service can check the combination.
            speech_model: parameters
                .speech_model
                .clone()
                .filter(SpeechModel::is_listed),
            ..parameters.clone()
        }
        .check()?;
        let mut terms = parameters.keyterms_prompt.iter().flatten();
        if terms.any(|term| term.chars().count() > MAX_TERM) {
            return Err(SessionParameterError::LongTerm);
        }
        Ok(parameters)
    }

    /// The names, in the given order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }
}

fn check_name(name: &str, reserved: &[Reserved]) -> Result<(), SessionParameterError> {
    if !ConnectionParameters::NAMES.contains(&name) {
        // Truncated, because it may be a secret in the wrong place.
        let shown: String = name.chars().take(MAX_NAME).collect();
        return Err(SessionParameterError::Unknown(shown));
    }
    match reserved.iter().find(|reserved| reserved.name == name) {
        Some(&Reserved { name, why }) => Err(SessionParameterError::Reserved { name, why }),
        None => Ok(()),
    }
}

/// Why sessions can't be opened with these parameters. Never contains a value, which may be a
/// secret in the wrong place.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum SessionParameterError {
    /// A line without `=`.
    #[error("must be NAME=VALUE, such as speaker_labels=true")]
    NoValue,
    /// The service would ignore it silently.
    #[error("names {0:?}, which is not a parameter of the service")]
    Unknown(String),
    /// The caller sets it elsewhere.
    #[error("can't set {name}: {why}")]
    Reserved {
        /// The parameter.
        name: &'static str,
        /// The reason, or what to use instead.
        why: &'static str,
    },
    /// Set more than once.
    #[error("sets {0} twice")]
    Twice(String),
    /// The service would refuse it.
    #[error("can't set {}: {}", .0.name, .0.why)]
    Refused(#[from] ParameterError),
    /// The service would ignore the term.
    #[error("can't set keyterms_prompt: a term has at most {MAX_TERM} characters")]
    LongTerm,
}

/// The service ignores longer terms (measured in September 2026).
const MAX_TERM: usize = 50;

/// Longer than any of the service's names.
const MAX_NAME: usize = 40;

#[cfg(test)]
mod tests {
    use super::*;

    const RESERVED: [Reserved; 1] = [Reserved {
        name: "token",
        why: "each session has its own",
    }];

    fn added(given: &[&str], model: &str) -> Result<String, String> {
        let parsed: Result<Vec<SessionParameters>, _> = given
            .iter()
            .map(|text| SessionParameters::parse(text, &RESERVED))
            .collect();
        let base = ConnectionParameters {
            speech_model: Some(SpeechModel::new(model)),
            ..ConnectionParameters::default()
        };
        parsed
            .and_then(|parsed| SessionParameters::add(&parsed, base))
            .map(|parameters| parameters.to_query())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn parameters_that_the_service_accepts_are_accepted() {
        let lines = "\n language_codes = [\"en\",\"de\"]\r\n\nvoice_focus=far-field\n";
        let given = [lines, "voice_focus_threshold=0.5", "prompt=a = b, c"];
        let query = added(&given, "universal-3-6-pro").expect("is accepted");
        for part in [
            "language_codes=%5B%22en%22%2C%22de%22%5D",
            "voice_focus=far-field",
            "voice_focus_threshold=0.5",
            "prompt=a+%3D+b%2C+c",
        ] {
            assert!(query.contains(part), "{query}");
        }
        // The service may have models that are unknown here.
        assert!(added(&["mode=balanced"], "universal-4-pro").is_ok());
        assert!(added(&[], "universal-4-pro").is_ok());
    }

    #[test]
    fn parameters_that_the_service_would_refuse_or_ignore_are_refused() {
        let long = format!("keyterms_prompt=[\"{}\"]", "é".repeat(51));
        for (given, says) in [
            (&["speaker_labels"][..], "NAME=VALUE"),
            (&["speaker_label=true"], "\"speaker_label\""),
            (&["max_speakers=11"], "max_speakers: expected 1 to 10"),
            (&["token=marker"], "token: each session has its own"),
            (&["domain=law"], "domain"),
            (&["mode=balanced", "mode=balanced"], "mode twice"),
            (&["mode=balanced\nmode=balanced"], "mode twice"),
            (&["voice_focus_threshold=0.5"], "needs voice_focus"),
            (&[long.as_str()], "50 characters"),
        ] {
            let error = added(given, "universal-3-6-pro").expect_err(says);
            assert!(error.contains(says), "{given:?}: {error}");
            assert!(!error.contains("marker"), "{error}");
        }
        let error = added(&["mode=balanced"], "universal-streaming-english");
        assert!(error.is_err_and(|it| it.contains("mode: not supported")));
    }
}
