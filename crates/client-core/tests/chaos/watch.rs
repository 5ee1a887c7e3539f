//! What must hold at every moment of a recording.

use inturn_client_core::session::{Event, Progress, State};
use inturn_transcript::Transcript;

use super::{
    script::{CODES, SAMPLES_PER_MS},
    token::SECRET,
};

/// Follows the effects, and collects what is wrong.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    pub(crate) failures: Vec<String>,
    /// The transcript, built from the events.
    pub(crate) transcript: Transcript,
    state: State,
    has_begun: bool,
    has_listened: bool,
    is_microphone_closed: bool,
    /// The newest word that was sent to any session.
    newest: u64,
    /// Length of speech when the live session answered last, in samples.
    answered: u64,
    /// Steps without the passing of time.
    busy_steps: u32,
}

/// Speech without an answer after which the status must not be live.
const UNANSWERED: u64 = 3_000 * SAMPLES_PER_MS;

/// How many words a live session may be behind another that it takes over from.
const LIVE_WORDS: u64 = 8;

/// Far more than happens at once.
const MAX_BUSY_STEPS: u32 = 10_000;

impl Watch {
    pub(crate) fn fail(&mut self, failure: &str) {
        if self.failures.len() < 10 {
            self.failures.push(failure.to_owned());
        }
    }

    pub(crate) fn is_idle(&self) -> bool {
        self.has_begun && self.state == State::Idle
    }

    pub(crate) fn state(&self) -> State {
        self.state
    }

    pub(crate) fn on_step(&mut self, is_later: bool) {
        self.busy_steps = if is_later { 0 } else { self.busy_steps + 1 };
        assert!(self.busy_steps < MAX_BUSY_STEPS, "the clock stands still");
    }

    pub(crate) fn on_microphone_closed(&mut self) {
        self.is_microphone_closed = true;
    }

    pub(crate) fn on_event(&mut self, event: Event, speech: u64) {
        match event {
            Event::Began(_) => {
                self.has_begun = true;
                self.transcript = Transcript::default();
            }
            Event::Changed(change) => {
                self.transcript.apply(&change);
            }
            Event::State(state) => self.on_state(state, speech),
            _ => {}
        }
    }

    fn on_state(&mut self, state: State, speech: u64) {
        if state == State::Connecting && self.has_listened {
            self.fail("connecting again");
        }
        if self.is_microphone_closed && state.has_microphone() {
            self.fail("the state shows a microphone that is off");
        }
        self.has_listened |= matches!(state, State::Listening(_));
        self.state = state;
        self.check_live(speech);
    }

    /// Records the newest word of a frame.
    pub(crate) fn on_sent(&mut self, newest: Option<u64>) {
        if let Some(newest) = newest
            && self.lag(newest) > CODES / 2
        {
            self.newest = newest;
        }
    }

    /// Records a message of a session that got the words up to `newest`.
    pub(crate) fn on_message(&mut self, newest: Option<u64>, speech: u64) {
        // A session that got no word yet has answered if it has begun.
        if newest.is_none_or(|it| self.lag(it) <= LIVE_WORDS) {
            self.answered = speech;
        }
    }

    /// Returns how many words the word `code` is behind the newest one. The codes repeat, so a
    /// newer word is far behind.
    fn lag(&self, code: u64) -> u64 {
        (self.newest + CODES - code) % CODES
    }

    /// Checks that the status is not live without an answer.
    pub(crate) fn check_live(&mut self, speech: u64) {
        if self.state == State::Listening(Progress::Live) && speech > self.answered + UNANSWERED {
            self.fail("live without an answer");
        }
    }

    pub(crate) fn check_secrecy(&mut self, text: &str) {
        if text.contains(SECRET) {
            self.fail(&format!("leaks a token: {text}"));
        }
    }
}
