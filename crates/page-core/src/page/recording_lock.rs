//! One recording per browser: a recording in two tabs would be billed twice, and the second would
//! hear the same words.
//!
//! A page holds the lock from the press on Record until the recording is over. The browser releases
//! the lock of a page that is closed.

use inturn_client_core::session::State;

use super::{
    Page,
    exchange::Effect,
    state::{Microphone, RecorderThread, RecordingLock},
};
use crate::{
    messages::ToRecorder,
    view::{Action, ProblemView},
    wording::Wording,
};

impl Page {
    /// The audio graph exists. It is not needed if the start has been abandoned.
    pub(super) fn audio_opened(&mut self) {
        match &mut self.microphone {
            Microphone::Preparing { has_audio } => *has_audio = true,
            Microphone::Off => self.release_microphone(),
            Microphone::Opening
            | Microphone::On
            | Microphone::Lost
            | Microphone::Reopening
            | Microphone::Stopping
            | Microphone::Flushing => {}
        }
        self.start_when_prepared();
    }

    /// The browser has answered the request for the lock.
    pub(super) fn lock_answered(&mut self, is_ours: bool) {
        if self.recording_lock != RecordingLock::Requested {
            return;
        }
        if is_ours {
            self.recording_lock = RecordingLock::Held;
            self.start_when_prepared();
        } else {
            self.refuse_start(recorded_elsewhere());
        }
    }

    /// Notifies the recorder of the press on Record or Resume, once the recording can begin.
    fn start_when_prepared(&mut self) {
        let is_prepared = self.microphone == Microphone::Preparing { has_audio: true };
        if is_prepared && self.recording_lock == RecordingLock::Held {
            self.microphone = Microphone::Opening;
            let action = if self.state == State::Paused {
                self.clear_for_resume();
                Action::Resume
            } else {
                Action::Record
            };
            self.send(ToRecorder::Pressed(action));
        }
    }

    /// Shows at once why the recording cannot begin or go on. The recorder is not notified.
    pub(super) fn refuse_start(&mut self, problem: ProblemView) {
        self.release_microphone();
        self.show_own_problem(problem);
        self.show_state();
    }

    /// Requests the lock for a recording, and releases it when the recording is over.
    pub(super) fn update_recording_lock(&mut self) {
        let is_free = self.recording_lock == RecordingLock::Released;
        let starts = !matches!(
            self.microphone,
            Microphone::Off | Microphone::Stopping | Microphone::Flushing
        );
        // The microphone is off while the last words are awaited, but the session is still open.
        let continues = !is_free && self.state != State::Idle;
        let needs_lock = (starts || continues) && self.recorder != RecorderThread::Ended;
        if needs_lock && is_free {
            self.recording_lock = RecordingLock::Requested;
            self.effects.push_back(Effect::TakeRecordingLock);
        } else if !needs_lock && !is_free {
            self.recording_lock = RecordingLock::Released;
            self.effects.push_back(Effect::ReleaseRecordingLock);
        }
    }
}

fn recorded_elsewhere() -> ProblemView {
    let wording = Wording::recorded_elsewhere();
    ProblemView {
        kind: wording.kind,
        sentence: wording.text(),
        sign_in: None,
        reload: false,
        is_announced: true,
    }
}
