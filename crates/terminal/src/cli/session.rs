//! How to transcribe: the parameters of each session.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use inturn_protocol::{ConnectionParameters, Encoding, SAMPLE_RATE_HZ, SpeechModel, TurnMode};
use inturn_service::{ModelName, Reserved, SessionParameterError, SessionParameters};

/// Flags of the parameters of each session. With `--server`, the server decides them.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Sessions (not with --server)")]
pub struct SessionConfig {
    /// The service's name of the speech model. `INTURN_SPEECH_MODEL`, default `universal-3-6-pro`.
    #[arg(long, env = "INTURN_SPEECH_MODEL", value_name = "MODEL")]
    pub speech_model: Option<ModelName>,

    /// Languages that are spoken, as codes such as `en,de`; at most ten. `INTURN_LANGUAGE`, default
    /// any.
    #[arg(
        long,
        env = "INTURN_LANGUAGE",
        value_name = "CODES",
        value_delimiter = ','
    )]
    pub language: Vec<String>,

    /// When turns end: early with `min_latency`, late with `max_accuracy`. `INTURN_MODE`, default
    /// `balanced`.
    #[arg(long, env = "INTURN_MODE", value_name = "PRESET", value_enum)]
    pub mode: Option<TurnPreset>,

    /// Name the speakers: A, B and so on.
    #[arg(long)]
    pub speaker_labels: bool,

    /// A name or a term that is said, at most 50 characters. Can be repeated; at most 100 terms.
    #[arg(long, value_name = "TERM")]
    pub key_term: Vec<String>,

    /// File with such terms, one in each line.
    #[arg(long, value_name = "PATH")]
    pub key_terms: Option<PathBuf>,

    /// Any other parameter of a session, with the service's name, such as `redact_pii=true`. Can be
    /// repeated; the variable holds one per line. `INTURN_SESSION_PARAMETER`, default none.
    #[arg(
        long,
        env = "INTURN_SESSION_PARAMETER",
        value_name = "NAME=VALUE",
        value_parser = |text: &str| SessionParameters::parse(text, &RESERVED)
    )]
    pub session_parameter: Vec<SessionParameters>,
}

/// When turns end.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum TurnPreset {
    /// Early.
    MinLatency,
    /// The service's default.
    Balanced,
    /// Late.
    MaxAccuracy,
}

/// Why the parameters can't be used.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// The service would refuse them.
    #[error("The parameters of sessions: one {0}.")]
    Refused(#[from] SessionParameterError),
    /// The file of key terms can't be read.
    #[error("The file {} in --key-terms can't be read: {cause}.", path.display())]
    KeyTerms {
        /// The file.
        path: PathBuf,
        /// The system's error.
        cause: std::io::Error,
    },
}

impl SessionConfig {
    /// The parameters of every session.
    ///
    /// # Errors
    ///
    /// [`SessionError`] if the service would refuse them, or if the file of key terms can't be
    /// read.
    pub fn parameters(&self) -> Result<ConnectionParameters, SessionError> {
        let mut terms = self.key_term.clone();
        if let Some(path) = &self.key_terms {
            terms.extend(read_terms(path)?);
        }
        let from_flags = ConnectionParameters {
            speech_model: Some(self.model()),
            sample_rate: Some(SAMPLE_RATE_HZ),
            encoding: Some(Encoding::PcmS16le),
            format_turns: Some(true),
            inactivity_timeout: Some(INACTIVITY_SECS),
            // Shows that the session is alive while no one speaks.
            session_heartbeat: Some(true),
            language_codes: (!self.language.is_empty()).then(|| self.language.clone()),
            mode: self.mode.map(TurnPreset::mode),
            speaker_labels: self.speaker_labels.then_some(true),
            keyterms_prompt: (!terms.is_empty()).then_some(terms),
            ..ConnectionParameters::default()
        };
        Ok(SessionParameters::add(&self.session_parameter, from_flags)?)
    }

    /// The speech model.
    pub fn model(&self) -> SpeechModel {
        let model = self.speech_model.as_ref();
        model.map_or_else(SpeechModel::default, |it| it.model().clone())
    }

    /// Returns the first of these flags that was used. `is_flag` says whether a value comes from a
    /// flag.
    pub(super) fn flag(is_flag: impl Fn(&str) -> bool) -> Option<&'static str> {
        let flags = [
            ("speech_model", "--speech-model"),
            ("language", "--language"),
            ("mode", "--mode"),
            ("speaker_labels", "--speaker-labels"),
            ("key_term", "--key-term"),
            ("key_terms", "--key-terms"),
            ("session_parameter", "--session-parameter"),
        ];
        let used = flags.into_iter().find(|(id, _)| is_flag(id));
        used.map(|(_, flag)| flag)
    }
}

impl TurnPreset {
    fn mode(self) -> TurnMode {
        match self {
            Self::MinLatency => TurnMode::MinLatency,
            Self::Balanced => TurnMode::Balanced,
            Self::MaxAccuracy => TurnMode::MaxAccuracy,
        }
    }
}

/// Reads a file of terms: one in each line, with empty lines and spaces around them left out.
fn read_terms(path: &Path) -> Result<Vec<String>, SessionError> {
    let text = std::fs::read_to_string(path).map_err(|cause| SessionError::KeyTerms {
        path: path.to_owned(),
        cause,
    })?;
    let terms = text.lines().map(str::trim).filter(|it| !it.is_empty());
    Ok(terms.map(str::to_owned).collect())
}

/// Parameters that have their own flag, or that the client decides.
const RESERVED: [Reserved; 10] = [
    reserved("speech_model", "use --speech-model"),
    reserved("language_codes", "use --language"),
    reserved("mode", "use --mode"),
    reserved("speaker_labels", "use --speaker-labels"),
    reserved("keyterms_prompt", "use --key-term"),
    reserved("sample_rate", DECIDED),
    reserved("encoding", DECIDED),
    reserved("inactivity_timeout", DECIDED),
    reserved("session_heartbeat", DECIDED),
    reserved("token", "each session has its own"),
];

const fn reserved(name: &'static str, why: &'static str) -> Reserved {
    Reserved { name, why }
}

const DECIDED: &str = "the program decides it";

/// Seconds without audio after which the service ends a session: the program is gone then. The
/// server's default too.
const INACTIVITY_SECS: u32 = 30;
