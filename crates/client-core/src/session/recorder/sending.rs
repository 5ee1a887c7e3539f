//! Sending audio to the open sessions, and checking that they answer.

use inturn_protocol::TERMINATE;

use super::{
    super::{
        connection::{Role, ServiceConnection, Stage},
        io::{Attempt, Effect},
        last_words::LastWords,
        liveness::LIVENESS_INTERVAL,
        retry::Loss,
        timers::Timer,
    },
    Phase, Recorder,
};
use crate::Moment;

impl Recorder {
    /// Sends all chunks that are due, and `Terminate` after the last one of a session.
    pub(super) fn send_due(&mut self, now: Moment) {
        let Phase::Running(run) = &mut self.phase else {
            return;
        };
        let is_complete = run.is_complete();
        for connection in &mut run.connections {
            let ServiceConnection {
                attempt,
                stage,
                timers,
                feed,
                liveness,
                ..
            } = connection;
            if !connection.is_fed || matches!(stage, Stage::Closing { .. }) {
                continue;
            }
            let attempt = *attempt;
            while let Some(sent) = run.upload.next_chunk(feed, now) {
                liveness.on_sent(&sent);
                let frame = sent.frame;
                self.effects.push_back(Effect::SendAudio { attempt, frame });
            }
            timers.set_or_stop(Timer::Pace, run.upload.next_at(feed));
            let is_over = feed.is_finished() || (is_complete && run.upload.is_sent(feed));
            if is_over && let Stage::Open(session) = *stage {
                connection.close(session, now);
                self.timers.stop(Timer::GiveUp);
                self.effects.push_back(terminate(attempt));
            }
        }
    }

    /// Replaces a session that does not answer.
    pub(super) fn check_liveness(&mut self, now: Moment, attempt: Attempt) {
        let Phase::Running(run) = &mut self.phase else {
            return;
        };
        let deaf_sessions = run.failures.deaf_sessions;
        let Some(connection) = run.connection(attempt).filter(|it| it.is_open()) else {
            return;
        };
        let unsent = connection.unsent;
        if connection.liveness.check(unsent, deaf_sessions) {
            if !connection.has_turns {
                run.failures.deaf_sessions += 1;
            }
            self.on_loss(now, attempt, Loss::Unanswered);
            return;
        }
        let timers = &mut connection.timers;
        timers.set(Timer::Liveness, now + LIVENESS_INTERVAL);
        if connection.role == Role::Live {
            run.settle_silence();
        }
    }
}

impl ServiceConnection {
    /// Begins the wait for the last words, after `Terminate`.
    fn close(&mut self, session: u32, now: Moment) {
        for timer in [Timer::Liveness, Timer::Stable, Timer::HandOver] {
            self.timers.stop(timer);
        }
        let wait = LastWords::new(now, self.unreported(), &mut self.timers);
        self.stage = Stage::Closing { session, wait };
    }
}

pub(super) fn terminate(attempt: Attempt) -> Effect {
    let text = TERMINATE.to_owned();
    Effect::SendControl { attempt, text }
}
