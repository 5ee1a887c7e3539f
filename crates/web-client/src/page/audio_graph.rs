//! The audio graph and its worklet, prepared before the click that needs them.

use std::{
    cell::{Cell, RefCell},
    future::Future,
    rc::Rc,
};

use inturn_page_core::page::{AudioState, RESUME_TIMEOUT_MS};
use js_sys::Promise;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{AudioContext, AudioContextState, AudioWorkletNode, Event};

use super::document::{document, is_visible, window};
use crate::browser::{BrowserError, Listener, spawn};

/// An audio graph with its worklet, loaded or loading. Dropping it suspends and then closes it.
///
/// It requests no rate of its own, because Firefox cannot connect a microphone to a context whose
/// rate differs from the device's.
pub(super) struct AudioGraph {
    context: AudioContext,
    worklet: Promise,
    has_failed: Rc<Cell<bool>>,
}

/// The graph for the next recording.
///
/// Its worklet is loaded while the page is idle, so that a click on Record needs no request: what
/// is said during a request would be lost. A worklet belongs to one context, and without the
/// browser's cache each context requests it again. So the context itself is kept.
///
/// There is no graph while the page is hidden, because no one can press Record there.
pub(super) struct IdleGraph {
    shared: Rc<Shared>,
    _listeners: Vec<Listener>,
}

#[derive(Default)]
struct Shared {
    graph: RefCell<Option<Rc<AudioGraph>>>,
    /// Whether the page is between two recordings.
    is_wanted: Cell<bool>,
}

impl AudioGraph {
    /// Creates a graph and begins to load its worklet.
    pub(super) fn create() -> Result<Rc<Self>, BrowserError> {
        let context = AudioContext::new()?;
        let worklet = context.audio_worklet()?.add_module("audio-processor.js")?;
        Ok(Self::with_worklet(context, worklet))
    }

    /// Takes over a context whose worklet is loaded or loading.
    pub(super) fn with_worklet(context: AudioContext, worklet: Promise) -> Rc<Self> {
        let has_failed = Rc::new(Cell::new(false));
        let (loading, failed) = (worklet.clone(), Rc::clone(&has_failed));
        // Also handles a rejection that nothing else awaits, so that the browser does not report it
        // as unhandled.
        spawn(async move {
            failed.set(JsFuture::from(loading).await.is_err());
        });
        Rc::new(Self {
            context,
            worklet,
            has_failed,
        })
    }

    /// The browser's object.
    pub(super) fn context(&self) -> &AudioContext {
        &self.context
    }

    /// The rate of the context, in Hz.
    pub(super) fn rate_hz(&self) -> u32 {
        self.context.sample_rate().round() as u32
    }

    /// Waits until the worklet is loaded.
    pub(super) async fn load(&self) -> Result<(), BrowserError> {
        JsFuture::from(self.worklet.clone()).await?;
        Ok(())
    }

    /// Resumes the graph. Some browsers resume it for the first time only in a click handler.
    pub(super) fn resume(&self) {
        // The promise settles when the context runs. In some browsers that happens only once the
        // microphone is granted, so no code waits for it.
        if let Ok(running) = self.context.resume() {
            ignore_outcome(running);
        }
    }

    /// Resumes the graph at once. The future waits a moment, and returns whether the graph is still
    /// suspended.
    pub(super) fn resume_or_wait(&self) -> impl Future<Output = bool> + use<> {
        self.resume();
        let context = self.context.clone();
        async move {
            let _ = JsFuture::from(delay(RESUME_TIMEOUT_MS as i32)).await;
            Self::state_of(&context) == Some(AudioState::Suspended)
        }
    }

    /// The state of a context, or `None` if it is closed.
    pub(super) fn state_of(context: &AudioContext) -> Option<AudioState> {
        match context.state() {
            AudioContextState::Running => Some(AudioState::Running),
            AudioContextState::Suspended => Some(AudioState::Suspended),
            AudioContextState::Closed => None,
            // `interrupted`, which the enum does not contain.
            _ => Some(AudioState::Interrupted),
        }
    }

    /// Whether a recording can use it.
    fn is_usable(&self) -> bool {
        !self.has_failed.get() && self.context.state() != AudioContextState::Closed
    }
}

impl Drop for AudioGraph {
    fn drop(&mut self) {
        let draining = self.context.clone();
        spawn(async move {
            // The graph is closed even if this fails. If it takes too long, the task below closes
            // the graph.
            let _ = suspend_and_drain(&draining).await;
            close(&draining).await;
        });
        let waiting = self.context.clone();
        spawn(async move {
            let _ = JsFuture::from(delay(DRAIN_TIMEOUT_MS)).await;
            close(&waiting).await;
        });
    }
}

impl IdleGraph {
    /// Creates it without a graph. Call [`prepare`](Self::prepare) next.
    pub(super) fn new() -> Self {
        let shared = Rc::new(Shared::default());
        let of_page = Rc::clone(&shared);
        let mut listeners = vec![Listener::new(
            &document(),
            "visibilitychange",
            move |_: Event| {
                if is_visible() {
                    of_page.prepare();
                } else {
                    of_page.graph.take();
                }
            },
        )];
        let of_devices = Rc::clone(&shared);
        // An insecure page has no devices and cannot record.
        if let Ok(devices) = window().navigator().media_devices() {
            let follow = move |_: Event| of_devices.follow_rate();
            listeners.push(Listener::new(&devices, "devicechange", follow));
        }
        Self {
            shared,
            _listeners: listeners,
        }
    }

    /// Prepares a graph, because no recording is in progress.
    pub(super) fn prepare(&self) {
        self.shared.is_wanted.set(true);
        let shared = Rc::clone(&self.shared);
        spawn(async move {
            // A new task: what has just changed on the page is painted first. Creating a context
            // may block the thread while the browser starts its audio system.
            let _ = JsFuture::from(delay(0)).await;
            shared.prepare();
        });
    }

    /// Returns the graph for a recording that begins now. `None` if there is none, or if its
    /// worklet could not be loaded.
    pub(super) fn take(&self) -> Option<Rc<AudioGraph>> {
        self.shared.is_wanted.set(false);
        self.shared.graph.take().filter(|it| it.is_usable())
    }
}

impl Shared {
    fn prepare(&self) {
        let has_graph = self.graph.borrow().is_some();
        if self.is_wanted.get() && is_visible() && !has_graph {
            self.graph.replace(idle_graph());
        }
    }

    /// Replaces the graph if its rate is not that of the audio devices any more.
    fn follow_rate(&self) {
        let rate_hz = self.graph.borrow().as_ref().map(|it| it.rate_hz());
        let Some(rate_hz) = rate_hz else {
            return;
        };
        let now_hz = AudioContext::new().map(|context| {
            let now_hz = context.sample_rate().round() as u32;
            if let Ok(closed) = context.close() {
                ignore_outcome(closed);
            }
            now_hz
        });
        if now_hz.is_ok_and(|it| it != rate_hz) {
            self.graph.replace(idle_graph());
        }
    }
}

/// Creates a graph that does not run. On failure there is none: the click tries again, and reports
/// the reason.
fn idle_graph() -> Option<Rc<AudioGraph>> {
    if !window().is_secure_context() {
        return None;
    }
    let graph = AudioGraph::create().ok()?;
    // It runs at once on a page that may play sound.
    if let Ok(suspended) = graph.context.suspend() {
        ignore_outcome(suspended);
    }
    Some(graph)
}

/// Handles a rejection, so that the browser does not report it as unhandled.
fn ignore_outcome(promise: Promise) {
    spawn(async move {
        // Rejected only if the context was closed first.
        let _ = JsFuture::from(promise).await;
    });
}

async fn close(context: &AudioContext) {
    if context.state() != AudioContextState::Closed
        && let Ok(closed) = context.close()
    {
        // Fails only if it was closed in the meantime.
        let _ = JsFuture::from(closed).await;
    }
}

/// Suspends the graph and waits until its audio thread has stopped rendering.
///
/// WebKitGTK 2.50 crashes with the whole page if a graph is closed while its thread still has a
/// quantum to render. A suspended graph requests no further quanta, and the thread answers the
/// message below only after the last quantum.
async fn suspend_and_drain(context: &AudioContext) -> Result<JsValue, JsValue> {
    JsFuture::from(context.suspend()?).await?;
    // Fails if the worklet was never loaded. The thread then renders nothing for this graph.
    let node = AudioWorkletNode::new(context, "audio-processor")?;
    let port = node.port()?;
    let answer = Promise::new(&mut |resolve, _| port.set_onmessage(Some(&resolve)));
    port.post_message(&"end".into())?;
    JsFuture::from(answer).await
}

/// Returns a promise that settles after `ms` milliseconds.
pub(super) fn delay(ms: i32) -> Promise {
    Promise::new(&mut |resolve, _| {
        // Cannot fail for a function and a number.
        let _ = window().set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, ms);
    })
}

/// Timeout for the audio thread's answer, in milliseconds. A thread that answers does so within
/// about 20 ms. Firefox's may never answer, because it renders nothing for a suspended graph.
const DRAIN_TIMEOUT_MS: i32 = 1_000;
