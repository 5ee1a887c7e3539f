//! The page's shell: the document, the button, the microphone.

mod announcer;
mod audio_graph;
mod config;
mod controls;
mod document;
mod early;
mod events;
mod idle_line;
mod microphone;
mod microphone_events;
mod notice;
mod recording_lock;
mod settings;
mod stream;
mod tone;
mod transcript;
mod worker;

use std::cell::RefCell;

use inturn_client_core::{audio::ChunkLength, problem::MicrophoneFailure, session::Device};
use inturn_page_core::{
    EntryChange,
    messages::ToRecorder,
    page::{self as machine, Effect, Input, MicrophoneRequest, TAIL_MS},
    settings::RequestedSettings,
    view::EntryView,
};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{BeforeUnloadEvent, MessagePort};

use self::{
    announcer::Announcer,
    audio_graph::{IdleGraph, delay},
    controls::Controls,
    idle_line::IdleLine,
    microphone::{Flushing, Microphone, Opening},
    notice::Notice,
    recording_lock::RecordingLock,
    settings::SettingsPanel,
    transcript::TranscriptView,
    worker::RecorderWorker,
};
use crate::browser::{BrowserError, Listener, ok_or_warn, spawn};

#[wasm_bindgen]
extern "C" {
    /// Requests a lock that keeps the screen on, or releases it. Defined in `press.js`.
    #[wasm_bindgen(js_name = inturnKeepScreenOn)]
    fn keep_screen_on(on: bool);
}

thread_local! {
    /// This thread's only page. It lives as long as the document.
    static PAGE: RefCell<Option<Page>> = const { RefCell::new(None) };
}

/// The page's shell: the state machine, and everything that the page owns.
struct Page {
    machine: machine::Page,
    controls: Controls,
    notice: Notice,
    idle_line: IdleLine,
    announcer: Announcer,
    settings: SettingsPanel,
    transcript: TranscriptView,
    worker: Option<RecorderWorker>,
    idle_graph: IdleGraph,
    microphone: MicrophoneState,
    /// The id of the last device that was used; `None` if the browser does not report it.
    device_id: Option<String>,
    /// `Some` from a press on Record until the recording is over.
    recording_lock: Option<RecordingLock>,
    /// A microphone that was just opened, until the machine accepts or rejects it.
    opened: Option<Opened>,
    /// `Some` while the browser asks for confirmation before the page is left.
    leave_confirmation: Option<Listener>,
    _events: Vec<Listener>,
}

/// The state of the microphone, with what it owns.
enum MicrophoneState {
    Off,
    Opening(Opening),
    On(Microphone),
    Flushing(#[expect(dead_code, reason = "held for its Drop")] Flushing),
}

/// A microphone that was just opened.
struct Opened {
    microphone: Microphone,
    /// The port on which its blocks arrive.
    blocks: MessagePort,
    requested: RequestedSettings,
}

/// Starts the page. The worker and the configuration are fetched in parallel.
pub(crate) fn start() -> Result<(), BrowserError> {
    let worker = start_worker()?;
    let page = Page {
        machine: machine::Page::new(),
        controls: Controls::find(|action, is_repeat| {
            dispatch(Input::Pressed { action, is_repeat });
        }),
        settings: SettingsPanel::find(
            |switch, on| with_page(|page| page.settings.set(switch, on)),
            |on| with_page(|page| page.set_announce(on)),
            || with_page(Page::reset_settings),
        ),
        notice: Notice::find(),
        idle_line: IdleLine::find(|| dispatch(Input::KeepRecording)),
        announcer: Announcer::find(),
        transcript: TranscriptView::find(),
        worker: Some(worker),
        idle_graph: IdleGraph::new(),
        microphone: MicrophoneState::Off,
        device_id: None,
        recording_lock: None,
        opened: None,
        leave_confirmation: None,
        _events: events::listen(dispatch),
    };
    PAGE.set(Some(page));
    spawn(async {
        dispatch(Input::Configured(config::fetch().await));
        with_page(|page| page.idle_graph.prepare());
    });
    Ok(())
}

fn start_worker() -> Result<RecorderWorker, BrowserError> {
    RecorderWorker::start(dispatch)
}

/// Runs `f` on the page. Calls must not be nested: no browser call made by the page calls back
/// synchronously.
fn with_page(f: impl FnOnce(&mut Page)) {
    PAGE.with_borrow_mut(|page| {
        if let Some(page) = page {
            f(page);
        }
    });
}

/// Passes an input to the page's machine.
fn dispatch(input: Input) {
    with_page(|page| page.handle(input));
}

impl Page {
    /// Runs the machine's loop: handles one input and performs all its effects.
    fn handle(&mut self, input: Input) {
        self.machine.handle(input);
        while let Some(effect) = self.machine.next_effect() {
            if let Some(answer) = self.perform(effect) {
                self.handle(answer);
            }
        }
    }

    /// Performs an effect. Returns its outcome if it is known at once.
    fn perform(&mut self, effect: Effect) -> Option<Input> {
        match effect {
            Effect::OpenAudio => return Some(self.open_audio()),
            Effect::TakeRecordingLock => return self.take_recording_lock(),
            Effect::ReleaseRecordingLock => self.recording_lock = None,
            Effect::RequestMicrophone {
                request,
                device,
                chunk,
            } => self.request_microphone(request, device, chunk),
            Effect::UseMicrophone { rate_hz } => self.use_microphone(rate_hz),
            Effect::ResumeAudio => self.resume_audio(),
            Effect::CaptureTail => spawn(async {
                let _ = JsFuture::from(delay(TAIL_MS as i32)).await;
                dispatch(Input::TailCaptured);
            }),
            Effect::StopMicrophone => return self.stop_microphone(),
            Effect::ReleaseMicrophone => {
                self.microphone = MicrophoneState::Off;
                self.idle_graph.prepare();
            }
            Effect::Send(message) => {
                if let Some(worker) = &self.worker {
                    worker.send(&message);
                }
            }
            Effect::StartRecorder => {
                self.worker = ok_or_warn("the recorder could not be started", start_worker());
            }
            Effect::EndRecorder => {
                // The browser may freeze the page when this handler returns, so the page can't wait
                // for a message from the worker.
                busy_wait(LEAVING_GRACE_MS);
                self.worker = None;
            }
            Effect::ShowState(view) => self.controls.show_state(&view),
            Effect::ShowProblem { view, sign_in_url } => {
                self.controls.show_problem(&view, &sign_in_url);
            }
            Effect::ClearProblem => self.controls.clear_problem(),
            Effect::ShowIdle(view) => self.idle_line.show(view.as_ref()),
            Effect::PlayTone => {
                if let MicrophoneState::On(microphone) = &self.microphone {
                    ok_or_warn("no tone", microphone.play_tone());
                }
            }
            Effect::ShowBilled(view) => self.controls.show_billed(&view),
            Effect::ShowLevel(view) => self.controls.show_meter(&view),
            Effect::ShowEntry(change) => self.show_entry(change),
            Effect::ShowNotice(notice) => self.notice.show(notice),
            Effect::OpenSettings(defaults) => self.settings.open(defaults),
            Effect::ConfirmLeaving(on) => self.confirm_leaving(on),
            Effect::KeepScreenOn(on) => keep_screen_on(on),
        }
        None
    }

    /// Resumes the audio graph. Some browsers let an `AudioContext` run only if it was resumed in
    /// the click handler.
    fn open_audio(&mut self) -> Input {
        match Opening::in_click(&self.idle_graph) {
            Ok(opening) => {
                self.microphone = MicrophoneState::Opening(opening);
                Input::AudioOpened
            }
            Err(failure) => Input::AudioFailed(failure),
        }
    }

    fn take_recording_lock(&mut self) -> Option<Input> {
        let answer = |is_ours| dispatch(Input::RecordingLock(is_ours));
        self.recording_lock = RecordingLock::request(answer);
        // A browser without locks records without one.
        self.recording_lock
            .is_none()
            .then_some(Input::RecordingLock(true))
    }

    /// Requests the first microphone of a recording, or another one in its place.
    fn request_microphone(
        &mut self,
        request: MicrophoneRequest,
        device: Device,
        chunk: ChunkLength,
    ) {
        let old = std::mem::replace(&mut self.microphone, MicrophoneState::Off);
        let opening = match old {
            MicrophoneState::Opening(opening) => opening,
            MicrophoneState::On(microphone) => Opening::again(microphone.into_graph()),
            MicrophoneState::Off | MicrophoneState::Flushing(_) => Opening::again(None),
        };
        let device_id = self.device_id.clone().filter(|_| device == Device::Lost);
        let requested = self.settings.requested();
        let opened = opening.open(requested.capture, device_id, chunk);
        self.microphone = MicrophoneState::Opening(opening);
        self.settings.clear_note();
        spawn(async move {
            let outcome = opened.await;
            with_page(|page| page.microphone_answered(request, requested, outcome));
        });
    }

    /// Resumes the graph of the microphone that is on.
    fn resume_audio(&self) {
        let MicrophoneState::On(microphone) = &self.microphone else {
            return;
        };
        let is_stuck = microphone.resume();
        spawn(async move {
            if is_stuck.await {
                dispatch(Input::AudioStuck);
            }
        });
    }

    fn microphone_answered(
        &mut self,
        request: MicrophoneRequest,
        requested: RequestedSettings,
        outcome: Result<(Microphone, MessagePort), MicrophoneFailure>,
    ) {
        match outcome {
            Ok((microphone, blocks)) => {
                let rate_hz = microphone.rate_hz();
                let device = microphone.device();
                self.opened = Some(Opened {
                    microphone,
                    blocks,
                    requested,
                });
                self.handle(Input::MicrophoneOpened {
                    request,
                    rate_hz,
                    device,
                });
                // A microphone that the machine did not accept is dropped here, which turns it off.
                self.opened = None;
            }
            Err(failure) => self.handle(Input::MicrophoneFailed { request, failure }),
        }
    }

    fn use_microphone(&mut self, rate_hz: u32) {
        let Some(opened) = self.opened.take() else {
            return;
        };
        let mut microphone = opened.microphone;
        self.settings
            .report_mismatch(opened.requested, &microphone.tracks());
        self.device_id = microphone.device_id();
        if let Some(worker) = &self.worker {
            let message = ToRecorder::MicrophoneOpened { rate_hz };
            worker.send_with_port(&message, &opened.blocks);
        }
        microphone.watch(dispatch);
        self.microphone = MicrophoneState::On(microphone);
    }

    fn stop_microphone(&mut self) -> Option<Input> {
        let microphone = std::mem::replace(&mut self.microphone, MicrophoneState::Off);
        if let MicrophoneState::On(microphone) = microphone {
            let done = || dispatch(Input::MicrophoneFlushed);
            if let Some(flushing) = microphone.stop(done) {
                self.microphone = MicrophoneState::Flushing(flushing);
                return None;
            }
        }
        Some(Input::MicrophoneFlushed)
    }

    fn show_entry(&mut self, change: EntryChange) {
        let shown = match change {
            EntryChange::Began { started_unix_ms } => self.transcript.begin(started_unix_ms as f64),
            EntryChange::Ended { length } => self.transcript.end(&length),
            EntryChange::Put {
                id,
                view,
                before,
                has_just_ended,
            } => {
                if has_just_ended {
                    self.announce(&view);
                }
                self.transcript.show(id, &view, before)
            }
            EntryChange::Removed(id) => {
                self.transcript.remove(id);
                Ok(())
            }
        };
        ok_or_warn("a change could not be shown", shown);
    }

    fn announce(&self, view: &EntryView) {
        if self.settings.announces() {
            ok_or_warn("a turn was not announced", self.announcer.announce(view));
        }
    }

    fn set_announce(&mut self, on: bool) {
        self.settings.set_announce(on);
        self.announcer.clear();
    }

    fn reset_settings(&mut self) {
        self.settings.reset();
        self.announcer.clear();
    }

    fn confirm_leaving(&mut self, on: bool) {
        if !on {
            self.leave_confirmation = None;
            return;
        }
        let confirm = |event: BeforeUnloadEvent| {
            event.prevent_default();
            // Older browsers check this value. No browser shows the text.
            event.set_return_value("?");
        };
        let listener = Listener::new(&document::window(), "beforeunload", confirm);
        self.leave_confirmation = Some(listener);
    }
}

/// Blocks this thread for `ms` milliseconds while other threads run.
fn busy_wait(ms: f64) {
    let Some(clock) = document::window().performance() else {
        return;
    };
    let until = clock.now() + ms;
    while clock.now() < until {}
}

/// Grace period for the worker when the page is left. It is many times longer than the worker needs
/// to receive one message and send another, and too short to notice when going to another page.
const LEAVING_GRACE_MS: f64 = 60.0;
