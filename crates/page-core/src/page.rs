//! The page's state machine.

mod exchange;

use std::collections::VecDeque;

use inturn_client_core::audio::ChunkLength;
use inturn_client_core::problem::{MicrophoneFailure, Problem};
use inturn_client_core::session::{Event, State};
use inturn_protocol::PageConfig;

pub use self::exchange::{Ask, Effect, Input};
use crate::document::{Document, EntryChange};
use crate::messages::{Configure, ToPage, ToRecorder};
use crate::view::{Action, LevelView, ProblemView, StateView, notice, sign_in_url};

/// The page: what it knows, and what it does next. See the crate's documentation for the loop.
#[derive(Debug)]
pub struct Page {
    /// Unset until the server answered, or did not.
    config: Option<PageConfig>,
    document: Document,
    state: State,
    problem: Option<Shown>,
    microphone: Microphone,
    /// Counts microphones asked for, so that an answer to a given-up one is known.
    asks: u32,
    recorder: RecorderThread,
    /// Whether Stop would turn the microphone off: it is on or being asked for, and Stop has not been
    /// pressed since.
    can_stop: bool,
    asks_before_leaving: bool,
    effects: VecDeque<Effect>,
}

/// The problem on the problem line.
#[derive(Debug)]
struct Shown {
    problem: Problem,
    /// Whether the recorder said it, and may count its wait down.
    is_recorders: bool,
}

/// The microphone, from the click to the last block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Microphone {
    Off,
    /// The audio graph is there. The recorder has not asked yet, or the person has not answered.
    Opening,
    On,
    /// Off for the person; the worklet is handing over its last block.
    Ending,
}

/// The thread of the recorder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum RecorderThread {
    /// Ended, because the page was left in mid-recording.
    Ended,
    Starting,
    Ready,
}

impl Page {
    /// A page whose recorder has just been started.
    pub fn new() -> Self {
        Self {
            config: None,
            document: Document::default(),
            state: State::default(),
            problem: None,
            microphone: Microphone::Off,
            asks: 0,
            recorder: RecorderThread::Starting,
            can_stop: false,
            asks_before_leaving: false,
            effects: VecDeque::new(),
        }
    }

    /// What was said on this page.
    pub fn document(&self) -> &Document {
        &self.document
    }

    /// Takes what happened.
    pub fn handle(&mut self, input: Input) {
        match input {
            Input::Configured(config) => self.configured(config),
            Input::Pressed { action, is_repeat } => self.pressed(action, is_repeat),
            Input::AudioOpened => self.tell(ToRecorder::Pressed(Action::Record)),
            Input::AudioFailed(failure) => self.audio_failed(failure),
            Input::MicrophoneOpened { ask, rate_hz } => {
                if self.is_awaited(ask) {
                    self.microphone = Microphone::On;
                    self.effects.push_back(Effect::TakeMicrophone { rate_hz });
                }
            }
            Input::MicrophoneFailed { ask, failure } => {
                if self.is_awaited(ask) {
                    self.drop_microphone();
                    self.tell(ToRecorder::MicrophoneFailed(failure));
                }
            }
            Input::MicrophoneLost => self.tell(ToRecorder::MicrophoneLost),
            Input::MicrophoneEnded => self.microphone_ended(),
            Input::Recorder(message) => self.recorder_says(message),
            Input::Leaving => self.leave(),
            Input::CameBack => self.come_back(),
        }
        self.ask_before_leaving();
    }

    /// The next thing to do, if any. To be asked until there is none after each input.
    pub fn next_effect(&mut self) -> Option<Effect> {
        self.effects.pop_front()
    }

    fn configured(&mut self, config: Result<PageConfig, MicrophoneFailure>) {
        let config = config.unwrap_or_else(|failure| {
            // The page goes on with the defaults.
            self.show_own_problem(failure);
            PageConfig::default()
        });
        let settings = Effect::OpenSettings(config.capture);
        self.effects.push_back(Effect::ShowNotice(notice(&config)));
        self.effects.push_back(settings);
        self.config = Some(config);
        self.configure_recorder();
    }

    /// The first message, once both sides are there.
    fn configure_recorder(&mut self) {
        let Some(config) = &self.config else {
            return;
        };
        if self.recorder == RecorderThread::Ready {
            let configure = Configure {
                chunk_ms: config.chunk_ms,
                sessions: self.document.last_session(),
                last: self.document.last().cloned(),
            };
            self.tell(ToRecorder::Configure(configure));
        }
    }

    /// The further clicks of a double click ask for nothing new: no second recording, and no end to
    /// waiting for the last words. Only a Stop while the microphone is on counts, however soon after
    /// Record it comes.
    fn pressed(&mut self, action: Action, is_repeat: bool) {
        if is_repeat && !self.can_stop {
            return;
        }
        if action == Action::Stop {
            self.can_stop = false;
        }
        let is_off = matches!(self.microphone, Microphone::Off | Microphone::Ending);
        if action == Action::Record && is_off {
            // The recorder hears of it once there is an audio graph.
            self.microphone = Microphone::Opening;
            self.effects.push_back(Effect::OpenAudio);
        } else {
            self.tell(ToRecorder::Pressed(action));
        }
    }

    /// Shown at once: the recorder need not know of a recording that cannot begin.
    fn audio_failed(&mut self, failure: MicrophoneFailure) {
        self.drop_microphone();
        self.show_own_problem(failure);
        self.show_state(State::Idle);
    }

    fn is_awaited(&self, ask: Ask) -> bool {
        ask == Ask(self.asks) && self.microphone == Microphone::Opening
    }

    fn drop_microphone(&mut self) {
        self.microphone = Microphone::Off;
        self.effects.push_back(Effect::DropMicrophone);
    }

    fn microphone_ended(&mut self) {
        if self.microphone == Microphone::Ending {
            self.drop_microphone();
        }
    }

    fn recorder_says(&mut self, message: ToPage) {
        match message {
            ToPage::Ready => {
                self.recorder = RecorderThread::Ready;
                self.configure_recorder();
            }
            ToPage::OpenMicrophone => self.open_microphone(),
            ToPage::CloseMicrophone => self.close_microphone(),
            ToPage::Event(event) => self.take(event),
        }
    }

    fn open_microphone(&mut self) {
        if self.microphone != Microphone::Opening {
            return;
        }
        self.asks += 1;
        let chunk_ms = self.config.as_ref().map(|config| config.chunk_ms);
        // The recorder says so on the console where the server's length is none.
        let chunk = chunk_ms.and_then(|ms| ChunkLength::from_ms(ms).ok());
        self.effects.push_back(Effect::AskMicrophone {
            ask: Ask(self.asks),
            chunk: chunk.unwrap_or_default(),
        });
    }

    fn close_microphone(&mut self) {
        match self.microphone {
            Microphone::On => {
                self.microphone = Microphone::Ending;
                self.effects.push_back(Effect::EndMicrophone);
            }
            Microphone::Opening => self.drop_microphone(),
            Microphone::Ending | Microphone::Off => {}
        }
    }

    fn take(&mut self, event: Event) {
        match event {
            Event::Began(info) => self.document.begin(info),
            Event::State(state) => {
                self.can_stop = state.has_microphone();
                match state {
                    // Also where the last block never came.
                    State::Idle => self.microphone_ended(),
                    State::AwaitingMicrophone => self.clear_problem(),
                    _ => {}
                }
                self.show_state(state);
            }
            Event::Problem(problem) => self.show_problem(problem, true, true),
            Event::RetryWait(secs) => {
                let shown = self.problem.as_ref().filter(|shown| shown.is_recorders);
                let problem = shown.map(|shown| shown.problem);
                // The end of the wait alone is news.
                if let Some(problem) = problem.filter(|it| it.retry_after_secs().is_some()) {
                    self.show_problem(problem.with_retry_after_secs(secs), true, secs == 0);
                }
            }
            Event::Level(reading) => {
                let view = LevelView::new(reading);
                self.effects.push_back(Effect::ShowLevel(view));
            }
            Event::Changed(change) => {
                let changes = self.document.apply(&change);
                self.show_entries(changes);
            }
        }
    }

    fn show_entries(&mut self, changes: Vec<EntryChange>) {
        self.effects
            .extend(changes.into_iter().map(Effect::ShowEntry));
    }

    fn show_state(&mut self, state: State) {
        let old = std::mem::replace(&mut self.state, state);
        let view = StateView::new(state, old, self.problem.is_some());
        self.effects.push_back(Effect::ShowState(view));
    }

    fn show_own_problem(&mut self, failure: MicrophoneFailure) {
        self.show_problem(Problem::Microphone(failure), false, true);
    }

    fn show_problem(&mut self, problem: Problem, is_recorders: bool, is_news: bool) {
        let config = self.config.clone().unwrap_or_default();
        self.problem = Some(Shown {
            problem,
            is_recorders,
        });
        self.effects.push_back(Effect::ShowProblem {
            view: ProblemView::new(&problem, is_news),
            sign_in_url: sign_in_url(&config).to_owned(),
        });
    }

    fn clear_problem(&mut self) {
        self.problem = None;
        self.effects.push_back(Effect::ClearProblem);
    }

    /// The browser asks before the page is left, while a recording goes on or there are words: they
    /// are nowhere else. Only while it is needed, since a page that asks may be kept out of the
    /// back-forward cache.
    fn ask_before_leaving(&mut self) {
        let is_needed = self.state != State::Idle || !self.document.is_empty();
        if std::mem::replace(&mut self.asks_before_leaving, is_needed) != is_needed {
            self.effects.push_back(Effect::AskBeforeLeaving(is_needed));
        }
    }

    /// The page is going: no microphone may stay on and no session open.
    ///
    /// A page that may be come back to is frozen, its worker with it, perhaps before the worker has
    /// read the message; its socket would stay open and be paid for. So the worker gets a
    /// moment and then is ended, which closes the socket in any case.
    fn leave(&mut self) {
        self.tell(ToRecorder::Leaving);
        self.drop_microphone();
        if self.state != State::Idle {
            self.recorder = RecorderThread::Ended;
            self.effects.push_back(Effect::EndRecorder);
        }
    }

    /// A person came back to the page as it was.
    fn come_back(&mut self) {
        if self.recorder != RecorderThread::Ended {
            return;
        }
        let changes = self.document.break_off();
        self.show_entries(changes);
        self.recorder = RecorderThread::Starting;
        self.effects.push_back(Effect::StartRecorder);
    }

    /// Says nothing where the recorder has ended: the button is dead until there is another.
    fn tell(&mut self, message: ToRecorder) {
        if self.recorder != RecorderThread::Ended {
            self.effects.push_back(Effect::Tell(message));
        }
    }
}

impl Default for Page {
    fn default() -> Self {
        Self::new()
    }
}
