use std::str::FromStr;

use clap::{ArgAction, Args, builder::BoolishValueParser};
use inturn_protocol::{ConnectionParameters, Encoding, SAMPLE_RATE_HZ, SpeechModel};

use super::session_parameter::{self, SessionParameterError, SessionParameters};

/// What each session asks of the service.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Sessions")]
pub struct SessionConfig {
    /// Speech model, by the service's name for it. `INTURN_SPEECH_MODEL`, default
    /// `universal-3-6-pro`.
    #[arg(
        long,
        env = "INTURN_SPEECH_MODEL",
        value_name = "MODEL",
        default_value = "universal-3-6-pro"
    )]
    pub speech_model: ModelName,

    /// Whether finals get punctuation and capitals; some models always give them.
    /// `INTURN_FORMAT_TURNS`, default true.
    #[arg(long, env = "INTURN_FORMAT_TURNS", default_value_t = true,
        value_name = "BOOL", num_args = 0..=1, default_missing_value = "true",
        action = ArgAction::Set, value_parser = BoolishValueParser::new())]
    pub format_turns: bool,

    /// Another parameter of every session, by the service's name for it, such as `speaker_labels=true` or
    /// `language_codes=["en","de"]`; may be repeated, and the variable holds one a line.
    /// `INTURN_SESSION_PARAMETER`, default none.
    // One a line because most of these values may hold any other separator.
    #[arg(long, env = "INTURN_SESSION_PARAMETER", value_name = "NAME=VALUE")]
    pub session_parameter: Vec<SessionParameters>,

    /// Seconds without sound or messages after which the service ends a session, 5 to 3600.
    /// `INTURN_INACTIVITY_TIMEOUT_SECONDS`, default 30.
    // A recording sends ten frames a second, silence included, so half a minute without any means
    // that the page is gone or its network is; each second more is billed for nothing. Much less
    // would end sessions over a short break in a mobile network. The bounds are the service's own.
    #[arg(
        long,
        env = "INTURN_INACTIVITY_TIMEOUT_SECONDS",
        value_name = "SECONDS",
        default_value_t = 30,
        value_parser = clap::value_parser!(u32).range(5..=3600)
    )]
    pub inactivity_timeout_seconds: u32,

    /// Seconds after which the service ends a session whatever happens, 60 to 10800.
    /// `INTURN_MAX_SESSION_DURATION_SECONDS`, default 10800.
    // The default and the bounds are the service's own: three hours.
    #[arg(
        long,
        env = "INTURN_MAX_SESSION_DURATION_SECONDS",
        value_name = "SECONDS",
        default_value_t = 10_800,
        value_parser = clap::value_parser!(u32).range(60..=10_800)
    )]
    pub max_session_duration_seconds: u32,

    /// Seconds in which a token can open a session, 1 to 600.
    /// `INTURN_TOKEN_EXPIRES_IN_SECONDS`, default 30.
    // The page opens its socket as soon as it has the token and gives up after ten seconds. A token
    // travels in an address, so the shorter it lives, the better. The bounds are the service's own.
    #[arg(
        long,
        env = "INTURN_TOKEN_EXPIRES_IN_SECONDS",
        value_name = "SECONDS",
        default_value_t = 30,
        value_parser = clap::value_parser!(u32).range(1..=600)
    )]
    pub token_expires_in_seconds: u32,
}

impl SessionConfig {
    /// The parameters every session is opened with.
    ///
    /// # Errors
    ///
    /// [`SessionParameterError`] when the service would refuse them together.
    pub fn parameters(&self) -> Result<ConnectionParameters, SessionParameterError> {
        let of_flags = ConnectionParameters {
            speech_model: Some(self.speech_model.0.clone()),
            sample_rate: Some(SAMPLE_RATE_HZ),
            encoding: Some(Encoding::PcmS16le),
            format_turns: Some(self.format_turns),
            inactivity_timeout: Some(self.inactivity_timeout_seconds),
            ..ConnectionParameters::default()
        };
        session_parameter::add(&self.session_parameter, of_flags)
    }

    /// The names of the parameters that have no flag of their own.
    pub(crate) fn more_parameters(&self) -> Vec<&str> {
        let given = self.session_parameter.iter();
        given.flat_map(SessionParameters::names).collect()
    }

    /// The model that was chosen.
    pub fn model(&self) -> &SpeechModel {
        &self.speech_model.0
    }
}

/// A speech model by a name that could be one.
///
/// The service's list grows, so a name that is not on ours is taken; the log mentions it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ModelName(SpeechModel);

impl ModelName {
    /// The model.
    pub(crate) fn model(&self) -> &SpeechModel {
        &self.0
    }
}

impl FromStr for ModelName {
    type Err = ModelNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        if text.is_empty() || text.len() > 64 || !text.bytes().all(plain) {
            return Err(ModelNameError);
        }
        Ok(Self(SpeechModel::new(text)))
    }
}

/// The text can't be the name of a model.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("it must be a name of letters, digits and dashes such as universal-3-6-pro")]
pub struct ModelNameError;
