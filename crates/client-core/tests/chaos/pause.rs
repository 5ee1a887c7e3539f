//! The person's pauses, and the computer's sleep.

use inturn_client_core::{
    Moment,
    session::{Input, State},
};

use super::{
    microphone::Power,
    shell::{Scheduled, Simulation},
};

/// How long the last words before a pause may take, in milliseconds: the time to notice that a
/// session is dead, a retry, and another session. All audio that is kept may be sent again.
const LAST_WORDS_MS: u64 = 150_000;

/// The longest sleep that connections may survive, in milliseconds. The service ends a session
/// without audio after 30 s.
const SURVIVED_SLEEP_MS: u64 = 25_000;

impl Simulation {
    pub(crate) fn pause(&mut self, ms: u64) {
        if !self.is_recording() {
            return;
        }
        self.microphone.interruption.is_pause = true;
        self.handle(Input::Pause);
        if self.watch.state() != State::Paused {
            self.watch.fail("is not paused");
        }
        self.extend_pause(0);
        self.at(ms, Scheduled::Resume);
    }

    /// Allows for a fault that lasts for `ms`.
    pub(crate) fn extend_pause(&mut self, ms: u64) {
        self.pause.calm_from = self.pause.calm_from.max(self.now + ms * 1_000);
        let kept_ms = self.recorder.kept_audio().as_millis() as u64;
        let deadline = self.pause.calm_from + (kept_ms + LAST_WORDS_MS) * 1_000;
        self.pause.deadline = match self.watch.state() {
            State::Paused => self.pause.deadline.max(Some(deadline)),
            _ => None,
        };
    }

    /// Checks that no session is open for long while the recording is paused.
    pub(crate) fn check_pause(&mut self) {
        if self.watch.state() == State::Paused
            && self.pause.deadline.is_some_and(|it| it < self.now)
            && self.sockets.iter().any(|it| it.is_open)
        {
            self.watch.fail("a session is open in a pause");
            self.pause.deadline = None;
        }
    }

    pub(crate) fn resume(&mut self) {
        if self.watch.state() != State::Paused {
            return;
        }
        self.handle(Input::Resume);
        if self.microphone.power != Power::Requested {
            self.watch
                .fail("does not open the microphone after a pause");
        }
    }

    /// Lets the computer sleep. Timers and messages come late.
    pub(crate) fn sleep(&mut self, ms: u64, is_fatal: bool, are_timers_first: bool) {
        self.now += ms * 1_000;
        self.microphone.skip_to(self.now);
        self.watch.on_resume(self.now);
        if is_fatal || ms > SURVIVED_SLEEP_MS {
            for index in self.open_sockets() {
                self.sockets[index].die(0);
                if self.random.chance(50) {
                    let ms = self.random.range(50, 20_000);
                    self.at(ms, Scheduled::Closed(index, 1006, String::new()));
                }
            }
        }
        let now = Moment::from_millis(self.now as f64 / 1_000.0);
        if are_timers_first && self.recorder.next_wake().is_some_and(|it| it <= now) {
            self.wake();
        }
    }

    /// Whether the person records.
    fn is_recording(&self) -> bool {
        matches!(
            self.watch.state(),
            State::Connecting | State::Listening(_) | State::Reconnecting { .. }
        )
    }
}
