//! Detects turns in audio: where a turn begins, its words so far, and where it ends.
//!
//! All times are positions in the audio. Without audio nothing happens: an open turn stays open, as
//! on the real service.

mod open_turn;
mod policy;

use std::collections::VecDeque;

use inturn_protocol::Family;

use self::open_turn::OpenTurn;
pub(crate) use self::policy::TurnPolicy;
use crate::{
    recogniser::{RecognisedWord, Recogniser},
    vad::{FrameKind, Vad},
};

/// Event of the turn engine. All times are milliseconds of audio from the session's first sample.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum TurnEvent {
    /// The words of the open turn so far.
    Partial {
        onset_ms: u64,
        words: Vec<RecognisedWord>,
        confidence: f64,
    },
    /// The end of the open turn, with all its words.
    End {
        onset_ms: u64,
        words: Vec<RecognisedWord>,
        confidence: f64,
        /// Whether the client ended it, by `ForceEndpoint` or `Terminate`.
        forced: bool,
    },
    /// A silence, if silences are acknowledged.
    Silence { start_ms: u64, end_ms: u64 },
    /// After [`TurnEngine::finish`]: there are no more events.
    Flushed,
}

/// Event of the turn engine, or why the recogniser failed. Nothing follows a failure.
pub(crate) type EngineResult = Result<TurnEvent, String>;

/// Detects the turns of one session.
pub(crate) struct TurnEngine {
    policy: TurnPolicy,
    recogniser: Box<dyn Recogniser>,
    vad: Vad,
    rate_hz: u64,
    frame_len: usize,
    pending: Vec<i16>,
    /// Samples processed so far.
    processed: u64,
    /// The last frames before a turn, and whether each is loud. They become part of the turn, which
    /// begins a little before its first loud sample.
    preroll: VecDeque<(Vec<i16>, bool)>,
    turn: Option<OpenTurn>,
    /// Start of the silence that is acknowledged next.
    quiet_since_ms: u64,
    events: Vec<EngineResult>,
}

/// Why a turn ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum EndCause {
    /// Silence, or the maximum length of a turn.
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
            processed: 0,
            preroll: VecDeque::with_capacity(PREROLL_FRAMES + 1),
            turn: None,
            quiet_since_ms: 0,
            events: Vec::new(),
        }
    }

    /// Processes samples and returns the resulting events.
    pub(crate) fn audio(&mut self, samples: &[i16]) -> Vec<EngineResult> {
        self.pending.extend_from_slice(samples);
        let pending = std::mem::take(&mut self.pending);
        let mut frames = pending.chunks_exact(self.frame_len);
        let processed = frames.try_for_each(|frame| self.process_frame(frame));
        self.pending = frames.remainder().to_vec();
        self.report_failure(processed);
        std::mem::take(&mut self.events)
    }

    /// Ends the open turn now, if there is one.
    pub(crate) fn force_end(&mut self) -> Vec<EngineResult> {
        let ended = self.end_turn(EndCause::ForceEndpoint);
        self.report_failure(ended);
        std::mem::take(&mut self.events)
    }

    /// Ends the audio and the open turn, and returns the last events.
    pub(crate) fn finish(&mut self) -> Vec<EngineResult> {
        if self.turn.is_some() && !self.pending.is_empty() {
            let rest = std::mem::take(&mut self.pending);
            self.recogniser.process(&rest, false);
        }
        match self.end_turn(EndCause::Terminate) {
            Ok(()) => self.events.push(Ok(TurnEvent::Flushed)),
            failed => self.report_failure(failed),
        }
        std::mem::take(&mut self.events)
    }

    pub(crate) fn set_policy(&mut self, policy: TurnPolicy) {
        self.policy = policy;
    }

    fn process_frame(&mut self, frame: &[i16]) -> Result<(), String> {
        let kind = self.vad.classify(frame, self.turn.is_some());
        self.processed += frame.len() as u64;
        if self.turn.is_some() {
            self.continue_turn(frame, kind)
        } else {
            self.wait_for_turn(frame, kind);
            Ok(())
        }
    }

    fn wait_for_turn(&mut self, frame: &[i16], kind: FrameKind) {
        self.preroll
            .push_back((frame.to_vec(), kind != FrameKind::Quiet));
        if self.preroll.len() > PREROLL_FRAMES {
            self.preroll.pop_front();
        }
        let now_ms = self.now_ms();
        if kind != FrameKind::Voice {
            self.report_silence(now_ms);
            return;
        }
        let preroll = std::mem::take(&mut self.preroll);
        let onset = preroll.iter().rev().take_while(|(_, loud)| *loud).count() as u64;
        let voiced_ms = onset * FRAME_MS;
        self.recogniser.begin_turn();
        for (index, (frame, _)) in preroll.iter().enumerate() {
            self.recogniser
                .process(frame, index as u64 + onset >= preroll.len() as u64);
        }
        self.turn = Some(OpenTurn {
            start_ms: now_ms.saturating_sub(preroll.len() as u64 * FRAME_MS),
            onset_ms: now_ms.saturating_sub(voiced_ms),
            voiced_ms,
            silence_ms: 0,
            frames: 0,
            words: Vec::new(),
            last_partial_ms: None,
            partial_in_pause: false,
        });
    }

    fn continue_turn(&mut self, frame: &[i16], kind: FrameKind) -> Result<(), String> {
        self.recogniser.process(frame, kind == FrameKind::Voice);
        let now_ms = self.now_ms();
        let Some(turn) = &mut self.turn else {
            return Ok(());
        };
        if kind == FrameKind::Voice {
            turn.voiced_ms += FRAME_MS;
            turn.silence_ms = 0;
            turn.partial_in_pause = false;
        } else {
            turn.silence_ms += FRAME_MS;
        }
        turn.frames += 1;
        if turn.frames.is_multiple_of(UPDATE_EVERY_FRAMES) {
            self.update_words(now_ms)?;
        }
        let is_over = self
            .turn
            .as_ref()
            .is_some_and(|turn| self.policy.is_over(turn, now_ms));
        if is_over {
            self.end_turn(EndCause::Silence)?;
        }
        Ok(())
    }

    /// Gets the words so far from the recogniser and reports them if a partial is due.
    fn update_words(&mut self, now_ms: u64) -> Result<(), String> {
        let Some(turn) = &mut self.turn else {
            return Ok(());
        };
        let words = to_session_times(self.recogniser.words()?, turn.start_ms);
        let same_text = |(a, b): (&RecognisedWord, &RecognisedWord)| a.text == b.text;
        let changed =
            words.len() != turn.words.len() || !words.iter().zip(&turn.words).all(same_text);
        turn.words = words;
        if turn.words.is_empty() || !self.policy.partial_is_due(turn, changed, now_ms) {
            return Ok(());
        }
        turn.last_partial_ms = Some(now_ms);
        turn.partial_in_pause = turn.silence_ms >= self.policy.min_silence_ms;
        self.events.push(Ok(TurnEvent::Partial {
            onset_ms: turn.onset_ms,
            words: turn.words.clone(),
            confidence: self.policy.confidence(turn),
        }));
        Ok(())
    }

    fn end_turn(&mut self, cause: EndCause) -> Result<(), String> {
        let Some(turn) = self.turn.take() else {
            return Ok(());
        };
        self.quiet_since_ms = self.now_ms();
        let confidence = match self.policy.family {
            Family::UniversalStreaming => self.policy.confidence(&turn),
            Family::Universal3 => 1.0,
        };
        let mut words = to_session_times(self.recogniser.finish_turn()?, turn.start_ms);
        // On Universal-Streaming, `ForceEndpoint` returns only settled words and drops the rest.
        if cause == EndCause::ForceEndpoint && self.policy.family == Family::UniversalStreaming {
            words = turn.words;
            words.retain(|word| word.settled);
        }
        let is_empty = words.is_empty() || turn.voiced_ms < MIN_SPEECH_MS;
        // A turn with partials must be ended, even if it has no words in the end.
        if is_empty && turn.last_partial_ms.is_none() {
            return Ok(());
        }
        self.events.push(Ok(TurnEvent::End {
            onset_ms: turn.onset_ms,
            words,
            confidence,
            forced: cause != EndCause::Silence,
        }));
        Ok(())
    }

    fn report_failure(&mut self, result: Result<(), String>) {
        self.events.extend(result.err().map(Err));
    }

    fn report_silence(&mut self, now_ms: u64) {
        if self.policy.acknowledge_silence && now_ms >= self.quiet_since_ms + SILENCE_EVERY_MS {
            self.events.push(Ok(TurnEvent::Silence {
                start_ms: self.quiet_since_ms,
                end_ms: now_ms,
            }));
            self.quiet_since_ms = now_ms;
        }
    }

    fn now_ms(&self) -> u64 {
        self.processed * 1_000 / self.rate_hz
    }
}

/// Converts times within the turn to times within the session.
fn to_session_times(words: Vec<RecognisedWord>, start_ms: u64) -> Vec<RecognisedWord> {
    words
        .into_iter()
        .map(|word| RecognisedWord {
            start_ms: word.start_ms + start_ms,
            end_ms: word.end_ms + start_ms,
            ..word
        })
        .collect()
}

/// Length of the frames that the engine processes.
const FRAME_MS: u64 = 10;
/// 300 ms: the soft beginning of a word is rarely longer.
const PREROLL_FRAMES: usize = 30;
/// Interval at which the recogniser is asked for the words so far: 100 ms.
const UPDATE_EVERY_FRAMES: u64 = 10;
/// Shorter speech makes no turn, as on the service.
const MIN_SPEECH_MS: u64 = 80;
/// Interval at which silence is acknowledged.
const SILENCE_EVERY_MS: u64 = 1_000;

#[cfg(test)]
mod tests;
