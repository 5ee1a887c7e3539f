//! The only way to alter a transcript.

use serde::{Deserialize, Serialize};

use crate::gap::Gap;
use crate::session::{Session, SessionEnd};
use crate::turn::Turn;

/// One change to a transcript, complete in itself: applying it needs nothing but the transcript.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Change {
    /// A session began to transcribe.
    SessionBegan(Session),
    /// A turn is new or reads differently. The value replaces the turn of the same id, unless that
    /// turn is in a later [`TurnState`](crate::TurnState). An open turn without text is removed. Passed
    /// over: an open turn of a session that has ended, and an ended turn without text.
    Turn(Turn),
    /// No session transcribed this stretch. Replaces a gap that begins at the same time; a gap that
    /// does not end after it begins is removed.
    Gap(Gap),
    /// A session ended: its open turns are closed.
    SessionEnded {
        /// [`Session::number`].
        session: u32,
        /// How it ended.
        end: SessionEnd,
    },
}
