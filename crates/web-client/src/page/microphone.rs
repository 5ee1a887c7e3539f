//! The microphone and its audio graph.

use std::{future::Future, rc::Rc};

use inturn_client_core::{
    audio::{BlockSchedule, ChunkLength},
    problem::MicrophoneFailure,
};
use inturn_page_core::settings::Switch;
use inturn_protocol::CaptureConfig;
use js_sys::{Array, Object, Promise, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    AudioContext, AudioContextState, AudioWorkletNode, AudioWorkletNodeOptions, Event, MediaStream,
    MediaStreamAudioSourceNode, MediaStreamConstraints, MediaStreamTrack, MessageChannel,
    MessageEvent, MessagePort,
};

use super::{config, document::window};
use crate::browser::{BrowserError, Exposed, Listener, info, ok_or_warn, warn, warn_error};

/// What is created in the click handler: the context, at the device's own rate, and its worklet.
///
/// It requests no other rate, because Firefox cannot connect a microphone to a context whose rate
/// differs from the device's.
pub(super) struct Opening {
    graph: Rc<Graph>,
    worklet: js_sys::Promise,
}

/// A microphone that is on. Dropping it turns it off.
pub(super) struct Microphone {
    graph: Rc<Graph>,
    stream: Stream,
    node: AudioWorkletNode,
    /// Held, because a browser may garbage-collect a source that only the graph refers to.
    _source: MediaStreamAudioSourceNode,
    listeners: Vec<Listener>,
}

/// A microphone that is off, while its worklet posts the last block.
pub(super) struct Flushing {
    _graph: Rc<Graph>,
    _node: AudioWorkletNode,
    _ended: Listener,
}

/// An audio graph. Dropping it suspends and then closes it.
struct Graph(AudioContext);

/// A stream. Dropping it stops its tracks: dropping only the graph would leave the microphone on.
struct Stream {
    stream: MediaStream,
    _exposed: Exposed,
}

impl Opening {
    /// Creates the context and loads the worklet. Call it in the click handler.
    pub(super) fn in_click() -> Result<Self, MicrophoneFailure> {
        let window = window().map_err(|_| MicrophoneFailure::Unsupported)?;
        if !window.is_secure_context() {
            return Err(MicrophoneFailure::InsecurePage);
        }
        let unsupported = |error: JsValue| {
            warn_error("no audio graph", &error.into());
            MicrophoneFailure::Unsupported
        };
        let context = AudioContext::new().map_err(unsupported)?;
        let graph = Rc::new(Graph(context));
        graph.resume();
        let worklet = graph
            .0
            .audio_worklet()
            .and_then(|worklet| worklet.add_module("audio-processor.js"))
            .map_err(unsupported)?;
        // Handles a rejection that occurs before `open` awaits the promise, so that the browser
        // does not report it as unhandled.
        let loading = worklet.clone();
        spawn_local(async move {
            let _ = JsFuture::from(loading).await;
        });
        Ok(Self { graph, worklet })
    }

    /// Requests the microphone and connects it. Returns it with the port on which its blocks
    /// arrive.
    pub(super) fn open(
        &self,
        capture: CaptureConfig,
        chunk: ChunkLength,
    ) -> impl Future<Output = Result<(Microphone, MessagePort), MicrophoneFailure>> + use<> {
        let graph = Rc::clone(&self.graph);
        let worklet = self.worklet.clone();
        async move {
            let stream = Stream::request(capture).await.map_err(|error| {
                info(&format!("no microphone: {error}"));
                microphone_failure(&error)
            })?;
            let loaded = JsFuture::from(worklet).await;
            if ok_or_warn("the worklet could not be loaded", loaded).is_none() {
                // The browser does not report the cause. If a proxy requires a sign-in, the
                // configuration cannot be fetched either.
                let answer = config::fetch().await;
                return Err(answer.err().unwrap_or(MicrophoneFailure::Unloaded));
            }
            connect(graph, stream, chunk).map_err(|error| {
                warn_error("the audio graph failed", &error);
                MicrophoneFailure::Other
            })
        }
    }
}

impl Microphone {
    /// The rate of the blocks, in Hz.
    pub(super) fn rate_hz(&self) -> u32 {
        self.graph.rate_hz()
    }

    /// The device's name; empty if the browser does not report it.
    pub(super) fn device(&self) -> String {
        let tracks = self.tracks();
        tracks
            .first()
            .map(MediaStreamTrack::label)
            .unwrap_or_default()
    }

    /// The audio tracks that the browser returned.
    pub(super) fn tracks(&self) -> Vec<MediaStreamTrack> {
        self.stream.tracks()
    }

    /// Calls `lost` if the microphone ends or its worklet fails.
    pub(super) fn on_lost(&mut self, lost: impl Fn() + Copy + 'static) -> Result<(), BrowserError> {
        for track in self.stream.tracks() {
            self.listeners
                .push(Listener::new(&track, "ended", move |_: Event| lost())?);
        }
        // A worklet that has thrown outputs only silence.
        self.listeners.push(Listener::new(
            &self.node,
            "processorerror",
            move |_: Event| lost(),
        )?);
        Ok(())
    }

    /// Turns the microphone off, then makes the worklet post its last block and calls `done`.
    /// Returns `None` if the worklet cannot be reached.
    pub(super) fn stop(self, done: impl Fn() + 'static) -> Option<Flushing> {
        let Self {
            graph,
            stream,
            node,
            ..
        } = self;
        drop(stream);
        let request_last_block = || -> Result<Listener, BrowserError> {
            let port = node.port()?;
            let ended = Listener::new(&port, "message", move |_: MessageEvent| done())?;
            port.start();
            port.post_message(&"end".into())?;
            Ok(ended)
        };
        let ended = ok_or_warn("the last block is lost", request_last_block())?;
        Some(Flushing {
            _graph: graph,
            _node: node,
            _ended: ended,
        })
    }
}

impl Graph {
    fn rate_hz(&self) -> u32 {
        self.0.sample_rate().round() as u32
    }

    /// Resumes the graph if the browser paused it. The state is then `suspended`, or `interrupted`
    /// in Safari, which the enum does not contain.
    fn resume_if_paused(&self) {
        if !matches!(
            self.0.state(),
            AudioContextState::Running | AudioContextState::Closed
        ) {
            warn("the browser paused the audio graph during a recording, resuming it");
            self.resume();
        }
    }

    fn resume(&self) {
        // The promise settles when the context runs. In some browsers that happens only once the
        // microphone is granted, so no code waits for it.
        if let Ok(running) = self.0.resume() {
            spawn_local(async move {
                // Rejected only if the context was closed first.
                let _ = JsFuture::from(running).await;
            });
        }
    }
}

impl Drop for Graph {
    fn drop(&mut self) {
        let draining = self.0.clone();
        spawn_local(async move {
            // The graph is closed even if this fails. If it takes too long, the task below closes
            // the graph.
            let _ = suspend_and_drain(&draining).await;
            close(&draining).await;
        });
        let waiting = self.0.clone();
        spawn_local(async move {
            let _ = JsFuture::from(delay(DRAIN_TIMEOUT_MS)).await;
            close(&waiting).await;
        });
    }
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
fn delay(ms: i32) -> Promise {
    Promise::new(&mut |resolve, _| {
        if let Ok(window) = window() {
            // Cannot fail for a function and a number.
            let _ = window.set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, ms);
        }
    })
}

impl Stream {
    async fn request(capture: CaptureConfig) -> Result<Self, BrowserError> {
        let audio = Object::new();
        // A bare value is not a requirement: a browser that does not support it still opens the
        // microphone. `settings.rs` compares the result with the request.
        for switch in Switch::ALL {
            let on = switch.is_on(capture);
            Reflect::set(&audio, &switch.constraint().into(), &on.into())?;
        }
        let constraints = MediaStreamConstraints::new();
        constraints.set_audio(&audio);
        let devices = window()?.navigator().media_devices()?;
        let promise = devices.get_user_media_with_constraints(&constraints)?;
        let stream: MediaStream = JsFuture::from(promise).await?.unchecked_into();
        let exposed = Exposed::new("inturnMicrophone", &stream);
        Ok(Self {
            stream,
            _exposed: exposed,
        })
    }

    fn tracks(&self) -> Vec<MediaStreamTrack> {
        self.stream
            .get_audio_tracks()
            .iter()
            .map(JsCast::unchecked_into)
            .collect()
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        for track in self.tracks() {
            track.stop();
        }
    }
}

fn connect(
    graph: Rc<Graph>,
    stream: Stream,
    chunk: ChunkLength,
) -> Result<(Microphone, MessagePort), BrowserError> {
    let options = AudioWorkletNodeOptions::new();
    options.set_number_of_inputs(1);
    options.set_number_of_outputs(1);
    let schedule = BlockSchedule::new(graph.rate_hz(), chunk);
    let processor_options = Object::new();
    for (name, frames) in [
        ("offsetFrames", schedule.offset_frames),
        ("stepFrames", schedule.step_frames),
    ] {
        Reflect::set(&processor_options, &name.into(), &frames.into())?;
    }
    options.set_processor_options(Some(&processor_options));
    let node = AudioWorkletNode::new_with_options(&graph.0, "audio-processor", &options)?;
    let channel = MessageChannel::new()?;
    let blocks = channel.port1();
    node.port()?
        .post_message_with_transferable(&blocks, &Array::of1(&blocks))?;
    let source = graph.0.create_media_stream_source(&stream.stream)?;
    source.connect_with_audio_node(&node)?;
    // Some browsers run a worklet only if it is connected to the destination. Its output is silent.
    node.connect_with_audio_node(&graph.0.destination())?;
    // The browser may have suspended the context during the prompt.
    graph.resume();
    // A telephone call or the system may pause the context during a recording. It is resumed at
    // once. If that fails, the recorder's watchdog for blocks ends the recording.
    let paused = Rc::clone(&graph);
    let states = Listener::new(&graph.0, "statechange", move |_: Event| {
        paused.resume_if_paused()
    })?;
    let microphone = Microphone {
        graph,
        stream,
        node,
        _source: source,
        listeners: vec![states],
    };
    Ok((microphone, channel.port2()))
}

/// Maps the exception's name, as defined by the `getUserMedia` standard.
fn microphone_failure(error: &BrowserError) -> MicrophoneFailure {
    match error.name.as_str() {
        "NotAllowedError" | "SecurityError" => MicrophoneFailure::Denied,
        "NotFoundError" | "OverconstrainedError" => MicrophoneFailure::Missing,
        "NotReadableError" | "AbortError" => MicrophoneFailure::Busy,
        "TypeError" => MicrophoneFailure::Unsupported,
        _ => MicrophoneFailure::Other,
    }
}

/// Timeout for the audio thread's answer, in milliseconds. A thread that answers does so within
/// about 20 ms. Firefox's may never answer, because it renders nothing for a suspended graph.
const DRAIN_TIMEOUT_MS: i32 = 1_000;
