//! Settings of turn detection: defaults of the model's family, presets of modes, and the client's
//! changes.

use inturn_protocol::{ConnectionParameters, Family, TurnMode, UpdateConfiguration};

use super::open_turn::OpenTurn;

/// Decides when turns end and when partials are reported.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct TurnPolicy {
    pub(crate) family: Family,
    confidence_threshold: f64,
    pub(super) min_silence_ms: u64,
    max_silence_ms: u64,
    interruption_delay_ms: u64,
    continuous_partials: bool,
    max_turn_ms: u64,
    /// Whether the confidence rises with the silence. Otherwise it is 0 until the end.
    confidence_ramps: bool,
    pub(super) acknowledge_silence: bool,
    /// Whether the Universal-3 models too send a partial whenever the words have changed.
    eager_partials: bool,
}

impl TurnPolicy {
    pub(crate) fn new(parameters: &ConnectionParameters) -> Self {
        let family = parameters.model().family();
        let mut policy = Self {
            family,
            confidence_threshold: parameters.end_of_turn_confidence_threshold.unwrap_or(0.4),
            min_silence_ms: 400,
            max_silence_ms: 1_280,
            interruption_delay_ms: 0,
            continuous_partials: true,
            max_turn_ms: MAX_TURN_MS,
            confidence_ramps: family == Family::UniversalStreaming
                || parameters.model().as_str().starts_with("universal-3-6"),
            acknowledge_silence: parameters.acknowledge_silence == Some(true),
            eager_partials: false,
        };
        if family == Family::Universal3 {
            if parameters.model().as_str().starts_with("u3-rt-pro") {
                policy.min_silence_ms = 100;
                policy.max_silence_ms = 1_000;
            } else {
                policy.set_mode(parameters.mode.unwrap_or(TurnMode::Balanced));
            }
            if parameters.speaker_labels == Some(true) {
                policy.set_speaker_labels();
            }
        }
        if let Some(continuous) = parameters.continuous_partials {
            policy.continuous_partials = continuous;
        }
        policy.set_silences(parameters.min_turn_silence, parameters.max_turn_silence);
        if let Some(delay_ms) = parameters.interruption_delay {
            policy.interruption_delay_ms = u64::from(delay_ms);
        }
        policy
    }

    /// Sets whether a partial is sent whenever the words have changed.
    pub(crate) fn with_eager_partials(self, eager_partials: bool) -> Self {
        Self {
            eager_partials,
            ..self
        }
    }

    /// Applies the settings of `UpdateConfiguration`.
    ///
    /// # Errors
    ///
    /// Returns the name of a setting that the service would refuse.
    pub(crate) fn update(&mut self, change: &UpdateConfiguration) -> Result<(), &'static str> {
        let is_fraction =
            |value: Option<f64>| value.is_none_or(|value| (0.0..=1.0).contains(&value));
        if !is_fraction(change.end_of_turn_confidence_threshold) {
            return Err("end_of_turn_confidence_threshold");
        }
        if !is_fraction(change.vad_threshold) {
            return Err("vad_threshold");
        }
        if change.interruption_delay.is_some_and(|delay| delay > 1_000) {
            return Err("interruption_delay");
        }
        let too_long = |text: &Option<String>| {
            text.as_ref()
                .is_some_and(|text| text.chars().count() > MAX_PROMPT_CHARACTERS)
        };
        if too_long(&change.prompt) {
            return Err("prompt");
        }
        if too_long(&change.agent_context) {
            return Err("agent_context");
        }
        if change
            .keyterms_prompt
            .as_ref()
            .is_some_and(|terms| terms.len() > 100)
        {
            return Err("keyterms_prompt");
        }
        match change.mode.as_deref() {
            None => {}
            Some("min_latency") => self.set_mode(TurnMode::MinLatency),
            Some("balanced") => self.set_mode(TurnMode::Balanced),
            Some("max_accuracy") => self.set_mode(TurnMode::MaxAccuracy),
            Some(_) => return Err("mode"),
        }
        self.set_silences(change.min_turn_silence, change.max_turn_silence);
        if let Some(threshold) = change.end_of_turn_confidence_threshold {
            self.confidence_threshold = threshold;
        }
        if let Some(delay_ms) = change.interruption_delay {
            self.interruption_delay_ms = u64::from(delay_ms);
        }
        if let Some(continuous) = change.continuous_partials {
            self.continuous_partials = continuous;
        }
        if let Some(acknowledge) = change.acknowledge_silence {
            self.acknowledge_silence = acknowledge;
        }
        Ok(())
    }

    fn set_mode(&mut self, mode: TurnMode) {
        (
            self.min_silence_ms,
            self.max_silence_ms,
            self.interruption_delay_ms,
        ) = match mode {
            TurnMode::MinLatency => (128, 640, 0),
            TurnMode::Balanced => (128, 1_280, 500),
            TurnMode::MaxAccuracy => (512, 2_560, 500),
        };
    }

    /// Applies the settings that the service uses instead of a preset with `speaker_labels`.
    fn set_speaker_labels(&mut self) {
        self.min_silence_ms = 640;
        self.max_silence_ms = 768;
        self.interruption_delay_ms = 500;
        self.continuous_partials = false;
        self.max_turn_ms = 10_000;
    }

    fn set_silences(&mut self, min_ms: Option<u32>, max_ms: Option<u32>) {
        let clamped = |ms: u32| u64::from(ms.clamp(50, 10_000));
        if let Some(ms) = min_ms {
            self.min_silence_ms = clamped(ms);
        }
        if let Some(ms) = max_ms {
            self.max_silence_ms = clamped(ms);
        }
    }

    /// Returns the confidence that the turn is over.
    ///
    /// No recogniser here evaluates meaning. So the confidence depends on the length of the pause
    /// and on the punctuation of the last word, if it has any.
    pub(super) fn confidence(&self, turn: &OpenTurn) -> f64 {
        if !self.confidence_ramps {
            return 0.0;
        }
        if self.family == Family::UniversalStreaming && turn.silence_ms > 0 && turn.ends_sentence()
        {
            return 0.95;
        }
        (turn.silence_ms as f64 / self.max_silence_ms as f64).min(0.99)
    }

    /// Whether the turn is over.
    pub(super) fn is_over(&self, turn: &OpenTurn, now_ms: u64) -> bool {
        if turn.silence_ms >= self.max_silence_ms || now_ms - turn.start_ms >= self.max_turn_ms {
            return true;
        }
        let is_confident = match self.family {
            Family::UniversalStreaming => self.confidence(turn) >= self.confidence_threshold,
            Family::Universal3 => turn.ends_sentence(),
        };
        is_confident && turn.silence_ms >= self.min_silence_ms
    }

    /// Whether a partial is due. `changed` means that the words differ from those before.
    pub(super) fn partial_is_due(&self, turn: &OpenTurn, changed: bool, now_ms: u64) -> bool {
        let is_eager = self.eager_partials && self.continuous_partials;
        if self.family == Family::UniversalStreaming || (is_eager && changed) {
            return true;
        }
        if turn.silence_ms >= self.min_silence_ms && !turn.partial_in_pause {
            return true;
        }
        match turn.last_partial_ms {
            None => now_ms >= turn.onset_ms + self.interruption_delay_ms + FIXED_DELAY_MS,
            Some(last_partial_ms) => now_ms >= last_partial_ms + self.partial_interval_ms(),
        }
    }

    /// Returns the time between partials of continuous speech on Universal-3.
    fn partial_interval_ms(&self) -> u64 {
        if self.continuous_partials {
            CONTINUOUS_PARTIALS_MS
        } else {
            RARE_PARTIALS_MS
        }
    }
}

/// Measured in autumn 2026: 58 partials in 69 s of speech, and "one each 1.2 s" elsewhere. The
/// vendor says about one per second.
const CONTINUOUS_PARTIALS_MS: u64 = 1_200;
/// Without `continuous_partials`: about one in three seconds, as the vendor says.
const RARE_PARTIALS_MS: u64 = 3_000;
/// The service adds this to `interruption_delay`.
const FIXED_DELAY_MS: u64 = 256;
/// Maximum length of a turn on the Universal-3 models. Here it applies to all models, since a
/// decoder's memory grows with the turn.
const MAX_TURN_MS: u64 = 60_000;
/// Longest prompt that the service accepts.
const MAX_PROMPT_CHARACTERS: usize = 1_750;
