//! The page: the document, the button, the microphone.

mod announcer;
mod config;
mod controls;
mod document;
mod microphone;
mod notice;
mod settings;
mod transcript;
mod worker;

use std::cell::RefCell;

use inturn_client_core::audio::ChunkLength;
use inturn_client_core::bridge::{ToPage, ToRecorder};
use inturn_client_core::capture::Asked;
use inturn_client_core::problem::{MicrophoneFailure, Problem};
use inturn_client_core::view::{Action, ProblemView, RecordingState, StateView, ViewChange};
use inturn_protocol::PageConfig;
use wasm_bindgen_futures::spawn_local;
use web_sys::{BeforeUnloadEvent, PageTransitionEvent};

use self::announcer::Announcer;
use self::controls::Controls;
use self::microphone::{Ending, Microphone, Opening};
use self::notice::Notice;
use self::settings::SettingsPanel;
use self::transcript::TranscriptView;
use self::worker::RecorderWorker;
use crate::browser::{BrowserError, Listener, check};

thread_local! {
    /// The one page of this thread, from its start until the document goes.
    static PAGE: RefCell<Option<Page>> = const { RefCell::new(None) };
}

/// Everything the page owns.
struct Page {
    config: PageConfig,
    controls: Controls,
    notice: Notice,
    announcer: Announcer,
    settings: SettingsPanel,
    transcript: TranscriptView,
    /// Gone once the page was left in mid-recording; started anew when somebody comes back.
    worker: Option<RecorderWorker>,
    microphone: MicrophoneState,
    /// Counts microphones asked for, so that an answer to a given-up one is known.
    asked: u32,
    /// Whether a recording is going on, as the recorder last said.
    is_busy: bool,
    /// Whether the button stops the microphone: the recorder said that it is on or being asked for, and
    /// nobody has pressed Stop since.
    is_recording: bool,
    /// There while leaving the page would lose something.
    leave_question: Option<Listener>,
    _leaving: Listener,
    _returning: Listener,
}

/// The microphone, from the click to the last block.
enum MicrophoneState {
    Off,
    /// Started in the click, as some browsers insist; the recorder has not asked yet, or the person
    /// has not answered.
    Opening(Opening),
    On(Microphone),
    /// Off for the person; the worklet is handing over its last block.
    Ending(Ending),
}

/// Starts the page: the worker and the configuration are fetched side by side.
pub(crate) fn start() -> Result<(), BrowserError> {
    let window = document::window()?;
    let page = Page {
        config: PageConfig::default(),
        controls: Controls::find(|action, is_repeat| {
            with_page(|page| page.pressed(action, is_repeat));
        })?,
        settings: SettingsPanel::find(
            |switch, on| with_page(|page| page.settings.choose(switch, on)),
            |on| with_page(|page| page.announce(on)),
            || with_page(Page::reset_settings),
        )?,
        notice: Notice::find()?,
        announcer: Announcer::find()?,
        transcript: TranscriptView::find()?,
        worker: Some(start_worker()?),
        microphone: MicrophoneState::Off,
        asked: 0,
        is_busy: false,
        is_recording: false,
        leave_question: None,
        _leaving: Listener::new(&window, "pagehide", |_: PageTransitionEvent| {
            with_page(Page::leave);
        })?,
        _returning: Listener::new(&window, "pageshow", |event: PageTransitionEvent| {
            if event.persisted() {
                with_page(Page::come_back);
            }
        })?,
    };
    PAGE.set(Some(page));
    spawn_local(async {
        let config = config::fetch().await;
        with_page(|page| page.configured(config));
    });
    Ok(())
}

fn start_worker() -> Result<RecorderWorker, BrowserError> {
    RecorderWorker::start(|message| with_page(|page| page.recorder_says(message)))
}

/// Runs `f` on the page. Nothing the page calls comes back to it within the same call.
fn with_page(f: impl FnOnce(&mut Page)) {
    PAGE.with_borrow_mut(|page| {
        if let Some(page) = page {
            f(page);
        }
    });
}

impl Page {
    fn configured(&mut self, config: Result<PageConfig, MicrophoneFailure>) {
        match config {
            Ok(config) => self.config = config,
            // The page goes on with the defaults.
            Err(failure) => self.show_problem(&ProblemView::new(&Problem::Microphone(failure))),
        }
        self.notice
            .show(inturn_client_core::view::notice(&self.config));
        self.settings.open(self.config.capture);
        self.configure_recorder();
    }

    fn configure_recorder(&mut self) {
        let sessions = self.transcript.sessions();
        if let Some(worker) = &mut self.worker {
            worker.configure(self.config.chunk_ms, sessions);
        }
    }

    /// Says nothing where the recorder is gone: the button is dead until there is another.
    fn tell_recorder(&self, message: &ToRecorder) {
        if let Some(worker) = &self.worker {
            worker.say(message);
        }
    }

    /// `is_repeat` for the further clicks of a double click. They ask for nothing new: no second
    /// recording, and no end to waiting for the last words. Only a Stop while the microphone is on counts,
    /// however soon after Record it comes.
    fn pressed(&mut self, action: Action, is_repeat: bool) {
        if is_repeat && !self.is_recording {
            return;
        }
        if action == Action::Stop {
            self.is_recording = false;
        }
        if action == Action::Record
            && matches!(
                self.microphone,
                MicrophoneState::Off | MicrophoneState::Ending(_)
            )
        {
            // Some browsers let an AudioContext run only if it was made in the click itself.
            match Opening::in_click() {
                Ok(opening) => self.microphone = MicrophoneState::Opening(opening),
                Err(failure) => return self.no_microphone(failure),
            }
        }
        self.tell_recorder(&ToRecorder::Pressed(action));
    }

    /// Shown at once: the recorder need not know of a recording that cannot begin.
    fn no_microphone(&mut self, failure: MicrophoneFailure) {
        self.show_problem(&ProblemView::new(&Problem::Microphone(failure)));
        self.show_state(StateView::idle());
    }

    fn announce(&mut self, on: bool) {
        self.settings.announce(on);
        self.announcer.clear();
    }

    fn reset_settings(&mut self) {
        self.settings.reset();
        self.announcer.clear();
    }

    fn show_state(&self, state: StateView) {
        let state = if self.controls.has_problem() {
            state.beside_problem()
        } else {
            state
        };
        self.controls.show_state(&state);
    }

    fn show_problem(&self, problem: &ProblemView) {
        let sign_in_url = inturn_client_core::view::sign_in_url(&self.config);
        self.controls.show_problem(problem, sign_in_url);
    }

    fn recorder_says(&mut self, message: ToPage) {
        match message {
            ToPage::Ready => {
                if let Some(worker) = &mut self.worker {
                    worker.ready();
                }
            }
            ToPage::OpenMicrophone => self.open_microphone(),
            ToPage::CloseMicrophone => self.close_microphone(),
            ToPage::View(change) => self.show(change),
        }
    }

    fn open_microphone(&mut self) {
        let MicrophoneState::Opening(opening) = &self.microphone else {
            return;
        };
        self.asked += 1;
        let asked = self.asked;
        let settings = self.settings.asked();
        // The recorder says so on the console where the server's length is none.
        let chunk = ChunkLength::from_ms(self.config.chunk_ms).unwrap_or_default();
        let opening = opening.run(settings.capture, chunk);
        self.settings.clear_note();
        spawn_local(async move {
            let outcome = opening.await;
            // A microphone nobody waits for any more is dropped here, and so turned off.
            with_page(|page| page.microphone_answered(asked, settings, outcome));
        });
    }

    fn microphone_answered(
        &mut self,
        asked: u32,
        settings: Asked,
        outcome: Result<(Microphone, web_sys::MessagePort), MicrophoneFailure>,
    ) {
        if asked != self.asked || !matches!(self.microphone, MicrophoneState::Opening(_)) {
            return;
        }
        match outcome {
            Ok((mut microphone, blocks)) => {
                self.settings.check(settings, &microphone.tracks());
                let lost = || with_page(|page| page.tell_recorder(&ToRecorder::MicrophoneLost));
                check(
                    "a lost microphone will go unnoticed",
                    microphone.on_lost(lost),
                );
                let opened = ToRecorder::MicrophoneOpened {
                    rate_hz: microphone.rate_hz(),
                };
                if let Some(worker) = &self.worker {
                    worker.say_with_port(&opened, &blocks);
                }
                self.microphone = MicrophoneState::On(microphone);
            }
            Err(failure) => {
                self.microphone = MicrophoneState::Off;
                self.tell_recorder(&ToRecorder::MicrophoneFailed(failure));
            }
        }
    }

    fn close_microphone(&mut self) {
        self.microphone = match std::mem::replace(&mut self.microphone, MicrophoneState::Off) {
            MicrophoneState::On(microphone) => {
                let done = || with_page(Page::microphone_ended);
                microphone
                    .end(done)
                    .map_or(MicrophoneState::Off, MicrophoneState::Ending)
            }
            MicrophoneState::Ending(ending) => MicrophoneState::Ending(ending),
            MicrophoneState::Opening(_) | MicrophoneState::Off => MicrophoneState::Off,
        };
    }

    fn microphone_ended(&mut self) {
        if let MicrophoneState::Ending(_) = self.microphone {
            self.microphone = MicrophoneState::Off;
        }
    }

    fn show(&mut self, change: ViewChange) {
        match change {
            ViewChange::State(state) => {
                self.is_busy = state.state != RecordingState::Idle;
                self.is_recording = state.recording;
                if !self.is_busy {
                    // Also where the last block never came.
                    self.microphone_ended();
                }
                self.show_state(state);
            }
            ViewChange::Turn(turn) => {
                let has_ended = check(NOT_SHOWN, self.transcript.show(&turn));
                if has_ended == Some(true) && self.settings.announces() {
                    check("a turn was not announced", self.announcer.say(&turn));
                }
            }
            ViewChange::TurnRemoved { session, turn } => self.transcript.remove(session, turn),
            ViewChange::Problem(problem) => self.show_problem(&problem),
            ViewChange::ProblemCleared => self.controls.clear_problem(),
            ViewChange::Meter(meter) => self.controls.show_meter(&meter),
        }
        self.question_leaving();
    }

    /// Has the browser ask before the page is left, while somebody records or there are words: they are
    /// nowhere else. The listener is there only while it is needed, since a page with one may be kept
    /// out of the back-forward cache.
    fn question_leaving(&mut self) {
        let is_needed = self.is_busy || !self.transcript.is_empty();
        if is_needed && self.leave_question.is_none() {
            let ask = |event: BeforeUnloadEvent| {
                event.prevent_default();
                // What older browsers go by. None shows the text.
                event.set_return_value("?");
            };
            let listener =
                document::window().and_then(|it| Listener::new(&it, "beforeunload", ask));
            self.leave_question = check("nobody will be asked before leaving", listener);
        } else if !is_needed {
            self.leave_question = None;
        }
    }

    /// The page is going: no microphone may stay on and no session open.
    ///
    /// A page that may be come back to is frozen, its worker with it, perhaps before the worker has
    /// read what it was told; its socket would stay open and be paid for. So the worker gets a
    /// moment, in which this thread cannot learn how far it is, and then is ended, which closes the
    /// socket in any case.
    fn leave(&mut self) {
        self.tell_recorder(&ToRecorder::Leaving);
        self.microphone = MicrophoneState::Off;
        if self.is_busy {
            wait_in_place(LEAVING_MS);
            self.worker = None;
        }
    }

    /// Somebody came back to the page as it was.
    fn come_back(&mut self) {
        if self.worker.is_some() {
            return;
        }
        check(NOT_SHOWN, self.transcript.break_off());
        self.worker = check("no recorder", start_worker());
        self.configure_recorder();
    }
}

/// Holds this thread up while the others run.
fn wait_in_place(ms: f64) {
    let Some(clock) = document::window()
        .ok()
        .and_then(|window| window.performance())
    else {
        return;
    };
    let until = clock.now() + ms;
    while clock.now() < until {}
}

const NOT_SHOWN: &str = "a turn could not be shown";

/// Many times what it takes to read one message and to send one, and nothing that anybody notices
/// when going to another page.
const LEAVING_MS: f64 = 60.0;
