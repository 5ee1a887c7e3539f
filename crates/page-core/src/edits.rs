//! What a person edits on the page: the text of a turn, and the names of speakers.

use inturn_transcript::{
    Change, Document, Part, RecordingInfo, Speaker, SpeakerName, Transcript, TurnId,
};

use crate::view::speaker_label;

/// What a person has done to a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edit<'a> {
    /// Has written its text. Line breaks count as spaces.
    Corrected(&'a str),
    /// Wants to have the service's text back.
    Undone,
    /// Has named its speaker.
    Named {
        /// The name. An empty one removes the name.
        name: &'a str,
        /// Whether the name is only for the turn's session, and not for the whole recording: after
        /// an interruption, the service may give the label to another voice.
        only_session: bool,
    },
}

/// A turn with corrections, as the page shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CorrectedLine {
    /// The text with the corrections.
    pub text: String,
    /// The service's text.
    pub original: String,
}

/// The speakers of a recording with a person's names for them, as the page shows them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NamedSpeakers {
    /// The numbers of the recording's sessions.
    pub sessions: Vec<u32>,
    /// The names in each session.
    pub names: Vec<ShownName>,
}

/// A name of a speaker in a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownName {
    /// The number of the session.
    pub session: u32,
    /// How the page shows the speaker without a name: "Speaker A".
    pub speaker: String,
    /// The name.
    pub name: String,
    /// Whether it is only for this session.
    pub only_session: bool,
}

/// Returns the recording with a turn. The recordings of a page have different sessions.
pub fn part_of(document: &Document, turn: TurnId) -> Option<&Part> {
    let mut parts = document.parts().iter();
    parts.find(|it| it.transcript.turn(turn).is_some())
}

impl Edit<'_> {
    /// Returns the recording of a turn in `document`, and the changes that this makes to it.
    /// Returns `None` if there is no such turn.
    pub fn made_in(
        self,
        document: &Document,
        turn: TurnId,
    ) -> Option<(RecordingInfo, Vec<Change>)> {
        let part = part_of(document, turn)?;
        Some((part.info, self.changes(&part.transcript, turn)))
    }

    /// Returns the changes that this makes to a turn of `transcript`. Returns none if there is no
    /// such turn, if nothing changes, or if the service does not know the turn's speaker.
    pub fn changes(self, transcript: &Transcript, turn: TurnId) -> Vec<Change> {
        match self {
            Self::Corrected(text) => transcript.turn_correction(turn, text).into_iter().collect(),
            Self::Undone => transcript.undone_corrections(turn),
            Self::Named { name, only_session } => named(transcript, turn, name, only_session),
        }
    }
}

impl CorrectedLine {
    /// Returns the line of a turn, if it shows corrections.
    pub fn of(transcript: &Transcript, turn: TurnId) -> Option<Self> {
        if !transcript.is_corrected(turn) {
            return None;
        }
        Some(Self {
            text: transcript.reading(turn)?.text().to_owned(),
            original: transcript.turn(turn)?.text().to_owned(),
        })
    }
}

impl NamedSpeakers {
    /// Returns the names in `transcript`.
    pub fn of(transcript: &Transcript) -> Self {
        let sessions: Vec<u32> = transcript.session_numbers().collect();
        let mut names = Vec::new();
        for (at, named) in transcript.speaker_names().iter().enumerate() {
            let label = named.label.as_str();
            // They are sorted by label.
            let before = at
                .checked_sub(1)
                .and_then(|it| transcript.speaker_names().get(it));
            if before.is_some_and(|it| it.label == label) {
                continue;
            }
            for session in &sessions {
                if let Some(name) = transcript.speaker_name(*session, label) {
                    names.push(ShownName {
                        session: *session,
                        speaker: speaker_label(label),
                        name: name.to_owned(),
                        only_session: has_own_name(transcript, *session, label),
                    });
                }
            }
        }
        Self { sessions, names }
    }
}

fn named(transcript: &Transcript, turn: TurnId, name: &str, only_session: bool) -> Vec<Change> {
    let label = transcript.turn(turn).and_then(|it| it.speaker.as_deref());
    let Some(Speaker::Known(label)) = label.map(Speaker::new) else {
        return Vec::new();
    };
    let change = |session, name: &str| {
        Change::SpeakerNamed(SpeakerName {
            session,
            label: label.to_owned(),
            name: name.to_owned(),
        })
    };
    let own = Some(turn.session);
    if only_session {
        return vec![change(own, name)];
    }
    let mut changes = vec![change(None, name)];
    // Otherwise the session would keep its own name.
    if has_own_name(transcript, turn.session, label) {
        changes.push(change(own, ""));
    }
    changes
}

fn has_own_name(transcript: &Transcript, session: u32, label: &str) -> bool {
    let mut names = transcript.speaker_names().iter();
    names.any(|it| it.session == Some(session) && it.label == label)
}

/// A change could not be stored.
pub const NOT_STORED: &str = "Your change is on this page, but could not be kept on this device. \
                              Download the transcript before you close or reload the page.";
