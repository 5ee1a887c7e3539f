//! What keeps an open microphone from delivering sound.

use inturn_client_core::session::Hold;

use super::{
    Page,
    exchange::{AudioState, Effect},
    state::{Microphone, Obstacles},
};
use crate::messages::ToRecorder;

impl Page {
    pub(super) fn microphone_muted(&mut self, is_muted: bool) {
        if self.microphone == Microphone::On {
            self.obstacles.is_muted = is_muted;
            self.report_hold();
        }
    }

    /// Resumes a suspended audio graph at once. An interrupted one is resumed by the system.
    pub(super) fn audio_changed(&mut self, state: AudioState) {
        if self.microphone != Microphone::On {
            return;
        }
        self.obstacles.audio = state;
        match state {
            AudioState::Suspended => self.effects.push_back(Effect::ResumeAudio),
            AudioState::Running | AudioState::Interrupted => self.obstacles.is_stuck = false,
        }
        self.report_hold();
    }

    /// The browser refuses to resume the audio graph. A tap may help.
    pub(super) fn audio_stuck(&mut self) {
        if self.microphone == Microphone::On && self.obstacles.audio == AudioState::Suspended {
            self.obstacles.is_stuck = true;
            self.report_hold();
        }
    }

    /// Resumes the audio graph in the handler of a tap, where browsers allow it.
    pub(super) fn tapped(&mut self) {
        if self.obstacles.reported == Some(Hold::Suspended) {
            self.resume_audio();
        }
    }

    /// Tries to resume an audio graph that does not run. Safari leaves it interrupted after the
    /// page was hidden.
    pub(super) fn resume_audio(&mut self) {
        if self.microphone == Microphone::On && self.obstacles.audio != AudioState::Running {
            self.effects.push_back(Effect::ResumeAudio);
        }
    }

    /// The obstacles were those of a microphone that is not used any more.
    pub(super) fn forget_obstacles(&mut self) {
        let reported = self.obstacles.reported;
        self.obstacles = Obstacles {
            reported,
            ..Obstacles::default()
        };
        self.report_hold();
    }

    fn report_hold(&mut self) {
        let hold = self.obstacles.hold();
        if std::mem::replace(&mut self.obstacles.reported, hold) != hold {
            self.send(ToRecorder::MicrophoneHeld(hold));
        }
    }
}
