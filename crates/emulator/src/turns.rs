//! From audio to turns: where one begins, what is in it so far, where it ends.
//!
//! Everything here runs on the audio's clock. Without audio nothing happens, however long it takes:
//! an open turn stays open, as on the real service.

use std::collections::VecDeque;

use inturn_protocol::{ConnectionParameters, Family, TurnMode, UpdateConfiguration};

use crate::recogniser::{HeardWord, Recogniser};
use crate::text;
use crate::vad::{Sound, Vad};

/// When turns end, and how often they are told of before.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct TurnPolicy {
    pub(crate) family: Family,
    confidence_threshold: f64,
    min_silence_ms: u64,
    max_silence_ms: u64,
    interruption_delay_ms: u64,
    continuous_partials: bool,
    acknowledge_silence: bool,
}

/// What the engine has to say. All times are milliseconds of audio from the session's first sample.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum TurnEvent {
    /// The open turn so far.
    Partial {
        onset_ms: u64,
        words: Vec<HeardWord>,
        confidence: f64,
    },
    /// The open turn, whole.
    End {
        onset_ms: u64,
        words: Vec<HeardWord>,
        confidence: f64,
    },
    /// Nobody spoke here.
    Silence { start_ms: u64, end_ms: u64 },
    /// All that was there has been told.
    Flushed,
}

/// One session's ears.
pub(crate) struct TurnEngine {
    policy: TurnPolicy,
    recogniser: Box<dyn Recogniser>,
    vad: Vad,
    rate_hz: u64,
    frame_len: usize,
    pending: Vec<i16>,
    /// Samples judged so far.
    heard: u64,
    /// The last quiet frames, for a turn begins a little before its first loud sample.
    lead: VecDeque<(Vec<i16>, bool)>,
    turn: Option<OpenTurn>,
    quiet_since_ms: u64,
    events: Vec<TurnEvent>,
}

struct OpenTurn {
    start_ms: u64,
    onset_ms: u64,
    voiced_ms: u64,
    silence_ms: u64,
    /// The words at the last look.
    words: Vec<HeardWord>,
    /// When a partial last went out, and whether one has gone out in this pause.
    told_ms: Option<u64>,
    told_pause: bool,
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
            continuous_partials: parameters.continuous_partials.unwrap_or(true),
            acknowledge_silence: parameters.acknowledge_silence == Some(true),
        };
        if family == Family::Universal3 {
            if parameters.model().as_str().starts_with("u3-rt-pro") {
                policy.min_silence_ms = 100;
                policy.max_silence_ms = 1_000;
            } else {
                policy.set_mode(parameters.mode.unwrap_or(TurnMode::Balanced));
            }
        }
        policy.set_silences(parameters.min_turn_silence, parameters.max_turn_silence);
        if let Some(delay_ms) = parameters.interruption_delay {
            policy.interruption_delay_ms = u64::from(delay_ms);
        }
        policy
    }

    /// Takes new settings in mid-session; `Err` names the one the service would refuse.
    pub(crate) fn update(&mut self, change: &UpdateConfiguration) -> Result<(), &'static str> {
        let fraction = |value: Option<f64>| value.is_none_or(|value| (0.0..=1.0).contains(&value));
        if !fraction(change.end_of_turn_confidence_threshold) {
            return Err("end_of_turn_confidence_threshold");
        }
        if !fraction(change.vad_threshold) {
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
        if change
            .language_codes
            .as_ref()
            .is_some_and(|codes| codes.len() > 10)
        {
            return Err("language_codes");
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

    fn set_silences(&mut self, min_ms: Option<u32>, max_ms: Option<u32>) {
        let clamped = |ms: u32| u64::from(ms.clamp(50, 10_000));
        if let Some(ms) = min_ms {
            self.min_silence_ms = clamped(ms);
        }
        if let Some(ms) = max_ms {
            self.max_silence_ms = clamped(ms);
        }
    }

    /// How sure it is that the turn is over. No recogniser here judges meaning, so it is the pause
    /// that speaks, or a sentence's own mark where the words carry one.
    fn confidence(&self, turn: &OpenTurn) -> f64 {
        if self.family == Family::Universal3 {
            return 0.0;
        }
        if turn.silence_ms > 0 && turn.ends_sentence() {
            return 0.95;
        }
        (turn.silence_ms as f64 / self.max_silence_ms as f64).min(0.99)
    }

    fn is_over(&self, turn: &OpenTurn) -> bool {
        if turn.silence_ms >= self.max_silence_ms {
            return true;
        }
        let sure = match self.family {
            Family::UniversalStreaming => self.confidence(turn) >= self.confidence_threshold,
            Family::Universal3 => turn.ends_sentence(),
        };
        sure && turn.silence_ms >= self.min_silence_ms
    }

    fn partial_is_due(&self, turn: &OpenTurn, now_ms: u64) -> bool {
        if self.family == Family::UniversalStreaming {
            return true;
        }
        if turn.silence_ms >= self.min_silence_ms && !turn.told_pause {
            return true;
        }
        match turn.told_ms {
            None => now_ms >= turn.onset_ms + self.interruption_delay_ms + FIXED_DELAY_MS,
            Some(told_ms) if self.continuous_partials => now_ms >= told_ms + 1_000,
            Some(told_ms) => now_ms >= told_ms + 3_000,
        }
    }
}

impl OpenTurn {
    fn ends_sentence(&self) -> bool {
        self.words
            .last()
            .is_some_and(|word| text::ends_sentence(&word.text))
    }
}

impl TurnEngine {
    pub(crate) fn new(policy: TurnPolicy, recogniser: Box<dyn Recogniser>, rate_hz: u32) -> Self {
        Self {
            policy,
            recogniser,
            vad: Vad::new(),
            rate_hz: u64::from(rate_hz),
            frame_len: (rate_hz / 100) as usize,
            pending: Vec::new(),
            heard: 0,
            lead: VecDeque::with_capacity(LEAD_FRAMES + 1),
            turn: None,
            quiet_since_ms: 0,
            events: Vec::new(),
        }
    }

    /// Takes samples and says what they brought.
    pub(crate) fn audio(&mut self, samples: &[i16]) -> Vec<TurnEvent> {
        self.pending.extend_from_slice(samples);
        let pending = std::mem::take(&mut self.pending);
        let mut frames = pending.chunks_exact(self.frame_len);
        for frame in &mut frames {
            self.frame(frame);
        }
        self.pending = frames.remainder().to_vec();
        std::mem::take(&mut self.events)
    }

    /// Ends the open turn here and now, if there is one.
    pub(crate) fn force_end(&mut self) -> Vec<TurnEvent> {
        self.end_turn();
        std::mem::take(&mut self.events)
    }

    /// No more audio will come: tells all that is left.
    pub(crate) fn finish(&mut self) -> Vec<TurnEvent> {
        if self.turn.is_some() && !self.pending.is_empty() {
            let rest = std::mem::take(&mut self.pending);
            self.recogniser.hear(&rest, false);
        }
        self.end_turn();
        self.events.push(TurnEvent::Flushed);
        std::mem::take(&mut self.events)
    }

    pub(crate) fn set_policy(&mut self, policy: TurnPolicy) {
        self.policy = policy;
    }

    fn frame(&mut self, frame: &[i16]) {
        let sound = self.vad.judge(frame, self.turn.is_some());
        self.heard += frame.len() as u64;
        if self.turn.is_some() {
            self.continue_turn(frame, sound);
        } else {
            self.wait_for_turn(frame, sound);
        }
    }

    fn wait_for_turn(&mut self, frame: &[i16], sound: Sound) {
        self.lead.push_back((frame.to_vec(), sound != Sound::Quiet));
        if self.lead.len() > LEAD_FRAMES {
            self.lead.pop_front();
        }
        let now_ms = self.now_ms();
        if sound != Sound::Voice {
            self.note_silence(now_ms);
            return;
        }
        let lead = std::mem::take(&mut self.lead);
        let onset = lead.iter().rev().take_while(|(_, loud)| *loud).count() as u64;
        let voiced_ms = onset * FRAME_MS;
        self.recogniser.begin_turn();
        for (index, (frame, _)) in lead.iter().enumerate() {
            self.recogniser
                .hear(frame, index as u64 + onset >= lead.len() as u64);
        }
        self.turn = Some(OpenTurn {
            start_ms: now_ms.saturating_sub(lead.len() as u64 * FRAME_MS),
            onset_ms: now_ms.saturating_sub(voiced_ms),
            voiced_ms,
            silence_ms: 0,
            words: Vec::new(),
            told_ms: None,
            told_pause: false,
        });
    }

    fn continue_turn(&mut self, frame: &[i16], sound: Sound) {
        self.recogniser.hear(frame, sound == Sound::Voice);
        let now_ms = self.now_ms();
        let Some(turn) = &mut self.turn else { return };
        if sound == Sound::Voice {
            turn.voiced_ms += FRAME_MS;
            turn.silence_ms = 0;
            turn.told_pause = false;
        } else {
            turn.silence_ms += FRAME_MS;
        }
        if (now_ms - turn.start_ms).is_multiple_of(LOOK_EVERY_MS) {
            self.look(now_ms);
        }
        let over = self
            .turn
            .as_ref()
            .is_some_and(|turn| self.policy.is_over(turn) || now_ms - turn.start_ms >= MAX_TURN_MS);
        if over {
            self.end_turn();
        }
    }

    /// Asks the recogniser for the words so far and tells them if it is time to.
    fn look(&mut self, now_ms: u64) {
        let Some(turn) = &mut self.turn else { return };
        turn.words = placed(self.recogniser.words(), turn.start_ms);
        if turn.words.is_empty() || !self.policy.partial_is_due(turn, now_ms) {
            return;
        }
        turn.told_ms = Some(now_ms);
        turn.told_pause = turn.silence_ms >= self.policy.min_silence_ms;
        self.events.push(TurnEvent::Partial {
            onset_ms: turn.onset_ms,
            words: turn.words.clone(),
            confidence: self.policy.confidence(turn),
        });
    }

    fn end_turn(&mut self) {
        let Some(turn) = self.turn.take() else { return };
        self.quiet_since_ms = self.now_ms();
        let confidence = match self.policy.family {
            Family::UniversalStreaming => self.policy.confidence(&turn),
            Family::Universal3 => 1.0,
        };
        let words = placed(self.recogniser.finish_turn(), turn.start_ms);
        let nothing_said = words.is_empty() || turn.voiced_ms < MIN_SPEECH_MS;
        // A turn that was told of must be ended, even if its words came to nothing.
        if nothing_said && turn.told_ms.is_none() {
            return;
        }
        self.events.push(TurnEvent::End {
            onset_ms: turn.onset_ms,
            words,
            confidence,
        });
    }

    fn note_silence(&mut self, now_ms: u64) {
        if self.policy.acknowledge_silence && now_ms >= self.quiet_since_ms + SILENCE_EVERY_MS {
            self.events.push(TurnEvent::Silence {
                start_ms: self.quiet_since_ms,
                end_ms: now_ms,
            });
            self.quiet_since_ms = now_ms;
        }
    }

    fn now_ms(&self) -> u64 {
        self.heard * 1_000 / self.rate_hz
    }
}

/// From the turn's clock to the session's.
fn placed(words: Vec<HeardWord>, start_ms: u64) -> Vec<HeardWord> {
    words
        .into_iter()
        .map(|word| HeardWord {
            start_ms: word.start_ms + start_ms,
            end_ms: word.end_ms + start_ms,
            ..word
        })
        .collect()
}

const FRAME_MS: u64 = 10;
/// 300 ms: a soft beginning of a word is rarely longer.
const LEAD_FRAMES: usize = 30;
/// How often the words so far are asked for.
const LOOK_EVERY_MS: u64 = 100;
/// The service ends no turn with less speech in it.
const MIN_SPEECH_MS: u64 = 80;
/// The Universal-3 models' own cap on a turn; here for all, since a decoder's memory grows with it.
const MAX_TURN_MS: u64 = 60_000;
/// The service adds this to `interruption_delay`.
const FIXED_DELAY_MS: u64 = 256;
/// How often silence is acknowledged.
const SILENCE_EVERY_MS: u64 = 1_000;
const MAX_PROMPT_CHARACTERS: usize = 1_750;
