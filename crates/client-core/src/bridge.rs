//! What the page and the recorder say to each other, as bytes between two threads of one build.
//!
//! Audio is not among it: blocks go from the worklet to the recorder by a port of their own.

use serde::{Deserialize, Serialize};

use crate::problem::MicrophoneFailure;
use crate::view::{Action, ViewChange};

/// From the page to the recorder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ToRecorder {
    /// The page is going. The first of all, and so one byte 0: where the page's module has crashed,
    /// `crash.js` says it in its place.
    Leaving,
    /// The first message; its answer is the first state.
    Configure {
        /// Milliseconds of audio in one frame, from the page's configuration.
        chunk_ms: u32,
        /// Sessions the page has shown already, where a recorder before this one was given up.
        sessions: u32,
    },
    /// The button was pressed while it offered this.
    Pressed(Action),
    /// The microphone is on. The port for its blocks comes with this message.
    MicrophoneOpened {
        /// The rate of the blocks, in Hz.
        rate_hz: u32,
    },
    /// The microphone could not be had.
    MicrophoneFailed(MicrophoneFailure),
    /// The microphone went away.
    MicrophoneLost,
}

/// From the recorder to the page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ToPage {
    /// The recorder is up.
    Ready,
    /// Ask for the microphone.
    OpenMicrophone,
    /// Turn the microphone off at once, or stop asking for it. What was captured still comes.
    CloseMicrophone,
    /// Show this.
    View(ViewChange),
}

/// Encodes a message for the other thread. Nothing where it has no such form, which none of this
/// module's lacks.
pub fn encode<T: Serialize>(message: &T) -> Option<Vec<u8>> {
    postcard::to_allocvec(message).ok()
}

/// Decodes a message of the other thread. Nothing if the two threads run different versions of the
/// client.
pub fn decode<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Option<T> {
    postcard::from_bytes(bytes).ok()
}
