//! The source of a recording: opens it, and reads its pieces.

use std::{future::pending, sync::Arc};

use inturn_client_core::{problem::MicrophoneFailure, session::Device};
use tokio::{sync::Mutex, task::JoinHandle};

use crate::source::{AudioStream, OpenError, Piece, Source};

/// The source, and what is open of it.
pub(crate) struct Intake<S> {
    source: Arc<Mutex<S>>,
    stage: Stage,
}

enum Stage {
    Closed,
    Opening(Opening),
    Open(AudioStream),
    /// The input is complete, and the recording does not know that yet.
    Complete,
    /// What was already captured still arrives. `None` if there is nothing more.
    Stopping(Option<AudioStream>),
}

/// A source that is being opened. Dropping it cancels that.
struct Opening(JoinHandle<Result<AudioStream, OpenError>>);

impl Drop for Opening {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// What happens to the source.
#[derive(Debug)]
pub(crate) enum Captured {
    Opened {
        rate_hz: u32,
    },
    Failed(OpenError),
    Piece(Piece),
    /// Nothing more comes.
    Ended,
}

impl<S: Source> Intake<S> {
    pub(crate) fn new(source: S) -> Self {
        Self {
            source: Arc::new(Mutex::new(source)),
            stage: Stage::Closed,
        }
    }

    /// Begins to open the source. Releases first what is open.
    pub(crate) fn open(&mut self, device: Device) {
        self.stage = Stage::Closed;
        let source = Arc::clone(&self.source);
        // In a task of its own, so that a source that blocks delays nothing else.
        self.stage = Stage::Opening(Opening(tokio::spawn(async move {
            source.lock().await.open(device).await
        })));
    }

    /// Turns the source off. What it has captured still arrives, and then [`Captured::Ended`].
    pub(crate) fn close(&mut self) {
        self.stage = match std::mem::replace(&mut self.stage, Stage::Closed) {
            Stage::Open(stream) => {
                stream.stop();
                Stage::Stopping(Some(stream))
            }
            Stage::Complete => Stage::Stopping(None),
            Stage::Stopping(stream) => Stage::Stopping(stream),
            Stage::Closed | Stage::Opening(_) => Stage::Closed,
        };
    }

    /// Waits for what happens next. Cancel-safe.
    pub(crate) async fn next(&mut self) -> Captured {
        let (captured, stage) = match &mut self.stage {
            Stage::Closed | Stage::Complete => pending().await,
            Stage::Opening(opening) => match (&mut opening.0).await {
                Ok(Ok(stream)) => {
                    let rate_hz = stream.rate_hz();
                    (Captured::Opened { rate_hz }, Stage::Open(stream))
                }
                Ok(Err(error)) => (Captured::Failed(error), Stage::Closed),
                Err(_) => (Captured::Failed(panicked()), Stage::Closed),
            },
            Stage::Open(stream) => match stream.next().await {
                Some(Piece::End) => (Captured::Piece(Piece::End), Stage::Complete),
                Some(lost @ Piece::Lost { .. }) => (Captured::Piece(lost), Stage::Closed),
                Some(piece) => return Captured::Piece(piece),
                None => (Captured::Ended, Stage::Closed),
            },
            Stage::Stopping(None) => (Captured::Ended, Stage::Closed),
            Stage::Stopping(Some(stream)) => match stream.next().await {
                Some(Piece::End | Piece::Lost { .. }) | None => (Captured::Ended, Stage::Closed),
                Some(piece) => return Captured::Piece(piece),
            },
        };
        self.stage = stage;
        captured
    }
}

fn panicked() -> OpenError {
    OpenError {
        failure: MicrophoneFailure::Other,
        message: "The source of the audio has crashed.".to_owned(),
    }
}
