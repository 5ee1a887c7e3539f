//! The microphone and the audio graph behind it.

use std::future::Future;
use std::rc::Rc;

use inturn_client_core::audio::{BlockSchedule, ChunkLength};
use inturn_client_core::problem::MicrophoneFailure;
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

use super::config;
use super::document::window;
use crate::browser::{BrowserError, Exposed, Listener, check, failed, note, warn};

/// What is begun in the click: the context, at the device's own rate, and its worklet.
///
/// Another rate is not asked for: Firefox connects no microphone to a context whose rate is not the
/// device's.
pub(super) struct Opening {
    graph: Rc<Graph>,
    worklet: js_sys::Promise,
}

/// A microphone that is on. Dropping it turns it off.
pub(super) struct Microphone {
    graph: Rc<Graph>,
    stream: Stream,
    node: AudioWorkletNode,
    /// Held, because a browser may collect a source that only the graph knows.
    _source: MediaStreamAudioSourceNode,
    listeners: Vec<Listener>,
}

/// A microphone that is off while its worklet hands over the last block.
pub(super) struct Ending {
    _graph: Rc<Graph>,
    _node: AudioWorkletNode,
    _ended: Listener,
}

/// An audio graph that is brought to rest and closed when it is dropped.
struct Graph(AudioContext);

/// A stream whose tracks are stopped when it is dropped: dropping the graph would leave the
/// microphone on.
struct Stream {
    stream: MediaStream,
    _exposed: Exposed,
}

impl Opening {
    /// To be called in the click itself.
    pub(super) fn in_click() -> Result<Self, MicrophoneFailure> {
        let window = window().map_err(|_| MicrophoneFailure::Unsupported)?;
        if !window.is_secure_context() {
            return Err(MicrophoneFailure::InsecurePage);
        }
        let unsupported = |error: JsValue| {
            failed("no audio graph", &error.into());
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
        // Until the microphone is granted nobody waits for it, and it may have failed by then.
        let loading = worklet.clone();
        spawn_local(async move {
            let _ = JsFuture::from(loading).await;
        });
        Ok(Self { graph, worklet })
    }

    /// Asks for the microphone and connects it; gives it with the port its blocks will come from.
    pub(super) fn run(
        &self,
        capture: CaptureConfig,
        chunk: ChunkLength,
    ) -> impl Future<Output = Result<(Microphone, MessagePort), MicrophoneFailure>> + use<> {
        let graph = Rc::clone(&self.graph);
        let worklet = self.worklet.clone();
        async move {
            let stream = Stream::ask(capture).await.map_err(|error| {
                note(&format!("no microphone: {error}"));
                failure(&error)
            })?;
            let loaded = JsFuture::from(worklet).await;
            if check("the worklet could not be loaded", loaded).is_none() {
                // The browser does not tell why. A proxy that wants a sign-in gives nothing else either.
                let answer = config::fetch().await;
                return Err(answer.err().unwrap_or(MicrophoneFailure::Unloaded));
            }
            connect(graph, stream, chunk).map_err(|error| {
                failed("the audio graph failed", &error);
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

    /// What the browser gave.
    pub(super) fn tracks(&self) -> Vec<MediaStreamTrack> {
        self.stream.tracks()
    }

    /// Calls `lost` if the microphone goes away by itself.
    pub(super) fn on_lost(&mut self, lost: impl Fn() + Copy + 'static) -> Result<(), BrowserError> {
        for track in self.stream.tracks() {
            self.listeners
                .push(Listener::new(&track, "ended", move |_: Event| lost())?);
        }
        // A worklet that threw is silent for ever.
        self.listeners.push(Listener::new(
            &self.node,
            "processorerror",
            move |_: Event| lost(),
        )?);
        Ok(())
    }

    /// Turns the microphone off now, then has the worklet hand over what it still holds; calls
    /// `done` when it has. Nothing if it cannot be asked.
    pub(super) fn end(self, done: impl Fn() + 'static) -> Option<Ending> {
        let Self {
            graph,
            stream,
            node,
            ..
        } = self;
        drop(stream);
        let ask = || -> Result<Listener, BrowserError> {
            let port = node.port()?;
            let ended = Listener::new(&port, "message", move |_: MessageEvent| done())?;
            port.start();
            port.post_message(&"end".into())?;
            Ok(ended)
        };
        let ended = check("the last block is lost", ask())?;
        Some(Ending {
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

    /// Goes on after a pause that nobody here asked for: `suspended`, or Safari's `interrupted`,
    /// for which the enum has no name.
    fn wake(&self) {
        if !matches!(
            self.0.state(),
            AudioContextState::Running | AudioContextState::Closed
        ) {
            warn("the browser paused the audio graph in mid-recording, waking it");
            self.resume();
        }
    }

    fn resume(&self) {
        // Settles when the context runs, which in some browsers is only once the microphone is
        // granted; nothing waits for it.
        if let Ok(running) = self.0.resume() {
            spawn_local(async move {
                // Rejected only when the context was closed first.
                let _ = JsFuture::from(running).await;
            });
        }
    }
}

impl Drop for Graph {
    fn drop(&mut self) {
        let resting = self.0.clone();
        spawn_local(async move {
            // Closed whatever comes of it, and at the latest when the other has lost patience.
            let _ = rest(&resting).await;
            close(&resting).await;
        });
        let waiting = self.0.clone();
        spawn_local(async move {
            let _ = JsFuture::from(after(REST_MS)).await;
            close(&waiting).await;
        });
    }
}

async fn close(context: &AudioContext) {
    if context.state() != AudioContextState::Closed
        && let Ok(closed) = context.close()
    {
        // Fails only where it was closed meanwhile.
        let _ = JsFuture::from(closed).await;
    }
}

/// Waits until the audio thread renders nothing any more.
///
/// WebKitGTK 2.50 crashes with the whole page when a graph is closed while its thread has yet to
/// render a quantum. So the graph is suspended, after which no quantum is asked for, and the thread
/// is asked something that it can only answer after the last one.
async fn rest(context: &AudioContext) -> Result<JsValue, JsValue> {
    JsFuture::from(context.suspend()?).await?;
    // Fails where the worklet was never loaded; then the thread renders nothing for this graph.
    let node = AudioWorkletNode::new(context, "audio-processor")?;
    let port = node.port()?;
    let answer = Promise::new(&mut |resolve, _| port.set_onmessage(Some(&resolve)));
    port.post_message(&"end".into())?;
    JsFuture::from(answer).await
}

/// Settles after so many milliseconds.
fn after(ms: i32) -> Promise {
    Promise::new(&mut |resolve, _| {
        if let Ok(window) = window() {
            // Fails for no function and no number.
            let _ = window.set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, ms);
        }
    })
}

impl Stream {
    async fn ask(capture: CaptureConfig) -> Result<Self, BrowserError> {
        let audio = Object::new();
        // A bare value is a wish: a browser that cannot grant it gives the microphone all the same,
        // and `settings.rs` looks what became of it.
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
    let told = Object::new();
    for (name, frames) in [
        ("offsetFrames", schedule.offset_frames),
        ("stepFrames", schedule.step_frames),
    ] {
        Reflect::set(&told, &name.into(), &frames.into())?;
    }
    options.set_processor_options(Some(&told));
    let node = AudioWorkletNode::new_with_options(&graph.0, "audio-processor", &options)?;
    let channel = MessageChannel::new()?;
    let blocks = channel.port1();
    node.port()?
        .post_message_with_transferable(&blocks, &Array::of1(&blocks))?;
    let source = graph.0.create_media_stream_source(&stream.stream)?;
    source.connect_with_audio_node(&node)?;
    // The worklet leaves its output silent; without a way to the speakers some browsers would not
    // run it.
    node.connect_with_audio_node(&graph.0.destination())?;
    // A context that slept through the prompt is woken again.
    graph.resume();
    // A telephone call, or the system, may pause it in mid-recording: it is asked to go on at once.
    // If it does not, the recorder misses its blocks and says so.
    let paused = Rc::clone(&graph);
    let states = Listener::new(&graph.0, "statechange", move |_: Event| paused.wake())?;
    let microphone = Microphone {
        graph,
        stream,
        node,
        _source: source,
        listeners: vec![states],
    };
    Ok((microphone, channel.port2()))
}

/// By the names the standard gives.
fn failure(error: &BrowserError) -> MicrophoneFailure {
    match error.name.as_str() {
        "NotAllowedError" | "SecurityError" => MicrophoneFailure::Denied,
        "NotFoundError" | "OverconstrainedError" => MicrophoneFailure::Missing,
        "NotReadableError" | "AbortError" => MicrophoneFailure::Busy,
        "TypeError" => MicrophoneFailure::Unsupported,
        _ => MicrophoneFailure::Other,
    }
}

/// A thread that answers at all does so within some 20 ms; one that renders nothing for a suspended
/// graph may never answer, as Firefox's.
const REST_MS: i32 = 1_000;
