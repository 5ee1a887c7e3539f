//! The page's shell: the document, the button, the microphone.

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
use inturn_client_core::problem::MicrophoneFailure;
use inturn_page_core::messages::{ToPage, ToRecorder};
use inturn_page_core::page::{self as machine, Ask, Effect, Input};
use inturn_page_core::settings::Asked;
use inturn_page_core::{EntryChange, view::EntryView};
use wasm_bindgen_futures::spawn_local;
use web_sys::{BeforeUnloadEvent, MessagePort, PageTransitionEvent};

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
    machine: machine::Page,
    controls: Controls,
    notice: Notice,
    announcer: Announcer,
    settings: SettingsPanel,
    transcript: TranscriptView,
    worker: Option<RecorderWorker>,
    microphone: MicrophoneState,
    /// A microphone that was just opened, until the machine has taken it or not.
    opened: Option<Opened>,
    /// There while the browser is to ask before the page is left.
    leave_question: Option<Listener>,
    _leaving: Listener,
    _returning: Listener,
}

/// What there is of a microphone.
enum MicrophoneState {
    Off,
    Opening(Opening),
    On(Microphone),
    Ending(#[expect(dead_code, reason = "held for what its drop undoes")] Ending),
}

/// A microphone that was just opened.
struct Opened {
    microphone: Microphone,
    /// Where its blocks will come from.
    blocks: MessagePort,
    asked: Asked,
}

/// Starts the page: the worker and the configuration are fetched side by side.
pub(crate) fn start() -> Result<(), BrowserError> {
    let window = document::window()?;
    let page = Page {
        machine: machine::Page::new(),
        controls: Controls::find(|action, is_repeat| {
            happened(Input::Pressed { action, is_repeat });
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
        opened: None,
        leave_question: None,
        _leaving: Listener::new(&window, "pagehide", |_: PageTransitionEvent| {
            happened(Input::Leaving);
        })?,
        _returning: Listener::new(&window, "pageshow", |event: PageTransitionEvent| {
            if event.persisted() {
                happened(Input::CameBack);
            }
        })?,
    };
    PAGE.set(Some(page));
    spawn_local(async {
        happened(Input::Configured(config::fetch().await));
    });
    Ok(())
}

fn start_worker() -> Result<RecorderWorker, BrowserError> {
    RecorderWorker::start(|message: ToPage| happened(Input::Recorder(message)))
}

/// Runs `f` on the page. Nothing the page calls comes back to it within the same call.
fn with_page(f: impl FnOnce(&mut Page)) {
    PAGE.with_borrow_mut(|page| {
        if let Some(page) = page {
            f(page);
        }
    });
}

/// Something happened outside the page's machine.
fn happened(input: Input) {
    with_page(|page| page.give(input));
}

impl Page {
    /// The run loop of the machine: one input, all its effects.
    fn give(&mut self, input: Input) {
        self.machine.handle(input);
        while let Some(effect) = self.machine.next_effect() {
            if let Some(answer) = self.perform(effect) {
                self.give(answer);
            }
        }
    }

    /// Does what the machine asks for. Returns what is known of the outcome at once.
    fn perform(&mut self, effect: Effect) -> Option<Input> {
        match effect {
            Effect::OpenAudio => return Some(self.open_audio()),
            Effect::AskMicrophone { ask, chunk } => self.ask_microphone(ask, chunk),
            Effect::TakeMicrophone { rate_hz } => self.take_microphone(rate_hz),
            Effect::EndMicrophone => return self.end_microphone(),
            Effect::DropMicrophone => self.microphone = MicrophoneState::Off,
            Effect::Tell(message) => {
                if let Some(worker) = &self.worker {
                    worker.send(&message);
                }
            }
            Effect::StartRecorder => self.worker = check("no recorder", start_worker()),
            Effect::EndRecorder => {
                // In which this thread cannot learn how far the worker is.
                wait_in_place(LEAVING_MS);
                self.worker = None;
            }
            Effect::ShowState(view) => self.controls.show_state(&view),
            Effect::ShowProblem { view, sign_in_url } => {
                self.controls.show_problem(&view, &sign_in_url);
            }
            Effect::ClearProblem => self.controls.clear_problem(),
            Effect::ShowLevel(view) => self.controls.show_meter(&view),
            Effect::ShowEntry(change) => self.show_entry(change),
            Effect::ShowNotice(notice) => self.notice.show(notice),
            Effect::OpenSettings(defaults) => self.settings.open(defaults),
            Effect::AskBeforeLeaving(asks) => self.ask_before_leaving(asks),
        }
        None
    }

    /// Some browsers let an AudioContext run only if it was made in the click itself.
    fn open_audio(&mut self) -> Input {
        match Opening::in_click() {
            Ok(opening) => {
                self.microphone = MicrophoneState::Opening(opening);
                Input::AudioOpened
            }
            Err(failure) => Input::AudioFailed(failure),
        }
    }

    fn ask_microphone(&mut self, ask: Ask, chunk: ChunkLength) {
        let MicrophoneState::Opening(opening) = &self.microphone else {
            return;
        };
        let asked = self.settings.asked();
        let opening = opening.run(asked.capture, chunk);
        self.settings.clear_note();
        spawn_local(async move {
            let outcome = opening.await;
            with_page(|page| page.microphone_answered(ask, asked, outcome));
        });
    }

    fn microphone_answered(
        &mut self,
        ask: Ask,
        asked: Asked,
        outcome: Result<(Microphone, MessagePort), MicrophoneFailure>,
    ) {
        match outcome {
            Ok((microphone, blocks)) => {
                let rate_hz = microphone.rate_hz();
                self.opened = Some(Opened {
                    microphone,
                    blocks,
                    asked,
                });
                self.give(Input::MicrophoneOpened { ask, rate_hz });
                // One that is not awaited any more is dropped, and so turned off.
                self.opened = None;
            }
            Err(failure) => self.give(Input::MicrophoneFailed { ask, failure }),
        }
    }

    fn take_microphone(&mut self, rate_hz: u32) {
        let Some(opened) = self.opened.take() else {
            return;
        };
        let mut microphone = opened.microphone;
        self.settings.check(opened.asked, &microphone.tracks());
        let lost = || happened(Input::MicrophoneLost);
        check(
            "a lost microphone will go unnoticed",
            microphone.on_lost(lost),
        );
        if let Some(worker) = &self.worker {
            let message = ToRecorder::MicrophoneOpened { rate_hz };
            worker.send_with_port(&message, &opened.blocks);
        }
        self.microphone = MicrophoneState::On(microphone);
    }

    fn end_microphone(&mut self) -> Option<Input> {
        let microphone = std::mem::replace(&mut self.microphone, MicrophoneState::Off);
        if let MicrophoneState::On(microphone) = microphone {
            let done = || happened(Input::MicrophoneEnded);
            if let Some(ending) = microphone.end(done) {
                self.microphone = MicrophoneState::Ending(ending);
                return None;
            }
        }
        Some(Input::MicrophoneEnded)
    }

    fn show_entry(&mut self, change: EntryChange) {
        match change {
            EntryChange::Put {
                id,
                view,
                before,
                has_just_ended,
            } => {
                check(
                    "a turn could not be shown",
                    self.transcript.show(id, &view, before),
                );
                if has_just_ended {
                    self.say(&view);
                }
            }
            EntryChange::Removed(id) => self.transcript.remove(id),
        }
    }

    fn say(&self, view: &EntryView) {
        if self.settings.announces() {
            check("a turn was not announced", self.announcer.say(view));
        }
    }

    fn announce(&mut self, on: bool) {
        self.settings.announce(on);
        self.announcer.clear();
    }

    fn reset_settings(&mut self) {
        self.settings.reset();
        self.announcer.clear();
    }

    fn ask_before_leaving(&mut self, asks: bool) {
        if !asks {
            self.leave_question = None;
            return;
        }
        let ask = |event: BeforeUnloadEvent| {
            event.prevent_default();
            // What older browsers go by. None shows the text.
            event.set_return_value("?");
        };
        let listener = document::window().and_then(|it| Listener::new(&it, "beforeunload", ask));
        self.leave_question = check("the browser will not ask before leaving", listener);
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

/// Many times what it takes to read one message and to send one, and too short to be noticed when going
/// to another page.
const LEAVING_MS: f64 = 60.0;
