use clap::{ArgAction, Args, builder::BoolishValueParser};
use inturn_protocol::{ConnectionParameters, Encoding, SAMPLE_RATE_HZ, SpeechModel};
use inturn_service::{ModelName, Reserved, SessionParameterError, SessionParameters};

/// The parameters of each session.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Sessions")]
pub struct SessionConfig {
    /// The service's name of the speech model. `INTURN_SPEECH_MODEL`, default `universal-3-6-pro`.
    #[arg(
        long,
        env = "INTURN_SPEECH_MODEL",
        value_name = "MODEL",
        default_value = "universal-3-6-pro"
    )]
    pub speech_model: ModelName,

    /// Whether final turns get punctuation and capital letters; some models always add them.
    /// `INTURN_FORMAT_TURNS`, default true.
    #[arg(long, env = "INTURN_FORMAT_TURNS", default_value_t = true,
        value_name = "BOOL", num_args = 0..=1, default_missing_value = "true",
        action = ArgAction::Set, value_parser = BoolishValueParser::new())]
    pub format_turns: bool,

    /// Any other parameter of a session, with the service's name, such as `speaker_labels=true` or
    /// `language_codes=["en","de"]`. Can be repeated; the variable holds one per line.
    /// `INTURN_SESSION_PARAMETER`, default none.
    // One per line, because most of these values can contain any other separator.
    #[arg(
        long,
        env = "INTURN_SESSION_PARAMETER",
        value_name = "NAME=VALUE",
        value_parser = |text: &str| SessionParameters::parse(text, &RESERVED)
    )]
    pub session_parameter: Vec<SessionParameters>,

    /// Seconds without audio or messages after which the service ends a session, 5 to 3600.
    /// `INTURN_INACTIVITY_TIMEOUT_SECONDS`, default 30.
    // A recording sends ten frames a second, silence included. Half a minute without any means that
    // the page or its network is gone, and the time is billed. A much shorter timeout would end
    // sessions at a short break of a mobile network. The range is the service's own.
    #[arg(
        long,
        env = "INTURN_INACTIVITY_TIMEOUT_SECONDS",
        value_name = "SECONDS",
        default_value_t = 30,
        value_parser = clap::value_parser!(u32).range(5..=3600)
    )]
    pub inactivity_timeout_seconds: u32,

    /// Maximum duration of a session in seconds, 60 to 10800; the service ends it then.
    /// `INTURN_MAX_SESSION_DURATION_SECONDS`, default 10800.
    // The default and the range are the service's own: three hours.
    #[arg(
        long,
        env = "INTURN_MAX_SESSION_DURATION_SECONDS",
        value_name = "SECONDS",
        default_value_t = 10_800,
        value_parser = clap::value_parser!(u32).range(60..=10_800)
    )]
    pub max_session_duration_seconds: u32,

    /// Lifetime of a token in seconds, 1 to 600; a session must be opened within it.
    /// `INTURN_TOKEN_EXPIRES_IN_SECONDS`, default 30.
    // The page opens its socket as soon as it has the token, and gives up after ten seconds. The
    // token is part of a URL, so its lifetime should be short. The range is the service's own.
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
    /// The parameters of every session.
    ///
    /// # Errors
    ///
    /// [`SessionParameterError`] if the service would refuse this combination.
    pub fn parameters(&self) -> Result<ConnectionParameters, SessionParameterError> {
        let from_flags = ConnectionParameters {
            speech_model: Some(self.speech_model.model().clone()),
            sample_rate: Some(SAMPLE_RATE_HZ),
            encoding: Some(Encoding::PcmS16le),
            format_turns: Some(self.format_turns),
            inactivity_timeout: Some(self.inactivity_timeout_seconds),
            // Shows the page that the session is alive while no one speaks. A session without words
            // and messages would look like a dead connection.
            session_heartbeat: Some(true),
            ..ConnectionParameters::default()
        };
        SessionParameters::add(&self.session_parameter, from_flags)
    }

    /// The names of the parameters that are set by `--session-parameter`.
    pub(crate) fn extra_parameters(&self) -> Vec<&str> {
        let given = self.session_parameter.iter();
        given.flat_map(SessionParameters::names).collect()
    }

    /// The speech model.
    pub fn model(&self) -> &SpeechModel {
        self.speech_model.model()
    }
}

/// Parameters that can't be set here: they have their own flag, or the page must not read them.
const RESERVED: [Reserved; 8] = [
    reserved("speech_model", "use --speech-model"),
    reserved("format_turns", "use --format-turns"),
    reserved("inactivity_timeout", "use --inactivity-timeout-seconds"),
    reserved("sample_rate", "the page decides it"),
    reserved("encoding", "the page decides it"),
    reserved("token", "each session has its own"),
    reserved("webhook_auth_header_name", SECRET),
    reserved("webhook_auth_header_value", SECRET),
];

const fn reserved(name: &'static str, why: &'static str) -> Reserved {
    Reserved { name, why }
}

const SECRET: &str = "every page would see the secret, because the page opens the session";

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<SessionParameters, SessionParameterError> {
        SessionParameters::parse(text, &RESERVED)
    }

    #[test]
    fn every_parameter_that_is_not_reserved_can_be_set() {
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
            let parsed = parsed(given);
            assert!(parsed.is_ok(), "{given}: {parsed:?}");
        }
    }

    #[test]
    fn a_reserved_parameter_is_refused() {
        for (given, says) in [
            ("speech_model=x", "--speech-model"),
            ("format_turns=true", "--format-turns"),
            ("inactivity_timeout=9", "--inactivity-timeout-seconds"),
            ("sample_rate=8000", "the page decides"),
            ("webhook_auth_header_value=marker", "every page"),
            ("token=marker", "token"),
        ] {
            let error = parsed(given).expect_err(says).to_string();
            assert!(error.contains(says), "{given:?}: {error}");
            assert!(!error.contains("marker"), "{error}");
        }
    }
}
