//! What the page and the recorder send each other, as bytes between two threads of one build.
//!
//! Audio is not among it: blocks go from the worklet to the recorder by a port of their own.

use inturn_client_core::problem::MicrophoneFailure;
use inturn_client_core::recording::RecordingInfo;
use inturn_client_core::session::Event;
use inturn_transcript::Transcript;
use serde::{Deserialize, Serialize};

use crate::view::Action;

/// From the page to the recorder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ToRecorder {
    /// The page is going. The first variant, and so one byte 0: where the page's module has crashed,
    /// `crash.js` sends it in its place.
    Leaving,
    /// The first message. Its answer is the first state.
    Configure(Configure),
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

/// What the recorder starts with.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Configure {
    /// Milliseconds of audio in one frame, from the page's configuration.
    pub chunk_ms: u32,
    /// Sessions that the page has shown already, where an earlier recorder was ended.
    pub sessions: u32,
    /// The last recording that the page has shown, where an earlier recorder was ended.
    pub last: Option<(RecordingInfo, Transcript)>,
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
    /// Something happened.
    Event(Event),
}

/// Encodes a message for the other thread. Returns `None` if serialization fails; it cannot for these
/// types.
pub fn encode<T: Serialize>(message: &T) -> Option<Vec<u8>> {
    postcard::to_allocvec(message).ok()
}

/// Decodes a message of the other thread. Returns `None` if the two threads run different versions of
/// the client.
pub fn decode<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Option<T> {
    postcard::from_bytes(bytes).ok()
}
