//! A recording in progress: its audio intake, its upload, and its connections to the service.

use std::time::Duration;

use super::{
    connection::{Role, ServiceConnection},
    coverage::Coverage,
    failures::Failures,
    idle::IdleWatch,
    intake::Intake,
    io::{Attempt, Outage, State},
    lag::ShownLag,
    level::LevelMeter,
    timers::Timer,
    upload::{Upload, samples_in},
};
use crate::{Moment, problem::Problem};

/// A recording in progress, from `MicrophoneOpened` on.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) intake: Intake,
    pub(super) upload: Upload,
    pub(super) coverage: Coverage,
    pub(super) connections: Vec<ServiceConnection>,
    pub(super) failures: Failures,
    /// Set while no session transcribes the live audio, except before the first failure.
    pub(super) outage: Option<Interruption>,
    /// The problem that is shown while the recorder tries again.
    pub(super) shown: Option<Problem>,
    /// Whether a session has begun.
    pub(super) has_begun: bool,
    /// End of the last word that a lost live session reported and that is shown, in samples of the
    /// recording.
    pub(super) reported: u64,
    /// Whether a turn could not be read. That is reported once per recording.
    pub(super) has_unreadable_turn: bool,
    /// The state that was reported last.
    pub(super) state: State,
    pub(super) shown_lag: ShownLag,
    /// The problem that is shown while there is no microphone.
    pub(super) missing_microphone: Option<Problem>,
    /// Set while the person has paused the recording.
    pub(super) pause: Option<Pause>,
    /// The start of a pause that is over, until the first block after it.
    pub(super) resumed: Option<Moment>,
    pub(super) meter: LevelMeter,
    pub(super) idle: IdleWatch,
}

/// A time without a live session.
#[derive(Clone, Copy, Debug)]
pub(super) struct Interruption {
    pub(super) outage: Outage,
    /// The end of the audio when it began, in samples of the recording.
    pub(super) since_sample: u64,
}

/// A pause of the recording.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pause {
    pub(super) since: Moment,
    /// Whether the person goes on, and the microphone is being opened.
    pub(super) is_resuming: bool,
}

impl Run {
    pub(super) fn new(intake: Intake, idle: IdleWatch) -> Self {
        Self {
            intake,
            upload: Upload::default(),
            coverage: Coverage::default(),
            connections: Vec::new(),
            failures: Failures::default(),
            outage: None,
            shown: None,
            has_begun: false,
            reported: 0,
            has_unreadable_turn: false,
            state: State::Connecting,
            shown_lag: ShownLag::default(),
            missing_microphone: None,
            pause: None,
            resumed: None,
            meter: LevelMeter::default(),
            idle,
        }
    }

    /// Returns the connection of `attempt`, if the recorder still uses it.
    pub(super) fn connection(&mut self, attempt: Attempt) -> Option<&mut ServiceConnection> {
        let mut connections = self.connections.iter_mut();
        connections.find(|it| it.attempt == attempt)
    }

    /// Removes the connection of `attempt`.
    pub(super) fn remove(&mut self, attempt: Attempt) -> Option<ServiceConnection> {
        let mut connections = self.connections.iter();
        let at = connections.position(|it| it.attempt == attempt)?;
        Some(self.connections.remove(at))
    }

    /// Returns the connection whose session transcribes the live audio.
    pub(super) fn live(&self) -> Option<&ServiceConnection> {
        let mut connections = self.connections.iter();
        connections.find(|it| it.role == Role::Live && it.session().is_some())
    }

    /// Returns the connection that takes over from the live session, from the moment it gets audio
    /// until its session begins.
    pub(super) fn successor(&self) -> Option<&ServiceConnection> {
        let is_hand_over = self.has_begun && self.outage.is_none();
        let mut connections = self.connections.iter();
        connections.find(|it| is_hand_over && it.role == Role::Live && it.is_fed)
    }

    /// Returns `true` if a live session is open, or on its way.
    pub(super) fn has_live(&self) -> bool {
        self.connections.iter().any(|it| it.role == Role::Live)
    }

    /// Returns `true` if a live session is on its way.
    pub(super) fn is_connecting(&self) -> bool {
        let mut connections = self.connections.iter();
        connections.any(|it| it.role == Role::Live && it.session().is_none())
    }

    /// Returns `true` if a session for a hole is open, or on its way.
    pub(super) fn has_fill(&self) -> bool {
        let mut connections = self.connections.iter();
        connections.any(|it| matches!(it.role, Role::Fill(_)))
    }

    /// Returns `true` if a session that has handed over is still open.
    pub(super) fn has_retiring(&self) -> bool {
        self.retiring().is_some()
    }

    /// Returns the newest connection whose successor has taken over.
    pub(super) fn retiring(&self) -> Option<&ServiceConnection> {
        let mut connections = self.connections.iter().rev();
        connections.find(|it| matches!(it.role, Role::Retiring(_)))
    }

    /// Returns `true` once all audio is in the upload.
    pub(super) fn is_complete(&self) -> bool {
        self.intake.has_ended()
    }

    /// Returns `true` if the live part that is not settled contains sound.
    pub(super) fn has_unsettled_sound(&self) -> bool {
        let (from, end) = (self.coverage.live_from(), self.upload.end_sample());
        self.upload.first_sound(from, end).is_some()
    }

    /// Drops the audio that no session needs any more, now or later.
    pub(super) fn forget_settled(&mut self) {
        let needed = self.connections.iter().map(|it| match &it.role {
            Role::Fill(hole) if !it.is_fed => hole.start,
            _ if it.is_fed => it.settled,
            _ => u64::MAX,
        });
        let needed = needed.min().unwrap_or(u64::MAX);
        self.upload.forget(needed.min(self.coverage.needed_from()));
    }

    /// Settles the silence that was sent to the live session.
    pub(super) fn settle_silence(&mut self) {
        let from = self.coverage.live_from();
        let mut connections = self.connections.iter_mut();
        let live = connections.find(|it| it.role == Role::Live && it.is_fed);
        let Some(live) = live else {
            return;
        };
        let sent = live.feed.next_sample();
        if sent > from {
            let sound = self.upload.first_sound(from, sent).unwrap_or(sent);
            live.settled = live.settled.max(sound);
            self.coverage.settle(sound);
        }
        self.forget_settled();
    }

    /// Gives up what was dropped because too much was kept. Does so by the second, so that the gap
    /// does not change with every block.
    pub(super) fn drop_unkept(&mut self) {
        let first_kept = self.upload.first_kept();
        let step = samples_in(GAP_STEP);
        if first_kept < self.coverage.needed_from() + step {
            return;
        }
        let fed = self.connections.iter();
        let fed = fed.filter(|it| it.role == Role::Live && it.is_fed);
        let heard = fed.map(|it| it.feed.next_sample()).max();
        let heard = heard.unwrap_or(self.reported);
        self.coverage.drop_before(first_kept, heard);
    }

    /// Returns when the first timer of a connection is due.
    pub(super) fn next_timer(&self) -> Option<Moment> {
        let timers = self.connections.iter().map(|it| it.timers.next());
        timers.flatten().min()
    }

    /// Stops and returns a timer of a connection that is due at `now`, if any.
    pub(super) fn take_due(&mut self, now: Moment) -> Option<(Attempt, Timer)> {
        let mut connections = self.connections.iter_mut();
        connections.find_map(|it| Some((it.attempt, it.timers.take_due(now)?)))
    }

    /// Returns the seconds until the recording ends because there were no words, if it is about to.
    pub(super) fn idle_countdown(&self) -> Option<u32> {
        let is_listening = self.intake.is_open() && self.live().is_some();
        self.idle.secs_left().filter(|_| is_listening)
    }
}

/// How much a gap grows at a time.
const GAP_STEP: Duration = Duration::from_secs(1);
