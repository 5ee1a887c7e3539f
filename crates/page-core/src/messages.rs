//! Messages between the page and the recorder, sent as bytes between two threads of one build.
//!
//! Audio takes another way: the worklet posts its blocks to the recorder through a `MessagePort`.

use inturn_client_core::{
    problem::MicrophoneFailure,
    session::{Device, Event, Hold},
};
use serde::{Deserialize, Serialize};

use crate::view::Action;

/// A message from the page to the recorder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ToRecorder {
    /// The page is being left. It must stay the first variant, so that it is encoded as one byte 0:
    /// after a crash of the page's module, `crash.js` sends that byte.
    Leaving,
    /// The first message. The recorder answers with its first state.
    Configure(Configure),
    /// The button was pressed while it offered this action.
    Pressed(Action),
    /// The microphone is on. The port for its blocks is transferred with this message.
    MicrophoneOpened {
        /// The rate of the blocks, in Hz.
        rate_hz: u32,
    },
    /// The microphone could not be opened.
    MicrophoneFailed(MicrophoneFailure),
    /// The microphone was disconnected, or its worklet failed.
    MicrophoneLost,
    /// The system or the browser takes the microphone's sound away, or gives it back (`None`).
    MicrophoneHeld(Option<Hold>),
    /// Devices were connected or disconnected.
    DevicesChanged,
    /// The browser reports that the network is up or down.
    Network {
        /// Whether it is up.
        is_up: bool,
    },
    /// The person has returned to the page.
    Shown,
    /// The person goes on with a recording that is about to end because there were no words.
    KeepRecording,
}

/// The recorder's initial configuration.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Configure {
    /// Milliseconds of audio in one frame, from the page's configuration.
    pub chunk_ms: u32,
    /// Seconds without words until a recording is about to end, from the page's configuration.
    pub idle_secs: u32,
    /// The highest session number that the page has shown, if an earlier recorder was terminated;
    /// otherwise 0.
    pub sessions: u32,
    /// Whether transcripts are stored on the device, from the page's configuration.
    pub stores_transcripts: bool,
}

/// A message from the recorder to the page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ToPage {
    /// The recorder has started.
    Ready,
    /// Request a microphone. If there is one already, it has failed: release it first.
    OpenMicrophone(Device),
    /// Turn the microphone off at once, or abandon the request for it. Audio that was already
    /// captured still arrives.
    CloseMicrophone,
    /// An event of the recording.
    Event(Event),
}

/// Encodes a message for the other thread. Returns `None` if serialization fails; it cannot for
/// these types.
pub fn encode<T: Serialize>(message: &T) -> Option<Vec<u8>> {
    postcard::to_allocvec(message).ok()
}

/// Decodes a message from the other thread. Returns `None` if the two threads run different
/// versions of the client.
pub fn decode<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Option<T> {
    postcard::from_bytes(bytes).ok()
}
