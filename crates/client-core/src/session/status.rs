//! The state of a recording in progress, as the page shows it.

use std::time::Duration;

use super::{
    connection::{Role, ServiceConnection, Stage},
    io::{Awaited, Outage, Progress, State},
    run::Run,
    upload::{audio, duration},
};

/// How far the words must be behind the voice until that is shown: longer than the service needs
/// for a word at any time.
pub const BEHIND_NOTICE: Duration = Duration::from_millis(2_500);

impl Run {
    /// Returns the current state.
    pub(super) fn current_state(&self) -> State {
        if self.pause.is_some() {
            return State::Paused;
        }
        if !self.intake.is_open() {
            return State::Finishing(self.awaited());
        }
        if let Some(live) = self.live() {
            return State::Listening(self.progress(live, live));
        }
        if let Some(successor) = self.successor() {
            // Until its session begins, the words are those of its predecessor.
            let answering = self.retiring().unwrap_or(successor);
            return State::Listening(self.progress(successor, answering));
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

    /// Returns how far the words are behind, if `live` gets the audio and `answering` reports the
    /// words so far.
    fn progress(&self, live: &ServiceConnection, answering: &ServiceConnection) -> Progress {
        let behind = self.lag(live).max(self.lag(answering));
        let is_shown = matches!(self.state, State::Listening(Progress::Behind { .. }));
        if behind >= BEHIND_NOTICE || (is_shown && behind >= CAUGHT_UP) {
            return Progress::Behind {
                secs: whole_secs(behind),
            };
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

/// How close the words must be to the voice until they count as live again.
const CAUGHT_UP: Duration = Duration::from_secs(1);

/// Returns a duration in seconds, rounded up.
fn whole_secs(duration: Duration) -> u32 {
    duration.as_secs() as u32 + u32::from(duration.subsec_nanos() > 0)
}
