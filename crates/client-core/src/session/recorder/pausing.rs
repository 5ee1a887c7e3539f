//! Pause and resume: the microphone and the session end, the recording does not.

use inturn_transcript::{Gap, GapReason};

use super::{
    super::{
        connection::{Role, ServiceConnection},
        io::{Device, Effect, Event},
        run::{Pause, Run},
        timers::Timer,
    },
    Phase, Recorder,
};
use crate::{Moment, problem::Problem};

impl Recorder {
    pub(super) fn on_pause(&mut self, now: Moment) {
        let Phase::Running(run) = &mut self.phase else {
            return;
        };
        if !run.intake.is_open() {
            return;
        }
        run.pause = Some(Pause {
            since: now,
            is_resuming: false,
        });
        self.close_intake(now);
    }

    pub(super) fn on_resume(&mut self) {
        if let Phase::Running(run) = &mut self.phase
            && let Some(pause) = &mut run.pause
            && !pause.is_resuming
        {
            pause.is_resuming = true;
            run.end_intake(&mut self.timers);
            self.effects
                .push_back(Effect::OpenMicrophone(Device::Chosen));
        }
    }

    /// Ends a paused recording.
    pub(super) fn end_paused(&mut self, now: Moment) {
        let Phase::Running(run) = &mut self.phase else {
            return;
        };
        let Some(pause) = run.pause.take() else {
            return;
        };
        run.failures.lost_endings = 0;
        let is_interrupted = run.outage.is_some();
        if pause.is_resuming {
            self.effects.push_back(Effect::CloseMicrophone);
        }
        if is_interrupted {
            self.start_giving_up(now);
            self.connect_now(now);
        }
    }

    /// Ends a pause: the microphone is on again.
    pub(super) fn end_pause(&mut self, now: Moment, rate_hz: u32) {
        let Phase::Running(run) = &mut self.phase else {
            return;
        };
        let Some(pause) = run.pause.take() else {
            return;
        };
        if !run.change_rate(&mut self.recording, rate_hz) {
            run.pause = Some(Pause {
                is_resuming: false,
                ..pause
            });
            self.effects.push_back(Effect::CloseMicrophone);
            self.emit(Event::Problem(Problem::RateUnsupported(rate_hz)));
            return;
        }
        run.resumed = Some(pause.since);
        run.intake.await_first_block(now, &mut self.timers);
        run.has_begun = false;
        run.failures.lost_endings = 0;
        run.retire();
        let is_connecting = run.has_live();
        if !is_connecting {
            self.make_room();
            self.connect(now, Role::Live);
        }
    }

    /// Puts the pause on the timeline, because the first block after it has come, or none will.
    pub(super) fn write_pause(&mut self, now: Moment) {
        let Phase::Running(run) = &mut self.phase else {
            return;
        };
        let Some(since) = run.resumed.take() else {
            return;
        };
        let captured = self.recording.captured();
        run.jump(&mut self.recording, now.since(since));
        self.mark_gap(Some(Gap {
            from_ms: captured.ms(),
            to_ms: self.recording.captured().ms(),
            reason: GapReason::Paused,
        }));
    }

    /// Ends sessions for earlier parts if there would be three sessions with the next one. Another
    /// session transcribes the rest of these parts later.
    fn make_room(&mut self) {
        loop {
            let Phase::Running(run) = &self.phase else {
                return;
            };
            let connections = &run.connections;
            let is_fill = |it: &&ServiceConnection| matches!(it.role, Role::Fill(_));
            let fill = connections.iter().find(is_fill);
            let Some(earlier) = fill.or(connections.first()) else {
                return;
            };
            if connections.len() < MAX_SESSIONS {
                return;
            }
            self.abandon(earlier.attempt);
        }
    }

    /// Lets a paused recording rest, once its last words are there.
    pub(super) fn rest(&mut self) {
        let Phase::Running(run) = &mut self.phase else {
            return;
        };
        run.outage = None;
        let shown = run.shown.take();
        let connections = std::mem::take(&mut run.connections);
        for timer in [Timer::Reconnect, Timer::GiveUp, Timer::RetryWait] {
            self.timers.stop(timer);
        }
        for connection in &connections {
            self.close_socket(connection, false);
        }
        if let Some(problem) = shown {
            self.countdown = None;
            self.emit(Event::Resolved(problem));
        }
    }
}

impl Run {
    /// Returns `true` if a paused recording waits for the microphone.
    pub(super) fn is_resuming(&self) -> bool {
        self.pause.as_ref().is_some_and(|it| it.is_resuming)
    }

    /// Records that the microphone could not be opened.
    pub(super) fn abandon_resuming(&mut self) {
        if let Some(pause) = &mut self.pause {
            pause.is_resuming = false;
        }
    }

    /// Makes the live session end with the audio so far. Another one follows.
    fn retire(&mut self) {
        let end = self.upload.end_sample();
        let live = self.connections.iter_mut();
        for connection in live.filter(|it| it.role == Role::Live && it.is_fed) {
            connection.role = Role::Retiring(end);
            connection.feed.end_at(end);
            self.coverage.settle(end);
        }
    }
}

/// The highest number of sessions at the same time: one for the words being spoken, and one for an
/// earlier part.
const MAX_SESSIONS: usize = 2;
