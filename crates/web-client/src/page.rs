//! The page: the document, the button, the microphone.

mod config;
mod controls;
mod document;
mod microphone;
mod transcript;
mod worker;

use std::cell::RefCell;

use inturn_client_core::bridge::{ToPage, ToRecorder};
use inturn_client_core::problem::{MicrophoneFailure, Problem};
use inturn_client_core::view::{Action, ProblemView, RecordingState, ViewChange};
use inturn_protocol::PageConfig;
use wasm_bindgen_futures::spawn_local;

use self::controls::Controls;
use self::microphone::{Ending, Microphone, Opening};
use self::transcript::TranscriptView;
use self::worker::RecorderWorker;
use crate::browser::{BrowserError, Listener, warn};

thread_local! {
    /// The one page of this thread, from its start until the document goes.
    static PAGE: RefCell<Option<Page>> = const { RefCell::new(None) };
}

/// Everything the page owns.
struct Page {
    config: PageConfig,
    controls: Controls,
    transcript: TranscriptView,
    worker: RecorderWorker,
    microphone: MicrophoneState,
    /// Counts microphones asked for, so that an answer to a given-up one is known.
    asked: u32,
    _leaving: Listener,
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
    let page = Page {
        config: PageConfig::default(),
        controls: Controls::find(|action| with_page(|page| page.pressed(action)))?,
        transcript: TranscriptView::find()?,
        worker: RecorderWorker::start(|message| with_page(|page| page.recorder_says(message)))?,
        microphone: MicrophoneState::Off,
        asked: 0,
        _leaving: Listener::new(&document::window()?, "pagehide", |_: web_sys::Event| {
            with_page(Page::leave);
        })?,
    };
    PAGE.set(Some(page));
    spawn_local(async {
        let config = config::fetch().await;
        with_page(|page| page.configured(config));
    });
    Ok(())
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
    fn configured(&mut self, config: Result<PageConfig, BrowserError>) {
        match config {
            Ok(config) => self.config = config,
            Err(error) => warn(&format!(
                "no configuration from the server, going on: {error}"
            )),
        }
        self.controls
            .show_notice(inturn_client_core::view::notice(&self.config));
        self.worker.configure(self.config.chunk_ms);
    }

    fn pressed(&mut self, action: Action) {
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
        self.worker.say(&ToRecorder::Pressed(action));
    }

    /// Shown at once: the recorder need not know of a recording that cannot begin.
    fn no_microphone(&mut self, failure: MicrophoneFailure) {
        self.controls
            .show_problem(&ProblemView::new(&Problem::Microphone(failure)));
    }

    fn recorder_says(&mut self, message: ToPage) {
        match message {
            ToPage::Ready => self.worker.ready(),
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
        let opening = opening.run(self.config.capture);
        spawn_local(async move {
            let outcome = opening.await;
            // A microphone nobody waits for any more is dropped here, and so turned off.
            with_page(|page| page.microphone_answered(asked, outcome));
        });
    }

    fn microphone_answered(
        &mut self,
        asked: u32,
        outcome: Result<(Microphone, web_sys::MessagePort), MicrophoneFailure>,
    ) {
        if asked != self.asked || !matches!(self.microphone, MicrophoneState::Opening(_)) {
            return;
        }
        match outcome {
            Ok((mut microphone, blocks)) => {
                let lost = || with_page(|page| page.worker.say(&ToRecorder::MicrophoneLost));
                if let Err(error) = microphone.on_lost(lost) {
                    warn(&format!("a lost microphone will go unnoticed: {error}"));
                }
                let opened = ToRecorder::MicrophoneOpened {
                    rate_hz: microphone.rate_hz(),
                };
                self.worker.say_with_port(&opened, &blocks);
                self.microphone = MicrophoneState::On(microphone);
            }
            Err(failure) => {
                self.microphone = MicrophoneState::Off;
                self.worker.say(&ToRecorder::MicrophoneFailed(failure));
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
                if state.state == RecordingState::Idle {
                    // Also where the last block never came.
                    self.microphone_ended();
                }
                self.controls.show_state(&state);
            }
            ViewChange::Turn(turn) => {
                if let Err(error) = self.transcript.show(&turn) {
                    warn(&format!("a turn could not be shown: {error}"));
                }
            }
            ViewChange::TurnRemoved { session, turn } => self.transcript.remove(session, turn),
            ViewChange::Problem(problem) => self.controls.show_problem(&problem),
            ViewChange::ProblemCleared => self.controls.clear_problem(),
            ViewChange::Meter(meter) => self.controls.show_meter(&meter),
        }
    }

    /// The page is going, perhaps into the back-forward cache: no microphone may stay on and no
    /// session open.
    fn leave(&mut self) {
        self.worker.say(&ToRecorder::Leaving);
        self.microphone = MicrophoneState::Off;
    }
}
