//! Changes of a transcript.

use serde::{Deserialize, Serialize};

use crate::{
    correction::Correction,
    gap::Gap,
    session::{Session, SessionEnd},
    speaker::{SpeakerName, TurnSpeakers},
    turn::{Turn, TurnId},
};

/// A change of a transcript. It is self-contained: applying it needs only the transcript.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Change {
    /// A session began to transcribe.
    SessionBegan(Session),
    /// A turn is new or has changed. The value replaces the turn with the same id, unless that turn
    /// is in a later [`TurnState`](crate::TurnState). An open turn without text is removed. An open
    /// turn of an ended session and an ended turn without text are ignored. Words that the turn's
    /// session does not own are dropped. With its first text, a session takes over the part that it
    /// owns: words of earlier sessions in that part are dropped.
    Turn(Turn),
    /// No session transcribed this part of the timeline. Replaces a gap with the same start. A gap
    /// whose end is not after its start is removed.
    Gap(Gap),
    /// A session ended, which closes its open turns.
    SessionEnded {
        /// The session's [number](Session::number).
        session: u32,
        /// How it ended.
        end: SessionEnd,
    },
    /// The service has revised the speakers of a turn. Later versions of the turn keep them.
    Speakers(TurnSpeakers),
    /// A person has corrected a turn, or has undone a correction. The value replaces all
    /// corrections of the turn. Later versions of the turn keep them. See
    /// [`Transcript::correction`](crate::Transcript::correction).
    Corrected {
        /// The turn.
        turn: TurnId,
        /// All its corrections; none to show what the service reported.
        corrections: Vec<Correction>,
    },
    /// A person has named a speaker, or has removed the name.
    SpeakerNamed(SpeakerName),
}
