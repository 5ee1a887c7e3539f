//! The parameters of a session, which are sent in the query of the socket's URL.

mod kinds;
mod value;

pub use self::kinds::{Encoding, ParameterError, RedactionStyle, TurnMode, VoiceFocus};
use self::value::{Value, bounded};
use crate::{
    limits::SAMPLE_RATE_HZ,
    speech_model::{Family, SpeechModel},
};

/// Declares the parameters once, for the struct, its decoding and its encoding.
macro_rules! parameters {
    ($($(#[$doc:meta])* $name:ident: $kind:ty,)*) => {
        /// The parameters of a session. For `None`, the service uses its default.
        #[derive(Clone, Default, PartialEq)]
        pub struct ConnectionParameters {
            $($(#[$doc])* pub $name: Option<$kind>,)*
        }

        impl ConnectionParameters {
            /// The names of all parameters on the wire.
            pub const NAMES: &[&str] = &[$(stringify!($name),)*];

            /// Encodes the query, without a leading `?`, in the order of the fields.
            pub fn to_query(&self) -> String {
                let mut query = form_urlencoded::Serializer::new(String::new());
                $(if let Some(value) = &self.$name {
                    query.append_pair(stringify!($name), &value.to_text());
                })*
                query.finish()
            }

            /// Sets a parameter by its name, from its text in the query. Ignores an unknown name.
            ///
            /// # Errors
            ///
            /// Returns an error if the text is not a value of that parameter. [`Self::check`]
            /// checks the ranges.
            pub fn set(&mut self, name: &str, text: &str) -> Result<(), ParameterError> {
                match name {
                    $(stringify!($name) => {
                        let value = <$kind as Value>::from_text(text)
                            .map_err(|why| ParameterError { name: stringify!($name), why })?;
                        self.$name = Some(value);
                    })*
                    // The service silently ignores unknown names.
                    _ => {}
                }
                Ok(())
            }
        }
    };
}

parameters! {
    /// The speech model. Always send it: the family of the service's default has changed more than
    /// once.
    speech_model: SpeechModel,
    /// Sample rate in Hz, 8000 to 96000. Must be the audio's real rate.
    sample_rate: u32,
    /// Encoding of the samples in a frame.
    encoding: Encoding,
    /// The temporary token, for clients that cannot set a header.
    token: String,
    /// Seconds without audio or messages before the service closes, 5 to 3600. Without it, the
    /// service never closes.
    inactivity_timeout: u32,
    /// The vocabulary domain: `medical-v1`.
    domain: String,
    /// Whether to send `Heartbeat` messages.
    session_heartbeat: bool,
    /// Whether to send `Silence` messages (Universal-3 family).
    acknowledge_silence: bool,
    /// Whether to send partials.
    include_partial_turns: bool,
    /// Whether to send punctuated, cased finals (Universal-Streaming family; Universal-3 always
    /// does).
    format_turns: bool,
    /// Whether to mask profanity.
    filter_profanity: bool,
    /// At most 100 terms of at most 50 characters.
    keyterms_prompt: Vec<String>,
    /// At most 1750 characters (Universal-3 family).
    prompt: String,
    /// At most 1750 characters (Universal-3 family).
    agent_context: String,
    /// 0 to 100 (Universal-3 family).
    previous_context_n_turns: u32,
    /// Whether to mask personal data in finals.
    redact_pii: bool,
    /// The kinds of personal data to mask.
    redact_pii_policies: Vec<String>,
    /// The replacement for masked data.
    redact_pii_sub: RedactionStyle,
    /// 0 to 1 (Universal-Streaming family).
    end_of_turn_confidence_threshold: f64,
    /// Milliseconds; the service clamps it to 50 to 10000.
    min_turn_silence: u32,
    /// Milliseconds.
    max_turn_silence: u32,
    /// 0 to 1.
    vad_threshold: f64,
    /// A turn-detection preset (Universal-3 family).
    mode: TurnMode,
    /// Milliseconds, 0 to 1000 (Universal-3 family).
    interruption_delay: u32,
    /// Whether to send partials during long speech (Universal-3 family).
    continuous_partials: bool,
    /// Milliseconds (Universal-3 family).
    turn_left_pad_ms: u32,
    /// Whether to report the language.
    language_detection: bool,
    /// At most 10 (Universal-3 family).
    language_codes: Vec<String>,
    /// Deprecated: one language code.
    language_code: String,
    /// Deprecated: `en` or `multi`.
    language: String,
    /// Whether to label speakers.
    speaker_labels: bool,
    /// 1 to 10.
    max_speakers: u32,
    /// Milliseconds of audio between two revisions; 0 for one revision at the end.
    speaker_labels_revision_interval_ms: u32,
    /// Voice isolation (Universal-3 family).
    voice_focus: VoiceFocus,
    /// 0 to 1; only with `voice_focus`.
    voice_focus_threshold: f64,
    /// URL to which the service posts the finals when the session ends.
    webhook_url: String,
    /// Name of a header of that request.
    webhook_auth_header_name: String,
    /// Value of that header, which is a secret.
    webhook_auth_header_value: String,
    /// A request to a language model for each final, as a JSON object.
    llm_gateway: String,
}

impl ConnectionParameters {
    /// Decodes and checks a query, without a leading `?`. Like the service, it ignores unknown
    /// names and accepts `True` and `False` for `true` and `false`.
    ///
    /// # Errors
    ///
    /// Returns an error if a known name has an invalid value, or `keyterms_prompt` occurs twice.
    pub fn from_query(query: &str) -> Result<Self, ParameterError> {
        let mut parameters = Self::default();
        let mut key_terms_seen = false;
        for (name, text) in form_urlencoded::parse(query.as_bytes()) {
            if name == "keyterms_prompt" && std::mem::replace(&mut key_terms_seen, true) {
                // Repeating the name for a list is a common mistake. The service refuses it.
                return Err(error("keyterms_prompt", "Invalid JSON array"));
            }
            parameters.set(&name, &text)?;
        }
        parameters.check()?;
        Ok(parameters)
    }

    /// Checks ranges and lengths.
    ///
    /// # Errors
    ///
    /// Returns an error for the first value that the service would refuse.
    pub fn check(&self) -> Result<(), ParameterError> {
        if let Some(model) = &self.speech_model
            && !model.is_listed()
        {
            let names: Vec<String> = SpeechModel::listed()
                .map(|name| format!("'{name}'"))
                .collect();
            let why = format!("Input should be one of {}", names.join(", "));
            return Err(error("speech_model", &why));
        }
        bounded("sample_rate", self.sample_rate, 8_000..=96_000)?;
        bounded("inactivity_timeout", self.inactivity_timeout, 5..=3_600)?;
        bounded(
            "previous_context_n_turns",
            self.previous_context_n_turns,
            0..=100,
        )?;
        bounded("interruption_delay", self.interruption_delay, 0..=1_000)?;
        bounded("max_speakers", self.max_speakers, 1..=10)?;
        bounded(
            "speaker_labels_revision_interval_ms",
            self.speaker_labels_revision_interval_ms,
            0..=86_400_000,
        )?;
        bounded(
            "end_of_turn_confidence_threshold",
            self.end_of_turn_confidence_threshold,
            0.0..=1.0,
        )?;
        bounded("vad_threshold", self.vad_threshold, 0.0..=1.0)?;
        bounded(
            "voice_focus_threshold",
            self.voice_focus_threshold,
            0.0..=1.0,
        )?;
        if self.voice_focus_threshold.is_some() && self.voice_focus.is_none() {
            return Err(error("voice_focus_threshold", "needs voice_focus"));
        }
        if self
            .domain
            .as_deref()
            .is_some_and(|domain| domain != "medical-v1")
        {
            return Err(error("domain", "expected medical-v1"));
        }
        if self
            .language
            .as_deref()
            .is_some_and(|code| code != "en" && code != "multi")
        {
            return Err(error("language", "expected en or multi"));
        }
        at_most(
            "keyterms_prompt",
            self.keyterms_prompt.as_ref().map(Vec::len),
            100,
            "items",
        )?;
        at_most(
            "language_codes",
            self.language_codes.as_ref().map(Vec::len),
            10,
            "items",
        )?;
        let characters = |text: &Option<String>| text.as_ref().map(|text| text.chars().count());
        at_most("prompt", characters(&self.prompt), 1_750, "characters")?;
        at_most(
            "agent_context",
            characters(&self.agent_context),
            1_750,
            "characters",
        )?;
        self.check_family()
    }

    /// Returns the requested model, or the default one.
    pub fn model(&self) -> SpeechModel {
        self.speech_model.clone().unwrap_or_default()
    }

    /// Returns the sample rate in Hz, or the service's default.
    pub fn rate_hz(&self) -> u32 {
        self.sample_rate.unwrap_or(SAMPLE_RATE_HZ)
    }

    fn check_family(&self) -> Result<(), ParameterError> {
        if self.model().family() == Family::Universal3 {
            return Ok(());
        }
        let universal_3_only = [
            ("prompt", self.prompt.is_some()),
            ("agent_context", self.agent_context.is_some()),
            ("mode", self.mode.is_some()),
        ];
        match universal_3_only.into_iter().find(|(_, is_set)| *is_set) {
            Some((name, _)) => Err(error(name, "not supported by this speech_model")),
            None => Ok(()),
        }
    }
}

impl std::fmt::Debug for ConnectionParameters {
    /// Omits the secrets, so that `{:?}` cannot write them to a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let shown = Self {
            token: None,
            webhook_auth_header_value: None,
            ..self.clone()
        };
        f.debug_tuple("ConnectionParameters")
            .field(&shown.to_query())
            .finish()
    }
}

fn error(name: &'static str, why: &str) -> ParameterError {
    ParameterError {
        name,
        why: why.to_owned(),
    }
}

fn at_most(
    name: &'static str,
    count: Option<usize>,
    most: usize,
    unit: &str,
) -> Result<(), ParameterError> {
    match count {
        Some(count) if count > most => Err(ParameterError {
            name,
            why: format!("at most {most} {unit}, got {count}"),
        }),
        _ => Ok(()),
    }
}
