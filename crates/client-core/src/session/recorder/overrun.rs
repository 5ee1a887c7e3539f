//! Audio that is missing after a stall, or that the system has dropped.

use std::time::Duration;

use super::{
    super::{
        capture::Measured,
        intake::{Arrival, Held},
    },
    Phase, Recorder,
};
use crate::Moment;

impl Recorder {
    /// Puts silence in the place of audio that the system has dropped, except for what the clock
    /// has measured in a stall.
    pub(super) fn on_overrun(&mut self, now: Moment, frames: u64) {
        let Phase::Running(run) = &mut self.phase else {
            return;
        };
        match run.intake.on_block(now, &mut self.timers) {
            Arrival::Next => {
                let length = run.intake.uncounted(now, frames);
                self.write_pause(now);
                self.write_overrun(now, length);
            }
            Arrival::Return => {
                self.end_absence(now);
                // The time until now is counted, whatever the report says.
                if let Phase::Running(run) = &mut self.phase {
                    run.intake.uncounted(now, frames);
                }
            }
            Arrival::Hold => run.intake.hold_back(Held::Dropped(frames)),
            Arrival::Ignore => {}
        }
    }

    fn write_overrun(&mut self, now: Moment, length: Duration) {
        let Phase::Running(run) = &mut self.phase else {
            return;
        };
        let gap = run.write_overrun(&mut self.recording, length);
        run.drop_unkept();
        self.mark_gap(gap);
        self.report_measured(now, &Measured::default());
    }

    /// Decides how much of a stall is missing.
    pub(super) fn settle_stall(&mut self, now: Moment) {
        let Phase::Running(run) = &mut self.phase else {
            return;
        };
        let (gap, held) = run.settle_stall(&mut self.recording, &mut self.timers, now);
        self.mark_gap(gap);
        for held in held {
            match held {
                Held::Block { planar, channels } => self.write(now, &planar, channels),
                Held::Dropped(frames) => {
                    if let Phase::Running(run) = &self.phase {
                        let length = run.intake.length(frames);
                        self.write_overrun(now, length);
                    }
                }
            }
        }
    }
}
