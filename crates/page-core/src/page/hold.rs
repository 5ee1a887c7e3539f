//! What keeps an open microphone from delivering sound.

use inturn_client_core::session::Hold;

use super::{
    Page,
    exchange::{AudioState, Effect},
    state::Microphone,
};
use crate::messages::ToRecorder;

/// How long a suspended audio graph may take to resume, in milliseconds. Browsers need tens of
/// milliseconds. After 1 s without audio, the recorder would report that it waits for an unknown
/// reason.
pub const RESUME_TIMEOUT_MS: u32 = 500;

/// Why the open microphone may deliver nothing.
#[derive(Debug, Default)]
pub(super) struct Obstacles {
    is_muted: bool,
    audio: AudioState,
    /// Whether the audio graph did not resume by itself.
    is_stuck: bool,
    /// What the recorder knows.
    reported: Option<Hold>,
}

impl Obstacles {
    /// The one to report. A person can do nothing about an interruption, and a suspended graph
    /// delivers nothing even when the microphone is unmuted.
    fn hold(&self) -> Option<Hold> {
        match self.audio {
            AudioState::Interrupted => Some(Hold::Interrupted),
            AudioState::Suspended if self.is_stuck => Some(Hold::Suspended),
            AudioState::Suspended | AudioState::Running => self.is_muted.then_some(Hold::Muted),
        }
    }
}

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
