//! Inputs and effects of the page's state machine.

use inturn_client_core::{audio::ChunkLength, problem::MicrophoneFailure, session::Device};
use inturn_protocol::{CaptureConfig, PageConfig};

use crate::{
    document::EntryChange,
    messages::{ToPage, ToRecorder},
    view::{
        Action, LevelView, ProblemView, StateView,
        guard::{BilledView, IdleView},
    },
};

/// How long capture goes on after Stop and Pause, in milliseconds. The link to a Bluetooth headset
/// holds about this much sound, so the last word is still on its way when the person presses.
pub const TAIL_MS: u32 = 200;

/// How long a suspended audio graph may take to resume, in milliseconds. Browsers need tens of
/// milliseconds. After 1 s without audio, the recorder would report that it waits for an unknown
/// reason.
pub const RESUME_TIMEOUT_MS: u32 = 500;

/// Number of a request for the microphone. It identifies a late answer to an earlier request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MicrophoneRequest(pub u32);

/// State of an audio graph.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AudioState {
    /// It runs.
    #[default]
    Running,
    /// The browser has paused it, and may refuse to resume it before the person taps or clicks.
    Suspended,
    /// The system has paused it, for example for a telephone call, and resumes it by itself.
    Interrupted,
}

/// An event that the state machine handles.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// The request for the configuration has succeeded or failed.
    Configured(Result<PageConfig, MicrophoneFailure>),
    /// One of the buttons was pressed.
    Pressed {
        /// The action that the button offered.
        action: Action,
        /// Whether this is the second or a later click of a double click.
        is_repeat: bool,
    },
    /// The person goes on with a recording that is about to end because there were no words.
    KeepRecording,
    /// The audio graph was created.
    AudioOpened,
    /// Creating the audio graph failed.
    AudioFailed(MicrophoneFailure),
    /// The answer to `TakeRecordingLock`: whether this page now holds the lock. It is not sent
    /// after `ReleaseRecordingLock`.
    RecordingLock(bool),
    /// The microphone is on and connected.
    MicrophoneOpened {
        /// Which request this answers.
        request: MicrophoneRequest,
        /// The rate of the blocks, in Hz.
        rate_hz: u32,
        /// The device's name, as the browser reports it; empty if it does not.
        device: String,
    },
    /// The microphone could not be opened.
    MicrophoneFailed {
        /// Which request this answers.
        request: MicrophoneRequest,
        /// The reason.
        failure: MicrophoneFailure,
    },
    /// The microphone was disconnected, or its worklet failed.
    MicrophoneLost,
    /// The system, or a switch on the device, has muted the microphone (`true`) or unmuted it.
    MicrophoneMuted(bool),
    /// The state of the microphone's audio graph has changed, or was not `Running` when the
    /// microphone was opened.
    AudioChanged(AudioState),
    /// The audio graph is still suspended some time after [`Effect::ResumeAudio`].
    AudioStuck,
    /// The person clicked, tapped or pressed a key anywhere on the page.
    Tapped,
    /// Devices were connected or disconnected.
    DevicesChanged,
    /// The time of [`Effect::CaptureTail`] is over.
    TailCaptured,
    /// The worklet has posted its last block, or could not be reached.
    MicrophoneFlushed,
    /// The recorder sent a message.
    Recorder(ToPage),
    /// The recorder can't store the recording on the device.
    Unstored,
    /// The page is being left.
    Leaving,
    /// The page was restored from the back-forward cache.
    Restored,
    /// The page was hidden and is visible again.
    Shown,
    /// The browser reports that the network is up or down.
    Network {
        /// Whether it is up.
        is_up: bool,
    },
}

/// An action for the shell to perform.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Create the audio graph, within the click handler. Answer with `AudioOpened` or
    /// `AudioFailed`.
    OpenAudio,
    /// Request the lock that only one tab of this browser can hold. Answer with `RecordingLock`; if
    /// the browser has no locks, with `true`.
    TakeRecordingLock,
    /// Release the lock, or abandon the request for it.
    ReleaseRecordingLock,
    /// Request the microphone and connect it. Answer with `MicrophoneOpened` or `MicrophoneFailed`.
    /// If there is a microphone already, release it first: a recording is to go on with another.
    RequestMicrophone {
        /// The request's number, to be returned with the answer.
        request: MicrophoneRequest,
        /// Which device to request. `Lost` is the last one that was used.
        device: Device,
        /// The length of the recorder's chunks.
        chunk: ChunkLength,
    },
    /// Keep the microphone that was just opened, and send the recorder `MicrophoneOpened` with the
    /// port for its blocks. Without this effect, the shell turns the microphone off.
    UseMicrophone {
        /// The rate of the blocks, in Hz.
        rate_hz: u32,
    },
    /// Resume the microphone's audio graph. If it is still suspended after
    /// [`RESUME_TIMEOUT_MS`], answer with `AudioStuck`.
    ResumeAudio,
    /// Leave the microphone on, and answer with `TailCaptured` after
    /// [`TAIL_MS`].
    CaptureTail,
    /// Turn the microphone off, and make the worklet post its last block. Answer with
    /// `MicrophoneFlushed`.
    StopMicrophone,
    /// Turn off and release the microphone and its audio graph, in whatever state they are.
    ReleaseMicrophone,
    /// Send the recorder a message.
    Send(ToRecorder),
    /// Start the recorder's thread.
    StartRecorder,
    /// Give the recorder a short grace period, then terminate its thread.
    EndRecorder,
    /// Show the state and the buttons.
    ShowState(StateView),
    /// Show a problem.
    ShowProblem {
        /// The problem in words.
        view: ProblemView,
        /// The address of the sign-in page, for problems with a link to it.
        sign_in_url: String,
    },
    /// Hide the problem.
    ClearProblem,
    /// Show the countdown to the end of a recording without words, or hide it.
    ShowIdle(Option<IdleView>),
    /// Play a short quiet tone, because the countdown starts and the person may look elsewhere.
    PlayTone,
    /// Show how long the sessions of the recording were connected.
    ShowBilled(BilledView),
    /// Show the level meter and the clock.
    ShowLevel(LevelView),
    /// Change a row of the transcript.
    ShowEntry(EntryChange),
    /// Show what stands in for the real service, or hide that.
    ShowNotice(Option<&'static str>),
    /// Enable the settings panel. The value holds the server's defaults.
    OpenSettings(CaptureConfig),
    /// Turn on or off the browser's confirmation before the page is left.
    ConfirmLeaving(bool),
    /// Keep the screen on, or no longer. The browser releases the lock when the page is hidden, so
    /// this effect comes again when it is shown.
    KeepScreenOn(bool),
}
