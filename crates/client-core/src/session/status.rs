//! The state of a recording in progress, as the page shows it.

use std::time::Duration;

use super::{
    connection::{Role, ServiceConnection, Stage},
    io::{Awaited, Outage, Progress, State},
    lag::{BEHIND_NOTICE, ShownLag, whole_secs},
    run::Run,
    upload::{audio, duration},
};

impl Run {
    /// Returns the current state.
    pub(super) fn current_state(&mut self) -> State {
        if let Some(lag) = self.lag_of_words() {
            let secs = self.shown_lag.update(lag, self.upload.end_sample());
            return State::Listening(self.progress(secs));
        }
        self.shown_lag = ShownLag::default();
        if self.pause.is_some() {
            return State::Paused;
        }
        if !self.intake.is_open() {
            return State::Finishing(self.awaited());
        }
        match self.outage {
            Some(interruption) => {
                let since = interruption.since_sample;
                let missed = duration(self.upload.end_sample().saturating_sub(since));
                State::Reconnecting {
                    outage: interruption.outage,
                    secs: missed.as_secs() as u32,
                }
            }
            None => State::Connecting,
        }
    }

    /// Returns how far the words are behind the voice. Returns `None` if the person does not
    /// record, or if no session transcribes.
    fn lag_of_words(&self) -> Option<Duration> {
        if self.pause.is_some() || !self.intake.is_open() {
            return None;
        }
        if let Some(live) = self.live() {
            return Some(self.lag(live));
        }
        let successor = self.successor()?;
        // Until its session begins, the words are those of its predecessor.
        let answering = self.retiring().unwrap_or(successor);
        Some(self.lag(successor).max(self.lag(answering)))
    }

    /// Returns how far the words are behind, if that is shown as `lag_secs`.
    fn progress(&self, lag_secs: Option<u32>) -> Progress {
        if let Some(secs) = lag_secs {
            return Progress::Behind { secs };
        }
        // A session that has handed over reports its last words soon, or is lost.
        let late = self.retiring().map(|it| self.lag(it));
        let late = late.filter(|it| *it >= BEHIND_NOTICE).unwrap_or_default();
        match whole_secs(self.missing() + late) {
            0 => Progress::Live,
            secs => Progress::Filling { secs },
        }
    }

    /// Returns what the recorder waits for, once the microphone is off.
    fn awaited(&self) -> Awaited {
        let waits = |it: &ServiceConnection| match &it.stage {
            Stage::Closing { wait, .. } => wait.is_offline(),
            _ => false,
        };
        if let Some(interruption) = self.outage.filter(|_| self.live().is_none()) {
            return Awaited::Connection(interruption.outage);
        }
        if self.connections.iter().any(waits) {
            return Awaited::Connection(Outage::Offline);
        }
        let live = self.connections.iter().filter(|it| it.role == Role::Live);
        let live = live
            .map(|it| self.left(it))
            .fold(Duration::ZERO, Duration::saturating_add);
        let secs = whole_secs(live + self.missing());
        // On a good network, one second of audio is sent before a person could read the number.
        let is_shown = matches!(self.state, State::Finishing(Awaited::Upload { .. }));
        if secs > 1 || (secs > 0 && is_shown) {
            Awaited::Upload { secs }
        } else {
            Awaited::LastWords
        }
    }

    /// Returns how far the words of `connection` are behind its audio: by what has not left the
    /// socket, or by what the service has not answered.
    fn lag(&self, connection: &ServiceConnection) -> Duration {
        let unanswered = connection.liveness.unanswered(connection.unsent);
        self.left(connection).max(unanswered)
    }

    /// Returns the length of the audio of `connection` that has not left the socket.
    fn left(&self, connection: &ServiceConnection) -> Duration {
        if connection.is_fed {
            return self.upload.waiting(&connection.feed) + audio(connection.unsent);
        }
        match &connection.role {
            Role::Live => {
                let from = self.coverage.live_from();
                self.upload.length(from..self.upload.end_sample())
            }
            Role::Fill(hole) => self.upload.length(hole.clone()),
            Role::Retiring(_) => Duration::ZERO,
        }
    }

    /// Returns the length of the earlier parts that are still missing.
    fn missing(&self) -> Duration {
        let fills = self.connections.iter();
        let fills = fills.filter(|it| matches!(it.role, Role::Fill(_)));
        let fills = fills.map(|it| self.left(it));
        let fills = fills.fold(Duration::ZERO, Duration::saturating_add);
        let holes = self.coverage.holes().iter();
        let holes = holes.map(|hole| self.upload.length(hole.clone()));
        holes.fold(fills, Duration::saturating_add)
    }
}
