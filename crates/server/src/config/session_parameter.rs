use std::{collections::BTreeSet, str::FromStr};

use inturn_protocol::{ConnectionParameters, ParameterError, SpeechModel};

/// Parameters of the service that every session is opened with, by the service's names.
///
/// A flag holds one, a variable any number, one a line.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SessionParameters(Vec<(String, String)>);

impl SessionParameters {
    /// The names, in the order in which they were given.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }
}

impl FromStr for SessionParameters {
    type Err = SessionParameterError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        let parameters = lines.map(|line| {
            let (name, value) = line.split_once('=').ok_or(SessionParameterError::NoValue)?;
            let (name, value) = (name.trim(), value.trim());
            check_name(name)?;
            // By itself; how it goes with others is looked at when all are known.
            ConnectionParameters::default().set(name, value)?;
            Ok((name.to_owned(), value.to_owned()))
        });
        parameters.collect::<Result<_, _>>().map(Self)
    }
}

/// Adds `given` to what the other flags ask for, and checks all of it by the service's rules.
pub(super) fn add(
    given: &[SessionParameters],
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
        // Of a model that is not on our list, the service is the judge.
        speech_model: parameters
            .speech_model
            .clone()
            .filter(SpeechModel::is_listed),
        ..parameters.clone()
    }
    .check()?;
    let terms = parameters.keyterms_prompt.iter().flatten();
    if terms
        .into_iter()
        .any(|term| term.chars().count() > MAX_TERM)
    {
        return Err(SessionParameterError::LongTerm);
    }
    Ok(parameters)
}

fn check_name(name: &str) -> Result<(), SessionParameterError> {
    if !ConnectionParameters::NAMES.contains(&name) {
        // Nothing longer than a name is repeated.
        let shown: String = name.chars().take(MAX_NAME).collect();
        return Err(SessionParameterError::Unknown(shown));
    }
    match RESERVED.iter().find(|(reserved, _)| *reserved == name) {
        Some((name, why)) => Err(SessionParameterError::Reserved { name, why }),
        None => Ok(()),
    }
}

/// Why sessions can't be opened with these parameters. Values are never repeated: one may be a secret that
/// was put in the wrong place.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum SessionParameterError {
    /// Not of the form that is asked for.
    #[error("must be NAME=VALUE, such as speaker_labels=true")]
    NoValue,
    /// The service would pass it over, and nobody would notice.
    #[error("names {0:?}, which is no parameter of the service")]
    Unknown(String),
    /// Set by the server itself.
    #[error("can't set {name}: {why}")]
    Reserved {
        /// The parameter.
        name: &'static str,
        /// What to do.
        why: &'static str,
    },
    /// Given more than once.
    #[error("sets {0} twice")]
    Twice(String),
    /// The service would refuse it.
    #[error("can't set {}: {}", .0.name, .0.why)]
    Refused(#[from] ParameterError),
    /// The service would pass over a part of it.
    #[error("can't set keyterms_prompt: a term has at most {MAX_TERM} characters")]
    LongTerm,
}

/// What has a flag of its own, and what the page could read though it must not.
const RESERVED: [(&str, &str); 8] = [
    ("speech_model", "use --speech-model"),
    ("format_turns", "use --format-turns"),
    ("inactivity_timeout", "use --inactivity-timeout-seconds"),
    ("sample_rate", "the page decides it"),
    ("encoding", "the page decides it"),
    ("token", "each session has its own"),
    ("webhook_auth_header_name", SECRET),
    ("webhook_auth_header_value", SECRET),
];

const SECRET: &str = "every page would see the secret, since it opens the session itself";

/// Longer terms are passed over by the service (measured in September 2026).
const MAX_TERM: usize = 50;

/// Above the service's longest name.
const MAX_NAME: usize = 40;

#[cfg(test)]
mod tests {
    use super::*;

    fn added(given: &[&str], model: &str) -> Result<String, String> {
        let parsed: Result<Vec<SessionParameters>, _> =
            given.iter().map(|text| text.parse()).collect();
        let base = ConnectionParameters {
            speech_model: Some(SpeechModel::new(model)),
            ..ConnectionParameters::default()
        };
        parsed
            .and_then(|parsed| add(&parsed, base))
            .map(|parameters| parameters.to_query())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn what_the_service_takes_is_taken() {
        let lines = "\n language_codes = [\"en\",\"de\"]\r\n\nvoice_focus=far-field\n";
        let given = [lines, "voice_focus_threshold=0.5", "prompt=a = b, c"];
        let query = added(&given, "universal-3-6-pro").expect("is taken");
        for part in [
            "language_codes=%5B%22en%22%2C%22de%22%5D",
            "voice_focus=far-field",
            "voice_focus_threshold=0.5",
            "prompt=a+%3D+b%2C+c",
        ] {
            assert!(query.contains(part), "{query}");
        }
        // The service may know models that we don't.
        assert!(added(&["mode=balanced"], "universal-4-pro").is_ok());
        assert!(added(&[], "universal-4-pro").is_ok());
    }

    #[test]
    fn every_setting_that_the_page_leaves_open_can_be_made() {
        for given in [
            "language_codes=[\"en\",\"es\"]",
            "language_detection=true",
            "keyterms_prompt=[\"Inturn\"]",
            "speaker_labels=true",
            "max_speakers=4",
            "end_of_turn_confidence_threshold=0.5",
            "min_turn_silence=400",
            "max_turn_silence=1280",
            "mode=min_latency",
            "redact_pii=true",
            "redact_pii_policies=[\"person_name\"]",
            "redact_pii_sub=hash",
            "domain=medical-v1",
            "voice_focus=near-field",
            "filter_profanity=true",
        ] {
            let added = added(&[given], "universal-3-6-pro");
            assert!(added.is_ok(), "{given}: {added:?}");
        }
    }

    #[test]
    fn what_the_service_would_refuse_or_pass_over_is_refused() {
        let long = format!("keyterms_prompt=[\"{}\"]", "é".repeat(51));
        for (given, says) in [
            (&["speaker_labels"][..], "NAME=VALUE"),
            (&["speaker_label=true"], "\"speaker_label\""),
            (&["max_speakers=11"], "max_speakers: expected 1 to 10"),
            (&["speech_model=x"], "--speech-model"),
            (&["format_turns=true"], "--format-turns"),
            (&["webhook_auth_header_value=marker"], "every page"),
            (&["token=marker"], "token"),
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
