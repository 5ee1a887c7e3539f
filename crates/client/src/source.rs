//! Where the audio of a recording comes from.

use inturn_client_core::{problem::MicrophoneFailure, session::Device};
use tokio::sync::{mpsc, watch};

/// Something that can be recorded: a microphone, a file, or any other supply of samples.
pub trait Source: Send + 'static {
    /// Opens the audio. Called at the start of a recording, after a pause, and after
    /// [`Piece::Lost`].
    ///
    /// `device` says which microphone is wanted. A source with a single supply ignores it.
    ///
    /// # Errors
    ///
    /// [`OpenError`] if there is no audio. After a loss, the recording asks again every two
    /// seconds.
    fn open(
        &mut self,
        device: Device,
    ) -> impl Future<Output = Result<AudioStream, OpenError>> + Send;
}

/// Audio from an open source. Dropping it closes the source.
///
/// [`AudioStream::channel`] creates one, with the writer that fills it.
#[derive(Debug)]
pub struct AudioStream {
    rate_hz: u32,
    pieces: mpsc::Receiver<Piece>,
    stop: watch::Sender<bool>,
}

/// The other end of an [`AudioStream`], for the task or the thread that has the samples.
#[derive(Debug)]
pub struct AudioWriter {
    pieces: mpsc::Sender<Piece>,
    stop: watch::Receiver<bool>,
}

/// What comes from a source, in order.
#[derive(Clone, Debug, PartialEq)]
pub enum Piece {
    /// Captured samples: `channels` planes of equal length, one after another, each sample from
    /// -1 to 1.
    Block {
        /// The samples.
        planar: Vec<f32>,
        /// The number of planes.
        channels: usize,
    },
    /// Samples that the system has dropped before this point, for each channel. They are part of
    /// the time of the recording.
    Overrun {
        /// The number of samples.
        samples: u64,
    },
    /// The system takes the sound away while the device stays open (`true`), or gives it back.
    Held(bool),
    /// Devices were connected or disconnected.
    DevicesChanged,
    /// The input is complete. The recording stops, and its last words are awaited.
    End,
    /// The device is gone. The recording looks for another one.
    Lost {
        /// The cause, for the log.
        cause: String,
    },
}

/// Why a source can't be opened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct OpenError {
    /// The kind of failure.
    pub failure: MicrophoneFailure,
    /// One sentence: what is wrong, and what to do.
    pub message: String,
}

/// The recording needs no more audio from this stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the recording needs no more audio")]
pub struct StopRequested;

impl AudioStream {
    /// Creates a stream of samples at `rate_hz`, and its writer. The writer waits while more than
    /// `capacity` pieces are unread.
    pub fn channel(rate_hz: u32, capacity: usize) -> (AudioWriter, Self) {
        let (writer, pieces) = mpsc::channel(capacity);
        let (stop, stopped) = watch::channel(false);
        let writer = AudioWriter {
            pieces: writer,
            stop: stopped,
        };
        let stream = Self {
            rate_hz,
            pieces,
            stop,
        };
        (writer, stream)
    }

    /// The rate of the samples, in Hz.
    pub fn rate_hz(&self) -> u32 {
        self.rate_hz
    }

    /// Returns the next piece. Returns `None` once the writer is gone. Cancel-safe.
    pub async fn next(&mut self) -> Option<Piece> {
        self.pieces.recv().await
    }

    /// Asks the writer to stop. What it has already captured still arrives.
    pub fn stop(&self) {
        self.stop.send_replace(true);
    }
}

impl AudioWriter {
    /// Passes a piece on. Waits for room.
    ///
    /// # Errors
    ///
    /// [`StopRequested`] if the stream was dropped. The piece is lost then.
    pub async fn send(&self, piece: Piece) -> Result<(), StopRequested> {
        self.pieces.send(piece).await.map_err(|_| StopRequested)
    }

    /// Like [`send`](Self::send), for a thread without an async runtime.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    pub fn blocking_send(&self, piece: Piece) -> Result<(), StopRequested> {
        self.pieces.blocking_send(piece).map_err(|_| StopRequested)
    }

    /// Whether the recording has asked to stop, or the stream is gone.
    pub fn is_stopped(&self) -> bool {
        *self.stop.borrow() || self.pieces.is_closed()
    }

    /// Waits until the recording asks to stop, or until the stream is gone.
    pub async fn stopped(&self) {
        let mut stop = self.stop.clone();
        // An error means that the stream is gone.
        let _ = stop.wait_for(|is_stopped| *is_stopped).await;
    }
}
