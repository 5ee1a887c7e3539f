//! An emulator whose connections are pipes within the process, for tests on Tokio's paused clock.
//! It advances only when all tasks are idle, so times are exact.

use std::io;

use axum::serve::Listener;
use inturn_emulator::{Emulator, Options};
use tokio::{
    io::{DuplexStream, duplex},
    sync::mpsc,
};
use tokio_tungstenite::{WebSocketStream, tungstenite::client::IntoClientRequest};

use crate::client::Client;

/// An emulator whose connections are pipes within the process.
pub(crate) struct PipedEmulator {
    pub(crate) emulator: Emulator,
    connections: mpsc::UnboundedSender<DuplexStream>,
    pipe_bytes: usize,
}

struct PipeListener(mpsc::UnboundedReceiver<DuplexStream>);

impl Listener for PipeListener {
    type Io = DuplexStream;
    type Addr = ();

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        match self.0.recv().await {
            Some(stream) => (stream, ()),
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        Ok(())
    }
}

impl PipedEmulator {
    /// Starts an emulator. Each direction of a connection holds `pipe_bytes` that are not read yet.
    pub(crate) fn start(options: Options, pipe_bytes: usize) -> Self {
        let emulator = Emulator::new(options).expect("the options are valid");
        let router = emulator.router();
        let (connections, accepted) = mpsc::unbounded_channel();
        tokio::spawn(async move { axum::serve(PipeListener(accepted), router).await });
        Self {
            emulator,
            connections,
            pipe_bytes,
        }
    }

    /// Opens a connection.
    pub(crate) fn stream(&self) -> DuplexStream {
        let (ours, theirs) = duplex(self.pipe_bytes);
        self.connections.send(theirs).expect("the server runs");
        ours
    }

    /// Opens a WebSocket.
    pub(crate) async fn connect(
        &self,
        path: &str,
        key: Option<&str>,
    ) -> WebSocketStream<DuplexStream> {
        let mut request = format!("ws://emulator{path}")
            .into_client_request()
            .expect("a URL");
        if let Some(key) = key {
            let key = key.parse().expect("a header value");
            request.headers_mut().insert("authorization", key);
        }
        let (socket, _) = tokio_tungstenite::client_async(request, self.stream())
            .await
            .expect("the upgrade is completed");
        socket
    }

    /// Opens a session and receives its `Begin`.
    pub(crate) async fn begin_session(&self, query: &str) -> Client<DuplexStream> {
        let path = format!("/v3/ws?{query}");
        let mut client = Client::new(self.connect(&path, Some("a-key")).await);
        let begin = client.message().await;
        assert_eq!(begin["type"], "Begin", "{begin}");
        client
    }
}
