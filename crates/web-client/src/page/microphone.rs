//! The microphone, connected to its audio graph.

use std::{future::Future, rc::Rc};

use inturn_client_core::{
    audio::{BlockSchedule, ChunkLength},
    problem::MicrophoneFailure,
};
use inturn_page_core::page::Input;
use inturn_protocol::CaptureConfig;
use js_sys::{Array, Object, Reflect};
use web_sys::{
    AudioWorkletNode, AudioWorkletNodeOptions, MediaStreamAudioSourceNode, MediaStreamTrack,
    MessageChannel, MessageEvent, MessagePort,
};

use super::{
    audio_graph::{AudioGraph, IdleGraph},
    config,
    document::window,
    early::{Early, EarlyMicrophone},
    microphone_events::watch,
    stream::Stream,
    tone,
};
use crate::browser::{BrowserError, Listener, info, ok_or_warn, warn_error};

/// The graph for a microphone that is requested.
pub(super) struct Opening {
    /// `None` if it is created once the microphone is there.
    graph: Option<Rc<AudioGraph>>,
    origin: Origin,
    /// A microphone that `press.js` has opened or is opening.
    early: Option<Early>,
}

/// Where the graph of an opening microphone comes from.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Origin {
    /// Created in the click.
    New,
    /// Created before the click.
    Prepared,
    /// The previous microphone's.
    Reused,
}

/// A microphone that is on. Dropping it turns it off.
pub(super) struct Microphone {
    graph: Rc<AudioGraph>,
    stream: Stream,
    node: AudioWorkletNode,
    /// Held, because a browser may garbage-collect a source that only the graph refers to.
    source: MediaStreamAudioSourceNode,
    listeners: Vec<Listener>,
}

/// A microphone that is off, while its worklet posts the last block.
pub(super) struct Flushing {
    _graph: Rc<AudioGraph>,
    _node: AudioWorkletNode,
    _ended: Listener,
}

impl Opening {
    /// Resumes the prepared graph, or a new one. Call it in the click handler.
    pub(super) fn in_click(idle: &IdleGraph) -> Result<Self, MicrophoneFailure> {
        if !window().is_secure_context() {
            return Err(MicrophoneFailure::InsecurePage);
        }
        let early = Early::take();
        let prepared = idle.take();
        let (graph, origin) = match early.as_ref().map(Early::graph).or(prepared) {
            Some(graph) => (graph, Origin::Prepared),
            None => {
                let created = AudioGraph::create().map_err(|error| {
                    warn_error("no audio graph", &error);
                    MicrophoneFailure::Unsupported
                });
                (created?, Origin::New)
            }
        };
        graph.resume();
        Ok(Self {
            graph: Some(graph),
            origin,
            early,
        })
    }

    /// Prepares for a microphone in the place of another, outside of a click. The other's graph is
    /// used again if it still runs: a new one would have to request its worklet, perhaps without a
    /// network.
    pub(super) fn again(graph: Option<Rc<AudioGraph>>) -> Self {
        Self {
            graph,
            origin: Origin::Reused,
            early: None,
        }
    }

    /// Requests the microphone, with this id or any, and connects it. Returns it with the port on
    /// which its blocks arrive.
    pub(super) fn open(
        &self,
        capture: CaptureConfig,
        device_id: Option<String>,
        chunk: ChunkLength,
    ) -> impl Future<Output = Result<(Microphone, MessagePort), MicrophoneFailure>> + use<> {
        let graph = self.graph.clone();
        let origin = self.origin;
        let early = self.early.as_ref().map(Early::microphone);
        async move {
            if let (Some(early), Some(graph)) = (early, &graph)
                && early.opened().await.map_err(no_microphone)?
            {
                return Microphone::adopt(Rc::clone(graph), &early, chunk).map_err(graph_failure);
            }
            let time = graph.as_ref().map(|it| it.context().current_time());
            let stream = Stream::request(capture, device_id)
                .await
                .map_err(no_microphone)?;
            // The clock of a graph may stop with its device.
            let has_run = |it: &Rc<AudioGraph>| Some(it.context().current_time()) > time;
            let graph = match graph.filter(|it| origin != Origin::Reused || has_run(it)) {
                Some(graph) => graph,
                None => AudioGraph::create().map_err(graph_failure)?,
            };
            let connection = match Connection::open(graph, &stream, chunk).await {
                // The worklet's early request may have failed, or the device's rate has changed
                // since. A page with the microphone may start another graph outside of a click.
                Err(error) if origin != Origin::New => {
                    info(&format!("the earlier audio graph failed: {}", error.cause));
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
            Ok(Microphone::new(stream, connection))
        }
    }
}

impl Microphone {
    fn new(stream: Stream, connection: Connection) -> (Self, MessagePort) {
        let Connection {
            graph,
            node,
            source,
            blocks,
        } = connection;
        let microphone = Self {
            graph,
            stream,
            node,
            source,
            listeners: Vec::new(),
        };
        (microphone, blocks)
    }

    /// Takes over the microphone that `press.js` has opened.
    fn adopt(
        graph: Rc<AudioGraph>,
        early: &EarlyMicrophone,
        chunk: ChunkLength,
    ) -> Result<(Self, MessagePort), BrowserError> {
        early.adopt();
        let stream = Stream::new(early.stream());
        let connection = Connection::adopt(graph, early.source(), early.node(), chunk)?;
        Ok(Self::new(stream, connection))
    }

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

    /// The device's id; `None` if the browser does not report it.
    pub(super) fn device_id(&self) -> Option<String> {
        let tracks = self.tracks();
        let id = tracks.first()?.get_settings().get_device_id();
        id.filter(|it| !it.is_empty())
    }

    /// Reports what happens to the microphone until it is turned off.
    pub(super) fn watch(&mut self, report: fn(Input)) {
        self.listeners = watch(&self.graph, &self.node, &self.tracks(), report);
    }

    /// Resumes the graph at once. The future returns whether the browser refuses.
    pub(super) fn resume(&self) -> impl Future<Output = bool> + use<> {
        self.graph.resume_or_wait()
    }

    /// Turns a microphone that has failed off, and returns its graph for another.
    pub(super) fn into_graph(self) -> Option<Rc<AudioGraph>> {
        let Self {
            graph,
            stream,
            node,
            source,
            ..
        } = self;
        drop(stream);
        let disconnect = || -> Result<(), BrowserError> {
            source.disconnect()?;
            node.disconnect()?;
            node.port()?.post_message(&"discard".into())?;
            Ok(())
        };
        ok_or_warn("the audio graph is not used again", disconnect()).map(|()| graph)
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
            let ended = Listener::new(&port, "message", move |_: MessageEvent| done());
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

/// A stream that is connected to the worklet.
struct Connection {
    graph: Rc<AudioGraph>,
    node: AudioWorkletNode,
    source: MediaStreamAudioSourceNode,
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
        let context = graph.context();
        let source = context.create_media_stream_source(&stream.stream)?;
        let node = AudioWorkletNode::new_with_options(context, "audio-processor", &options)?;
        let connection = Self::adopt(Rc::clone(&graph), source, node, chunk)?;
        let Self { source, node, .. } = &connection;
        source.connect_with_audio_node(node)?;
        // Some browsers run a worklet only if it is connected to the destination. Its output is
        // silent.
        node.connect_with_audio_node(&graph.context().destination())?;
        Ok(connection)
    }

    /// Passes the worklet the port for its blocks and their schedule.
    fn adopt(
        graph: Rc<AudioGraph>,
        source: MediaStreamAudioSourceNode,
        node: AudioWorkletNode,
        chunk: ChunkLength,
    ) -> Result<Self, BrowserError> {
        let schedule = BlockSchedule::new(graph.rate_hz(), chunk);
        let message = Object::new();
        for (name, frames) in [
            ("offsetFrames", schedule.offset_frames),
            ("stepFrames", schedule.step_frames),
        ] {
            Reflect::set(&message, &name.into(), &frames.into())?;
        }
        let channel = MessageChannel::new()?;
        node.port()?
            .post_message_with_transferable(&message, &Array::of1(&channel.port1()))?;
        // The browser may have suspended the context during the prompt.
        graph.resume();
        Ok(Self {
            node,
            source,
            blocks: channel.port2(),
            graph,
        })
    }
}

fn no_microphone(error: BrowserError) -> MicrophoneFailure {
    info(&format!("no microphone: {error}"));
    microphone_failure(&error)
}

fn graph_failure(cause: BrowserError) -> MicrophoneFailure {
    warn_error("the audio graph failed", &cause);
    MicrophoneFailure::Other
}

/// Maps the exception's name, as defined by the `getUserMedia` standard.
fn microphone_failure(error: &BrowserError) -> MicrophoneFailure {
    match error.name().as_str() {
        "NotAllowedError" | "SecurityError" => MicrophoneFailure::Denied,
        "NotFoundError" | "OverconstrainedError" => MicrophoneFailure::Missing,
        "NotReadableError" | "AbortError" => MicrophoneFailure::Busy,
        "TypeError" => MicrophoneFailure::Unsupported,
        _ => MicrophoneFailure::Other,
    }
}
