//! The guard against forgotten recordings, and the time that they are billed for.

use super::{super::io::Event, Phase, Recorder};
use crate::Moment;

impl Recorder {
    /// Starts the time without words anew.
    pub(super) fn on_keep_recording(&mut self) {
        if let Phase::Running(run) = &mut self.phase {
            run.idle.reset();
        }
    }

    /// Reports the countdown to the end of a recording without words, if it has changed.
    pub(super) fn report_idle(&mut self) {
        let countdown = match &self.phase {
            Phase::Running(run) => run.idle_countdown(),
            Phase::Idle | Phase::AwaitingMicrophone => None,
        };
        if std::mem::replace(&mut self.idle_countdown, countdown) != countdown {
            self.emit(Event::IdleCountdown(countdown));
        }
    }

    /// Reports for how long sessions were connected, if that has changed.
    pub(super) fn report_billed(&mut self, now: Moment) {
        let (connections, is_over) = match &self.phase {
            Phase::Running(run) => (run.connections.as_slice(), false),
            Phase::Idle | Phase::AwaitingMicrophone => (&[][..], true),
        };
        self.billed.update(now, connections);
        if let Some(secs) = self.billed.report(now, is_over) {
            self.emit(Event::Billed(secs));
        }
    }
}
