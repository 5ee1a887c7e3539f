//! From audio to turns: where one begins, what is in it so far, where it ends.
//!
//! Everything here runs on the audio's clock. Without audio nothing happens, however long it takes:
//! an open turn stays open, as on the real service.

mod open_turn;
mod policy;

use std::collections::VecDeque;

use inturn_protocol::Family;

use crate::recogniser::{HeardWord, Recogniser};
use crate::vad::{Sound, Vad};
use open_turn::OpenTurn;
pub(crate) use policy::TurnPolicy;

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
        /// Whether the client ended it, by `ForceEndpoint` or `Terminate`.
        forced: bool,
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

/// Why a turn ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Cause {
    /// Silence, or the longest turn there may be.
    Silence,
    ForceEndpoint,
    Terminate,
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
        self.end_turn(Cause::ForceEndpoint);
        std::mem::take(&mut self.events)
    }

    /// No more audio will come: tells all that is left.
    pub(crate) fn finish(&mut self) -> Vec<TurnEvent> {
        if self.turn.is_some() && !self.pending.is_empty() {
            let rest = std::mem::take(&mut self.pending);
            self.recogniser.hear(&rest, false);
        }
        self.end_turn(Cause::Terminate);
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
            frames: 0,
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
        turn.frames += 1;
        if turn.frames.is_multiple_of(LOOK_EVERY_FRAMES) {
            self.look(now_ms);
        }
        let over = self
            .turn
            .as_ref()
            .is_some_and(|turn| self.policy.is_over(turn, now_ms));
        if over {
            self.end_turn(Cause::Silence);
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

    fn end_turn(&mut self, cause: Cause) {
        let Some(turn) = self.turn.take() else { return };
        self.quiet_since_ms = self.now_ms();
        let confidence = match self.policy.family {
            Family::UniversalStreaming => self.policy.confidence(&turn),
            Family::Universal3 => 1.0,
        };
        let mut words = placed(self.recogniser.finish_turn(), turn.start_ms);
        // Here `ForceEndpoint` only acknowledges what has been processed: the tail in flight is lost.
        if cause == Cause::ForceEndpoint && self.policy.family == Family::UniversalStreaming {
            words = turn.words;
            words.retain(|word| word.settled);
        }
        let nothing_said = words.is_empty() || turn.voiced_ms < MIN_SPEECH_MS;
        // A turn that was told of must be ended, even if its words came to nothing.
        if nothing_said && turn.told_ms.is_none() {
            return;
        }
        self.events.push(TurnEvent::End {
            onset_ms: turn.onset_ms,
            words,
            confidence,
            forced: cause != Cause::Silence,
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
/// How often the words so far are asked for: every 100 ms.
const LOOK_EVERY_FRAMES: u64 = 10;
/// The service ends no turn with less speech in it.
const MIN_SPEECH_MS: u64 = 80;
/// How often silence is acknowledged.
const SILENCE_EVERY_MS: u64 = 1_000;
