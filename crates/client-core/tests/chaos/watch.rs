//! What must hold at every moment of a recording.

use inturn_client_core::session::{Event, Hold, Progress, Sound, State};
use inturn_transcript::Transcript;

use super::{
    microphone::{Microphone, Power},
    script::{CODES, SAMPLES_PER_MS},
    token::SECRET,
};

/// Follows the effects, and collects what is wrong.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    pub(crate) failures: Vec<String>,
    /// The transcript, built from the events.
    pub(crate) transcript: Transcript,
    /// End of the captured audio, in samples of the timeline.
    pub(crate) captured_until: u64,
    state: State,
    has_begun: bool,
    has_listened: bool,
    sound: Sound,
    /// Whether the person has stopped the recording.
    is_stopped: bool,
    /// When the microphone was expected to deliver again after an interruption, in microseconds.
    resumed_at: u64,
    /// The newest word that was sent to any session.
    newest: u64,
    /// Length of speech when the live session answered last, in samples.
    answered: u64,
    /// Steps without the passing of time.
    busy_steps: u32,
}

/// What is checked while the recording is paused. Times are in microseconds of the virtual clock.
#[derive(Debug, Default)]
pub(crate) struct PauseWatch {
    /// When the sessions must be closed. `None` if the recording is not paused.
    pub(crate) deadline: Option<u64>,
    /// When the last fault so far ends.
    pub(crate) calm_from: u64,
}

/// Speech without an answer after which the status must not be live: 3 s, and what the core does
/// not count because it is at the edge of a chunk.
const UNANSWERED: u64 = 3_300 * SAMPLES_PER_MS;

/// How many words a live session may be behind another that it takes over from.
const LIVE_WORDS: u64 = 8;

/// For how long blocks may stop, or come again, until that must be shown, in microseconds: the core
/// checks every second, and waits for another second whether all blocks were only late.
const SOUND_CHANGE: u64 = 3_500_000;

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

    /// Records a chunk of the timeline, in samples.
    pub(crate) fn on_captured(&mut self, first: u64, samples: u64) {
        if first < self.captured_until {
            self.fail(&format!(
                "captures {first} again, before {}",
                self.captured_until
            ));
        }
        self.captured_until = first + samples;
    }

    pub(crate) fn on_stop(&mut self) {
        self.is_stopped = true;
    }

    pub(crate) fn on_resume(&mut self, now: u64) {
        self.resumed_at = now;
    }

    /// Checks that a hold is shown, if the person records.
    pub(crate) fn check_held(&mut self, hold: Hold) {
        if self.state.has_microphone() && self.sound != Sound::Held(hold) {
            self.fail(&format!("{hold:?} is shown as {:?}", self.sound));
        }
    }

    /// Checks that the state and the sound agree with the microphone.
    pub(crate) fn check_microphone(&mut self, now: u64, microphone: &Microphone) {
        let is_on = microphone.power == Power::On;
        let is_closing = microphone.power == Power::Closing;
        if is_on && !self.state.has_microphone() {
            self.fail(&format!("the microphone is on in {:?}", self.state));
        }
        if !self.state.has_microphone() || self.state == State::AwaitingMicrophone {
            return;
        }
        if is_closing {
            self.fail("the state shows a microphone that is off");
        }
        let is_missing = matches!(
            self.sound,
            Sound::Held(_) | Sound::Stalled | Sound::Missing { .. }
        );
        let last = microphone.last_at.max(self.resumed_at);
        if now > last + SOUND_CHANGE && !is_missing {
            self.fail(&format!("{:?} without blocks", self.sound));
        }
        let since = microphone.steady_since.max(self.resumed_at);
        let is_steady = now > since + SOUND_CHANGE && now < microphone.last_at + 500_000;
        if is_on && is_steady && is_missing && microphone.held_until() + SOUND_CHANGE < now {
            self.fail(&format!("{:?} with blocks", self.sound));
        }
    }

    pub(crate) fn on_event(&mut self, event: Event, speech: u64) {
        match event {
            Event::Began(_) => {
                self.has_begun = true;
                self.transcript = Transcript::default();
                self.captured_until = 0;
            }
            Event::Changed(change) => {
                self.transcript.apply(&change);
            }
            Event::State(state) => self.on_state(state, speech),
            Event::Sound(sound) => self.sound = sound,
            _ => {}
        }
    }

    fn on_state(&mut self, state: State, speech: u64) {
        if state == State::Connecting && self.has_listened {
            self.fail("connecting again");
        }
        if self.has_begun && state == State::Idle && !self.is_stopped {
            self.fail("the recording ends by itself");
        }
        if state == State::Paused {
            self.sound = Sound::Arriving;
            self.has_listened = false;
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
