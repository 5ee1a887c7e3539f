use clap::{ArgAction, Args, builder::BoolishValueParser};
use inturn_protocol::{ConnectionParameters, Encoding, SAMPLE_RATE_HZ, SpeechModel};

use inturn_service::{ModelName, Reserved, SessionParameterError, SessionParameters};

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
    #[arg(
        long,
        env = "INTURN_SESSION_PARAMETER",
        value_name = "NAME=VALUE",
        value_parser = |text: &str| SessionParameters::parse(text, &RESERVED)
    )]
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
            speech_model: Some(self.speech_model.model().clone()),
            sample_rate: Some(SAMPLE_RATE_HZ),
            encoding: Some(Encoding::PcmS16le),
            format_turns: Some(self.format_turns),
            inactivity_timeout: Some(self.inactivity_timeout_seconds),
            ..ConnectionParameters::default()
        };
        SessionParameters::add(&self.session_parameter, of_flags)
    }

    /// The names of the parameters that have no flag of their own.
    pub(crate) fn more_parameters(&self) -> Vec<&str> {
        let given = self.session_parameter.iter();
        given.flat_map(SessionParameters::names).collect()
    }

    /// The model that was chosen.
    pub fn model(&self) -> &SpeechModel {
        self.speech_model.model()
    }
}

/// What has a flag of its own, and what the page could read though it must not.
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

const SECRET: &str = "every page would see the secret, since it opens the session itself";

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<SessionParameters, SessionParameterError> {
        SessionParameters::parse(text, &RESERVED)
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
            let parsed = parsed(given);
            assert!(parsed.is_ok(), "{given}: {parsed:?}");
        }
    }

    #[test]
    fn what_another_flag_or_the_page_decides_is_refused() {
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
