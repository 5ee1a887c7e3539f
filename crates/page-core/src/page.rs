//! The page's state machine.

mod exchange;
mod guard;
mod hold;
mod microphone;
mod problem_line;
mod recording_lock;
mod state;

use std::collections::VecDeque;

use inturn_client_core::{
    problem::MicrophoneFailure,
    session::{Event, Sound, State},
};
use inturn_protocol::PageConfig;

pub use self::exchange::{
    AudioState, Effect, Input, MicrophoneRequest, RESUME_TIMEOUT_MS, TAIL_MS,
};
use self::state::{Microphone, Obstacles, RecorderThread, RecordingLock, ShownProblem};
use crate::{
    document::{Document, EntryChange},
    messages::{Configure, ToPage, ToRecorder},
    view::{Action, LevelView, StateView, Status, notice},
};

/// The state of the page. The crate's documentation describes the run loop.
#[derive(Debug)]
pub struct Page {
    /// `None` until the request for the configuration has succeeded or failed.
    config: Option<PageConfig>,
    document: Document,
    state: State,
    sound: Sound,
    /// What the state line shows.
    shown: Status,
    problem: Option<ShownProblem>,
    microphone: Microphone,
    obstacles: Obstacles,
    recording_lock: RecordingLock,
    /// The number of microphone requests so far. An answer to an abandoned request is recognised
    /// by its number.
    microphone_requests: u32,
    /// The name of the last microphone; empty if the browser does not report it.
    device: String,
    recorder: RecorderThread,
    /// Whether Stop would turn the microphone off: it is on or requested, and Stop has not been
    /// pressed since.
    can_stop: bool,
    confirms_leaving: bool,
    /// Whether the words are stored on the device.
    stores_words: bool,
    keeps_screen_on: bool,
    /// Seconds until the recording ends because there were no words, if it is about to.
    idle_countdown: Option<u32>,
    /// Length of the last recording, in milliseconds.
    captured_ms: u32,
    effects: VecDeque<Effect>,
}

impl Page {
    /// Creates a page whose recorder has just been started.
    pub fn new() -> Self {
        Self {
            config: None,
            document: Document::default(),
            state: State::default(),
            sound: Sound::default(),
            shown: Status::default(),
            problem: None,
            microphone: Microphone::Off,
            obstacles: Obstacles::default(),
            recording_lock: RecordingLock::Released,
            microphone_requests: 0,
            device: String::new(),
            recorder: RecorderThread::Starting,
            can_stop: false,
            confirms_leaving: false,
            stores_words: false,
            keeps_screen_on: false,
            idle_countdown: None,
            captured_ms: 0,
            effects: VecDeque::new(),
        }
    }

    /// The transcripts of this page's recordings.
    pub fn document(&self) -> &Document {
        &self.document
    }

    /// Handles one input.
    pub fn handle(&mut self, input: Input) {
        match input {
            Input::Configured(config) => self.configured(config),
            Input::Pressed { action, is_repeat } => self.pressed(action, is_repeat),
            Input::KeepRecording => self.keep_recording(),
            Input::AudioOpened => self.audio_opened(),
            Input::AudioFailed(failure) => {
                let problem = self.own_problem(failure);
                self.refuse_start(problem);
            }
            Input::RecordingLock(is_ours) => self.lock_answered(is_ours),
            Input::MicrophoneOpened {
                request,
                rate_hz,
                device,
            } => self.microphone_opened(request, rate_hz, device),
            Input::MicrophoneFailed { request, failure } => {
                self.microphone_failed(request, failure);
            }
            Input::MicrophoneLost => self.microphone_lost(),
            Input::MicrophoneMuted(is_muted) => self.microphone_muted(is_muted),
            Input::AudioChanged(state) => self.audio_changed(state),
            Input::AudioStuck => self.audio_stuck(),
            Input::Tapped => self.tapped(),
            Input::DevicesChanged => self.send_while_recording(ToRecorder::DevicesChanged),
            Input::TailCaptured => self.tail_captured(),
            Input::MicrophoneFlushed => self.microphone_flushed(),
            Input::Recorder(message) => self.handle_message(message),
            Input::Unstored => self.stores_words = false,
            Input::Leaving => self.leave(),
            Input::Restored => self.restore(),
            Input::Shown => {
                self.renew_screen_lock();
                self.resume_audio();
                self.send_while_recording(ToRecorder::Shown);
            }
            Input::Network { is_up } => self.send_while_recording(ToRecorder::Network { is_up }),
        }
        self.update_recording_lock();
        self.update_leave_confirmation();
        self.update_screen_lock();
    }

    /// Returns the next effect, if any. Call it after each input until it returns `None`.
    pub fn next_effect(&mut self) -> Option<Effect> {
        self.effects.pop_front()
    }

    fn configured(&mut self, config: Result<PageConfig, MicrophoneFailure>) {
        let config = config.unwrap_or_else(|failure| {
            // The page continues with the defaults. The server may not allow transcripts to be
            // stored.
            let own = self.own_problem(failure);
            self.show_own_problem(own);
            PageConfig {
                store_transcripts: false,
                ..PageConfig::default()
            }
        });
        let settings = Effect::OpenSettings(config.capture);
        self.effects.push_back(Effect::ShowNotice(notice(&config)));
        self.effects.push_back(settings);
        self.stores_words = config.store_transcripts;
        self.config = Some(config);
        self.configure_recorder();
    }

    /// Sends the recorder its first message, once the configuration and the recorder are ready.
    fn configure_recorder(&mut self) {
        let Some(config) = &self.config else {
            return;
        };
        if self.recorder == RecorderThread::Ready {
            let configure = Configure {
                chunk_ms: config.chunk_ms,
                idle_secs: config.idle_seconds,
                sessions: self.document.last_session(),
                stores_transcripts: config.store_transcripts,
            };
            self.send(ToRecorder::Configure(configure));
        }
    }

    /// Ignores the further clicks of a double click, so that they neither start a second recording
    /// nor end the wait for the last words, and do not undo a pause. The one exception is Stop
    /// while the microphone is on: it counts however soon it follows Record.
    fn pressed(&mut self, action: Action, is_repeat: bool) {
        if is_repeat && !(action == Action::Stop && self.can_stop) {
            return;
        }
        match action {
            Action::Record => self.prepare_microphone(),
            // A recorder that was just started has no recording to go on with.
            Action::Resume if self.recorder == RecorderThread::Ready => self.prepare_microphone(),
            Action::Resume => {}
            Action::Stop => {
                self.can_stop = false;
                self.send(ToRecorder::Pressed(action));
            }
            Action::Pause => self.send(ToRecorder::Pressed(action)),
        }
    }

    /// Begins to turn the microphone on, in the click. Does nothing while it is on.
    fn prepare_microphone(&mut self) {
        if let Microphone::Off | Microphone::Flushing = self.microphone {
            self.microphone = Microphone::Preparing { has_audio: false };
            self.effects.push_back(Effect::OpenAudio);
            self.show_if_paused();
        }
    }

    /// Shows the state again if what it says depends on the microphone.
    fn show_if_paused(&mut self) {
        if let State::Paused | State::Finishing(_) = self.state {
            self.show_state();
        }
    }

    fn handle_message(&mut self, message: ToPage) {
        match message {
            ToPage::Ready => {
                self.recorder = RecorderThread::Ready;
                self.configure_recorder();
            }
            ToPage::OpenMicrophone(device) => self.open_microphone(device),
            ToPage::CloseMicrophone => self.close_microphone(),
            ToPage::Event(event) => self.handle_event(event),
        }
    }

    fn handle_event(&mut self, event: Event) {
        match event {
            Event::Began(info) => {
                self.document.begin(info);
                self.show_billed(None);
            }
            Event::State(state) => self.state_changed(state),
            Event::Problem(problem) => self.show_problem(problem, true),
            Event::Interrupted(problem) => self.show_interruption(problem, true),
            Event::Resolved(problem) => self.resolve(problem),
            Event::RetryWait(secs) => self.count_down(secs),
            Event::IdleCountdown(secs) => self.show_idle(secs),
            Event::Billed(secs) => self.show_billed(Some(secs)),
            Event::Sound(sound) => {
                self.sound = sound;
                self.show_state();
            }
            Event::Level(reading) => {
                self.captured_ms = reading.captured_ms;
                let view = LevelView::new(reading);
                self.effects.push_back(Effect::ShowLevel(view));
            }
            Event::Changed(change) => {
                let changes = self.document.apply(&change);
                self.show_entries(changes);
            }
        }
    }

    fn state_changed(&mut self, state: State) {
        let old = std::mem::replace(&mut self.state, state);
        self.can_stop = state.has_microphone();
        if !state.has_microphone() || state == State::AwaitingMicrophone {
            // The recorder reports no end of it.
            self.sound = Sound::Arriving;
        }
        match state {
            State::Idle => {
                self.release_remains();
                self.show_entries(self.document.end(self.captured_ms));
            }
            State::AwaitingMicrophone => self.clear_problem(),
            _ => {}
        }
        if old == State::Paused && state == State::Idle {
            self.show_again_after_pause();
        }
        self.show_state();
    }

    fn show_entries(&mut self, changes: impl IntoIterator<Item = EntryChange>) {
        self.effects
            .extend(changes.into_iter().map(Effect::ShowEntry));
    }

    fn show_state(&mut self) {
        let view = self.state_view();
        self.effects.push_back(Effect::ShowState(view));
    }

    fn state_view(&mut self) -> StateView {
        // The recorder reports a pause until the microphone is on.
        let is_resuming = self.state == State::Paused
            && matches!(
                self.microphone,
                Microphone::Preparing { .. } | Microphone::Opening | Microphone::On
            );
        let status = Status {
            state: if is_resuming {
                State::AwaitingMicrophone
            } else {
                self.state
            },
            sound: self.sound,
            is_stopping: self.microphone == Microphone::Stopping,
            is_resuming,
            has_problem: self.problem.is_some(),
        };
        let old = std::mem::replace(&mut self.shown, status);
        let mut view = StateView::new(&status, &old, &self.device);
        if let Some(secs) = self.idle_countdown {
            view.announce_end(secs);
        }
        view
    }

    /// Makes the browser ask for confirmation before the page is left, during a recording and while
    /// there are words that are only on this page. The confirmation is active only while it is
    /// needed, because it may keep the page out of the back-forward cache.
    fn update_leave_confirmation(&mut self) {
        let is_only_here = !self.stores_words && !self.document.is_empty();
        let needs_confirmation = self.state != State::Idle || is_only_here;
        if std::mem::replace(&mut self.confirms_leaving, needs_confirmation) != needs_confirmation {
            self.effects
                .push_back(Effect::ConfirmLeaving(needs_confirmation));
        }
    }

    /// Keeps the screen on while the person records: a phone suspends the page and its microphone
    /// when the screen turns off.
    fn update_screen_lock(&mut self) {
        let records = match self.microphone {
            Microphone::On => true,
            Microphone::Lost | Microphone::Reopening => self.state.has_microphone(),
            _ => false,
        };
        let needs_screen = self.recorder != RecorderThread::Ended && records;
        if std::mem::replace(&mut self.keeps_screen_on, needs_screen) != needs_screen {
            self.effects.push_back(Effect::KeepScreenOn(needs_screen));
        }
    }

    /// Requests the lock again, because the browser released it when the page was hidden.
    fn renew_screen_lock(&mut self) {
        if self.keeps_screen_on {
            self.effects.push_back(Effect::KeepScreenOn(true));
        }
    }

    /// Turns the microphone off and ends the session, because the page is being left.
    ///
    /// A browser may freeze the page and its worker in the back-forward cache, perhaps before the
    /// worker has read the message. Its socket would then stay open, and open sockets are billed.
    /// So the worker gets a short grace period and is then terminated, which always closes the
    /// socket.
    fn leave(&mut self) {
        self.send(ToRecorder::Leaving);
        self.release_microphone();
        if self.state != State::Idle {
            self.recorder = RecorderThread::Ended;
            self.effects.push_back(Effect::EndRecorder);
            self.show_idle(None);
        }
    }

    /// Starts a new recorder after the page was restored from the back-forward cache.
    fn restore(&mut self) {
        if self.recorder != RecorderThread::Ended {
            return;
        }
        let changes = self.document.close_open_sessions();
        self.show_entries(changes);
        self.recorder = RecorderThread::Starting;
        self.effects.push_back(Effect::StartRecorder);
    }

    /// Returns `true` if the recording waits for Resume, or for the microphone after it.
    fn is_paused(&self) -> bool {
        self.state == State::Paused
    }

    /// Sends a message that matters only during a recording.
    fn send_while_recording(&mut self, message: ToRecorder) {
        if self.state != State::Idle {
            self.send(message);
        }
    }

    /// Sends nothing if the recorder has ended: the button does nothing until there is a new one.
    fn send(&mut self, message: ToRecorder) {
        if self.recorder != RecorderThread::Ended {
            self.effects.push_back(Effect::Send(message));
        }
    }
}

impl Default for Page {
    fn default() -> Self {
        Self::new()
    }
}
