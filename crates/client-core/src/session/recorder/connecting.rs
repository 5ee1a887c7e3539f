//! Opening sessions: the live one, its successors, and those for missing parts.

use std::time::Duration;

use super::{
    super::{
        connection::{Role, ServiceConnection},
        coverage::is_replayed,
        io::{Attempt, Effect},
        liveness::LIVENESS_INTERVAL,
        run::Run,
        timers::{HAND_OVER_LEAD, TOKEN_TIMEOUT, Timer},
        upload::{Feed, OVERLAP, samples_in},
    },
    Phase, Recorder,
};
use crate::Moment;

impl Recorder {
    /// Begins to open a session.
    pub(super) fn connect(&mut self, now: Moment, role: Role) {
        let attempt = self.next_attempt();
        let Phase::Running(run) = &mut self.phase else {
            return;
        };
        if role == Role::Live {
            self.timers.stop(Timer::Reconnect);
            run.failures.is_limited = false;
        }
        let mut connection = ServiceConnection::new(attempt, role);
        connection.timers.set(Timer::Token, now + TOKEN_TIMEOUT);
        run.connections.push(connection);
        let lease = self.lease.clone();
        self.effects
            .push_back(Effect::FetchToken { attempt, lease });
    }

    /// Connects at once if the next attempt is only delayed because earlier ones failed.
    pub(super) fn connect_now(&mut self, now: Moment) {
        if let Phase::Running(run) = &mut self.phase
            && !run.failures.is_limited
            && self.timers.is_set(Timer::Reconnect)
        {
            self.connect(now, Role::Live);
        }
    }

    /// Opens a session for the first missing part, in addition to the live one.
    pub(super) fn fill_holes(&mut self, now: Moment) {
        let Phase::Running(run) = &mut self.phase else {
            return;
        };
        let can_fill = if run.intake.is_open() {
            run.live().is_some()
        } else {
            run.is_complete() && (run.live().is_some() || !run.has_unsettled_sound())
        };
        if can_fill
            && !run.has_fill()
            && !run.has_retiring()
            && !run.is_connecting()
            && !self.timers.is_set(Timer::Fill)
            && let Some(hole) = run.coverage.take_hole()
        {
            self.connect(now, Role::Fill(hole));
        }
    }

    /// Opens the successor of a session whose time is almost over. Waits for the session of a hole,
    /// and for one whose last words are still missing: there are never three sessions.
    pub(super) fn hand_over(&mut self, now: Moment, attempt: Attempt) {
        let Phase::Running(run) = &mut self.phase else {
            return;
        };
        if (run.has_fill() || run.has_retiring())
            && let Some(connection) = run.connection(attempt)
        {
            connection
                .timers
                .set(Timer::HandOver, now + LIVENESS_INTERVAL);
        } else if run.intake.is_open()
            && !run.is_connecting()
            && !self.timers.is_set(Timer::Reconnect)
        {
            self.log("the session's time is almost over, opening the next one");
            self.connect(now, Role::Live);
        }
    }

    /// Gives a session its position in the audio, as soon as audio can be sent.
    pub(super) fn start_feed(&mut self, attempt: Attempt) {
        let Phase::Running(run) = &mut self.phase else {
            return;
        };
        let Some(connection) = run.connection(attempt) else {
            return;
        };
        if connection.is_fed || !connection.has_socket() {
            return;
        }
        let role = connection.role.clone();
        let feed = match role {
            Role::Live => run.live_feed(attempt),
            Role::Fill(mut hole) => {
                // Its start may have been dropped while the session was opened.
                let kept = run.upload.first_kept().clamp(hole.start, hole.end);
                run.coverage.lose(hole.start..kept);
                hole.start = kept;
                let mut feed = run.feed_from(hole.start, hole.start, Some(hole.end));
                feed.end_at(hole.end + samples_in(OVERLAP));
                feed
            }
            Role::Retiring(_) => return,
        };
        if let Some(connection) = run.connection(attempt) {
            connection.start_feed(feed);
        }
    }
}

impl Run {
    /// Returns the feed of a new live session. It begins where the last one ends, or at the live
    /// edge if too much is missing.
    fn live_feed(&mut self, attempt: Attempt) -> Feed {
        let end = self.upload.end_sample();
        let quiet = self.upload.quietest(SEAM_SEARCH, self.coverage.live_from());
        let mut connections = self.connections.iter_mut();
        let predecessor = connections.find(|it| it.role == Role::Live && it.attempt != attempt);
        if let Some(predecessor) = predecessor {
            predecessor.role = Role::Retiring(quiet);
            predecessor.feed.end_at(quiet + samples_in(OVERLAP));
            predecessor.timers.stop(Timer::HandOver);
            self.coverage.settle(quiet);
            return self.feed_from(quiet, quiet, None);
        }
        let from = self.coverage.live_from();
        // Nothing must be heard again before the first sound.
        let sound = self.upload.first_sound(from, end).unwrap_or(end);
        if self.intake.is_open() && !is_replayed(end - sound) {
            self.coverage.begin_live_at(quiet, &self.upload);
            return self.feed_from(quiet, quiet, None);
        }
        self.feed_from(sound, from, None)
    }

    /// Returns a feed that begins a little before `sample`, and owns the part from `owned_from`
    /// until `owned_until`.
    fn feed_from(&self, sample: u64, owned_from: u64, owned_until: Option<u64>) -> Feed {
        let first = sample.saturating_sub(samples_in(OVERLAP));
        let first = self.upload.chunk_start(first);
        Feed::new(first, owned_from, owned_until)
    }
}

/// Returns how long before the end of its time a session's successor is opened.
pub(super) fn hand_over_lead(max_session: Duration) -> Duration {
    (max_session / 12).clamp(*HAND_OVER_LEAD.start(), *HAND_OVER_LEAD.end())
}

/// The seam between two sessions lies in the quietest chunk of this length of audio: speech has a
/// pause between two words within it.
const SEAM_SEARCH: Duration = Duration::from_secs(2);
