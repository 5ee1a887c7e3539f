//! The recordings that run together, as the screen and the outputs see them.

use inturn_transcript::{Phrases, Transcript};

/// Who is heard in a recording, if another one runs at the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The microphone.
    You,
    /// What the computer plays.
    Meeting,
}

/// Where the sound of a recording comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Origin {
    /// A microphone.
    #[default]
    Microphone,
    /// What the computer plays. That may be nothing.
    Playback,
    /// Files or standard input.
    Files,
}

/// One of the recordings that run together; usually there is only one.
#[derive(Clone, Copy, Debug)]
pub struct Track<'a> {
    /// Who is heard, which is shown like the name of a speaker; `None` if there is one recording.
    pub side: Option<Side>,
    /// Where its sound comes from.
    pub origin: Origin,
    /// The transcript so far.
    pub transcript: &'a Transcript,
    /// The start of its timeline, in milliseconds since the first of the recordings began.
    pub offset_ms: u32,
}

impl Side {
    /// The name for people.
    pub fn label(self) -> &'static str {
        match self {
            Self::You => "You",
            Self::Meeting => "Meeting",
        }
    }

    /// The name for programs, and in names of files.
    pub fn name(self) -> &'static str {
        match self {
            Self::You => "you",
            Self::Meeting => "meeting",
        }
    }

    /// Returns `text` with the label of this side before it; without a side, only `text`.
    pub(crate) fn labelled(side: Option<Self>, text: &str) -> String {
        match side {
            Some(side) => format!("{}: {text}", side.label()),
            None => text.to_owned(),
        }
    }
}

impl<'a> Track<'a> {
    /// A recording of a microphone, without another one.
    pub fn alone(transcript: &'a Transcript) -> Self {
        Self {
            side: None,
            origin: Origin::Microphone,
            transcript,
            offset_ms: 0,
        }
    }

    /// Converts a time of this recording to one since the first recording began.
    pub(crate) fn shared_ms(&self, ms: u32) -> u32 {
        self.offset_ms.saturating_add(ms)
    }

    /// Returns the name before the words of a speaker; `None` if nothing is known about who it is.
    pub(crate) fn name(&self, session: u32, label: Option<&str>) -> Option<String> {
        let speaker = label.map(|it| Phrases::ENGLISH.speaker_name(self.transcript, session, it));
        match (self.side, speaker) {
            (Some(side), Some(speaker)) => Some(format!("{}, {speaker}", side.label())),
            (Some(side), None) => Some(side.label().to_owned()),
            (None, speaker) => speaker,
        }
    }
}
