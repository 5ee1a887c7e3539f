//! The guard against a forgotten recording, and the cost of the current one.

use inturn_client_core::session::State;

use super::{Effect, Page};
use crate::{
    messages::ToRecorder,
    view::guard::{BilledView, IdleView},
};

impl Page {
    /// Shows the countdown to the end of a recording without words, or hides it.
    pub(super) fn show_idle(&mut self, secs: Option<u32>) {
        let old = std::mem::replace(&mut self.idle_countdown, secs);
        if old.is_none() && secs.is_none() {
            return;
        }
        let limit_secs = self.config.as_ref().map_or(0, |it| it.idle_seconds);
        let view = secs.map(|secs| {
            // Screen readers read the start of the countdown, and once more before its end.
            let is_announced = old.is_none() || secs == LAST_CALL_SECS;
            IdleView::new(limit_secs, secs, is_announced)
        });
        self.effects.push_back(Effect::ShowIdle(view));
        if old.is_none() {
            self.effects.push_back(Effect::PlayTone);
        }
        // The title shows it in a background tab. The state is the same.
        let mut view = self.state_view();
        view.is_announced = false;
        self.effects.push_back(Effect::ShowState(view));
    }

    /// Passes on that the person goes on with the recording.
    pub(super) fn keep_recording(&mut self) {
        if self.state != State::Idle {
            self.send(ToRecorder::KeepRecording);
        }
    }

    /// Shows how long the sessions of the recording were connected; `None` for a recording that has
    /// just begun.
    pub(super) fn show_billed(&mut self, secs: Option<u32>) {
        let price = self.config.as_ref().and_then(|it| it.cost.as_ref());
        let view = secs.map(|secs| BilledView::new(secs, price));
        let view = view.unwrap_or_default();
        self.effects.push_back(Effect::ShowBilled(view));
    }
}

/// The number of seconds at which the countdown is announced again.
const LAST_CALL_SECS: u32 = 10;
