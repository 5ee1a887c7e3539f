//! The microphone, connected to its audio graph.

use std::{future::Future, rc::Rc};

use inturn_client_core::{
    audio::{BlockSchedule, ChunkLength},
    problem::MicrophoneFailure,
};
use inturn_page_core::settings::Switch;
use inturn_protocol::CaptureConfig;
use js_sys::{Array, Object, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    AudioWorkletNode, AudioWorkletNodeOptions, Event, MediaStream, MediaStreamAudioSourceNode,
    MediaStreamConstraints, MediaStreamTrack, MessageChannel, MessageEvent, MessagePort,
};

use super::{
    audio_graph::{AudioGraph, IdleGraph},
    config,
    document::window,
    tone,
};
use crate::browser::{BrowserError, Exposed, Listener, info, ok_or_warn, warn_error};

/// The graph that is resumed in the click handler.
pub(super) struct Opening {
    graph: Rc<AudioGraph>,
    /// Whether the graph was created before the click.
    is_prepared: bool,
}

/// A microphone that is on. Dropping it turns it off.
pub(super) struct Microphone {
    graph: Rc<AudioGraph>,
    stream: Stream,
    node: AudioWorkletNode,
    /// Held, because a browser may garbage-collect a source that only the graph refers to.
    _source: MediaStreamAudioSourceNode,
    listeners: Vec<Listener>,
}

/// A microphone that is off, while its worklet posts the last block.
pub(super) struct Flushing {
    _graph: Rc<AudioGraph>,
    _node: AudioWorkletNode,
    _ended: Listener,
}

/// A stream. Dropping it stops its tracks: dropping only the graph would leave the microphone on.
struct Stream {
    stream: MediaStream,
    _exposed: Exposed,
}

impl Opening {
    /// Resumes the prepared graph, or a new one. Call it in the click handler.
    pub(super) fn in_click(idle: &IdleGraph) -> Result<Self, MicrophoneFailure> {
        let window = window().map_err(|_| MicrophoneFailure::Unsupported)?;
        if !window.is_secure_context() {
            return Err(MicrophoneFailure::InsecurePage);
        }
        let prepared = idle.take();
        let is_prepared = prepared.is_some();
        let graph = match prepared {
            Some(graph) => graph,
            None => AudioGraph::create().map_err(|error| {
                warn_error("no audio graph", &error);
                MicrophoneFailure::Unsupported
            })?,
        };
        graph.resume();
        Ok(Self { graph, is_prepared })
    }

    /// Requests the microphone and connects it. Returns it with the port on which its blocks
    /// arrive.
    pub(super) fn open(
        &self,
        capture: CaptureConfig,
        chunk: ChunkLength,
    ) -> impl Future<Output = Result<(Microphone, MessagePort), MicrophoneFailure>> + use<> {
        let graph = Rc::clone(&self.graph);
        let is_prepared = self.is_prepared;
        async move {
            let stream = Stream::request(capture).await.map_err(|error| {
                info(&format!("no microphone: {error}"));
                microphone_failure(&error)
            })?;
            let connection = match Connection::open(graph, &stream, chunk).await {
                // The worklet's early request may have failed, or the device's rate has changed
                // since. A page with the microphone may start another graph outside of a click.
                Err(error) if is_prepared => {
                    info(&format!("the prepared audio graph failed: {}", error.cause));
                    let graph = AudioGraph::create().map_err(graph_failure)?;
                    Connection::open(graph, &stream, chunk).await
                }
                outcome => outcome,
            };
            let connection = match connection {
                Ok(connection) => connection,
                Err(error) if error.is_unloaded => {
                    warn_error("the worklet could not be loaded", &error.cause);
                    // The browser does not report the cause. If a proxy requires a sign-in, the
                    // configuration cannot be fetched either.
                    let answer = config::fetch().await;
                    return Err(answer.err().unwrap_or(MicrophoneFailure::Unloaded));
                }
                Err(error) => return Err(graph_failure(error.cause)),
            };
            let Connection {
                graph,
                node,
                source,
                states,
                blocks,
            } = connection;
            let microphone = Microphone {
                graph,
                stream,
                node,
                _source: source,
                listeners: vec![states],
            };
            Ok((microphone, blocks))
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

    /// Plays a tone through the graph's output. The worklet does not hear it.
    pub(super) fn play_tone(&self) -> Result<(), BrowserError> {
        tone::play(self.graph.context())
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

/// A stream that is connected to the worklet.
struct Connection {
    graph: Rc<AudioGraph>,
    node: AudioWorkletNode,
    source: MediaStreamAudioSourceNode,
    states: Listener,
    /// The port on which the blocks arrive.
    blocks: MessagePort,
}

struct ConnectionError {
    /// Whether the worklet could not be loaded.
    is_unloaded: bool,
    cause: BrowserError,
}

impl Connection {
    async fn open(
        graph: Rc<AudioGraph>,
        stream: &Stream,
        chunk: ChunkLength,
    ) -> Result<Self, ConnectionError> {
        let unloaded = |cause| ConnectionError {
            is_unloaded: true,
            cause,
        };
        graph.load().await.map_err(unloaded)?;
        Self::connect(graph, stream, chunk).map_err(|cause| ConnectionError {
            is_unloaded: false,
            cause,
        })
    }

    fn connect(
        graph: Rc<AudioGraph>,
        stream: &Stream,
        chunk: ChunkLength,
    ) -> Result<Self, BrowserError> {
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
        let context = graph.context();
        let source = context.create_media_stream_source(&stream.stream)?;
        let node = AudioWorkletNode::new_with_options(context, "audio-processor", &options)?;
        let channel = MessageChannel::new()?;
        let blocks = channel.port1();
        node.port()?
            .post_message_with_transferable(&blocks, &Array::of1(&blocks))?;
        source.connect_with_audio_node(&node)?;
        // Some browsers run a worklet only if it is connected to the destination. Its output is
        // silent.
        node.connect_with_audio_node(&context.destination())?;
        // The browser may have suspended the context during the prompt.
        graph.resume();
        // A telephone call or the system may pause the context during a recording. It is resumed at
        // once. If that fails, the recorder's watchdog for blocks ends the recording.
        let paused = Rc::clone(&graph);
        let states = Listener::new(context, "statechange", move |_: Event| {
            paused.resume_if_paused();
        })?;
        Ok(Self {
            node,
            source,
            states,
            blocks: channel.port2(),
            graph,
        })
    }
}

fn graph_failure(cause: BrowserError) -> MicrophoneFailure {
    warn_error("the audio graph failed", &cause);
    MicrophoneFailure::Other
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
