//! The few phrases that a transcript needs besides its own words.

use crate::{gap::GapReason, speaker::Speaker, transcript::Transcript};

/// The phrases of exports and views, in one language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Phrases {
    /// Goes before the service's label of a speaker without a name: "Speaker A".
    pub speaker: &'static str,
    /// In place of the name while the service does not know the speaker.
    pub unknown_speaker: &'static str,
    /// A gap because of [`GapReason::Disconnected`].
    pub disconnected: &'static str,
    /// A gap because of [`GapReason::NoAudio`].
    pub no_audio: &'static str,
    /// A gap because of [`GapReason::Paused`].
    pub paused: &'static str,
    /// After a turn that may lack words, because its session broke off.
    pub cut_off: &'static str,
}

impl Phrases {
    /// English.
    pub const ENGLISH: Self = Self {
        speaker: "Speaker",
        unknown_speaker: "Unknown speaker",
        disconnected: "not transcribed: no connection",
        no_audio: "not transcribed: no sound",
        paused: "not transcribed: paused",
        cut_off: "cut off here",
    };

    /// Returns the description of a gap.
    pub fn gap(&self, reason: GapReason) -> &'static str {
        match reason {
            GapReason::Disconnected => self.disconnected,
            GapReason::NoAudio => self.no_audio,
            GapReason::Paused => self.paused,
        }
    }

    /// Returns the name of a speaker of `transcript`, by the service's label in a session.
    pub fn speaker_name(&self, transcript: &Transcript, session: u32, label: &str) -> String {
        let Speaker::Known(label) = Speaker::new(label) else {
            return self.unknown_speaker.to_owned();
        };
        match transcript.speaker_name(session, label) {
            Some(name) => name.to_owned(),
            None => [self.speaker, " ", label].concat(),
        }
    }
}

impl Default for Phrases {
    fn default() -> Self {
        Self::ENGLISH
    }
}
