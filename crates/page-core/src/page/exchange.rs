//! What the shell gives the page's machine, and what the machine returns.

use inturn_client_core::audio::ChunkLength;
use inturn_client_core::problem::MicrophoneFailure;
use inturn_protocol::{CaptureConfig, PageConfig};

use crate::document::EntryChange;
use crate::messages::{ToPage, ToRecorder};
use crate::view::{Action, LevelView, ProblemView, StateView};

/// Counts requests for a microphone, so that a late answer is recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ask(pub u32);

/// Something that happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// The configuration has come, or will not.
    Configured(Result<PageConfig, MicrophoneFailure>),
    /// The button was pressed.
    Pressed {
        /// What it offered.
        action: Action,
        /// Whether this is one of the further clicks of a double click.
        is_repeat: bool,
    },
    /// There is an audio graph.
    AudioOpened,
    /// There is no audio graph.
    AudioFailed(MicrophoneFailure),
    /// The microphone is on and connected.
    MicrophoneOpened {
        /// Which request this answers.
        ask: Ask,
        /// The rate of the blocks, in Hz.
        rate_hz: u32,
    },
    /// The microphone could not be had.
    MicrophoneFailed {
        /// Which request this answers.
        ask: Ask,
        /// Why.
        failure: MicrophoneFailure,
    },
    /// The microphone went away.
    MicrophoneLost,
    /// The worklet has handed over its last block, or could not be asked to.
    MicrophoneEnded,
    /// The recorder sent a message.
    Recorder(ToPage),
    /// The page is being left.
    Leaving,
    /// A person came back to the page as it was.
    CameBack,
}

/// Something to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Make the audio graph, within the click; answer with `AudioOpened` or `AudioFailed`.
    OpenAudio,
    /// Ask for the microphone and connect it; answer with `MicrophoneOpened` or `MicrophoneFailed`.
    AskMicrophone {
        /// To be given back with the answer.
        ask: Ask,
        /// The length of the recorder's chunks.
        chunk: ChunkLength,
    },
    /// Keep the microphone that was just opened, and send the recorder `MicrophoneOpened` with the port
    /// of its blocks. A microphone that is not taken is turned off.
    TakeMicrophone {
        /// The rate of the blocks, in Hz.
        rate_hz: u32,
    },
    /// Turn the microphone off, and have the worklet hand over its last block; answer with
    /// `MicrophoneEnded`.
    EndMicrophone,
    /// Turn off and let go of whatever there is of a microphone.
    DropMicrophone,
    /// Send the recorder a message.
    Tell(ToRecorder),
    /// Start the recorder's thread.
    StartRecorder,
    /// Give the recorder a moment, then end its thread.
    EndRecorder,
    /// Show the state and the button.
    ShowState(StateView),
    /// Show a problem.
    ShowProblem {
        /// What it says.
        view: ProblemView,
        /// Where the link to the sign-in leads, if the problem has one.
        sign_in_url: String,
    },
    /// Hide the problem.
    ClearProblem,
    /// Show the meter and the clock.
    ShowLevel(LevelView),
    /// Change a row of the transcript.
    ShowEntry(EntryChange),
    /// Show the notice about demo mode, or none.
    ShowNotice(Option<&'static str>),
    /// Open the settings to the person; these are the server's defaults.
    OpenSettings(CaptureConfig),
    /// Have the browser ask before the page is left, or not any more.
    AskBeforeLeaving(bool),
}
