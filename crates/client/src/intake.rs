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
        self.release();
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

    /// Closes the source at once.
    pub(crate) fn release(&mut self) {
        self.stage = Stage::Closed;
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

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc;

    use super::*;
    use crate::source::AudioWriter;

    /// A source whose writers go to the test. It waits in `open` until the test takes them.
    struct Wired(mpsc::Sender<AudioWriter>);

    impl Source for Wired {
        async fn open(&mut self, _device: Device) -> Result<AudioStream, OpenError> {
            let (writer, stream) = AudioStream::channel(8_000, 8);
            self.0.reserve().await.expect("the test").send(writer);
            Ok(stream)
        }
    }

    /// Returns an open intake and its writer.
    async fn open() -> (Intake<Wired>, AudioWriter) {
        let (writers, mut received) = mpsc::channel(1);
        let mut intake = Intake::new(Wired(writers));
        intake.open(Device::Chosen);
        let opened = intake.next().await;
        assert!(matches!(opened, Captured::Opened { rate_hz: 8_000 }));
        (intake, received.recv().await.expect("a writer"))
    }

    fn block(sample: f32) -> Piece {
        Piece::Block {
            planar: vec![sample],
            channels: 1,
        }
    }

    /// Asserts that this is what happens next.
    async fn expect(intake: &mut Intake<Wired>, piece: Option<Piece>) {
        match (intake.next().await, piece) {
            (Captured::Ended, None) => {}
            (Captured::Piece(captured), Some(piece)) => assert_eq!(captured, piece),
            (captured, piece) => panic!("{captured:?} instead of {piece:?}"),
        }
    }

    #[tokio::test]
    async fn what_was_captured_before_the_close_arrives_before_the_end() {
        let (mut intake, writer) = open().await;
        writer.send(block(0.1)).await.expect("room");
        intake.close();
        assert!(writer.is_stopped());
        writer.send(block(0.2)).await.expect("room");
        writer.send(Piece::End).await.expect("room");
        expect(&mut intake, Some(block(0.1))).await;
        expect(&mut intake, Some(block(0.2))).await;
        expect(&mut intake, None).await;
    }

    #[tokio::test]
    async fn a_complete_input_ends_once_it_is_closed() {
        let (mut intake, writer) = open().await;
        writer.send(Piece::End).await.expect("room");
        expect(&mut intake, Some(Piece::End)).await;
        intake.close();
        expect(&mut intake, None).await;
        assert!(writer.is_stopped());
    }

    #[tokio::test]
    async fn a_writer_that_is_gone_is_an_end_and_a_lost_device_is_released() {
        let (mut intake, writer) = open().await;
        drop(writer);
        expect(&mut intake, None).await;

        let (mut intake, writer) = open().await;
        let lost = Piece::Lost {
            cause: "pulled out".to_owned(),
        };
        writer.send(lost.clone()).await.expect("room");
        expect(&mut intake, Some(lost)).await;
        assert!(writer.is_stopped());
    }

    #[tokio::test]
    async fn closing_or_opening_again_cancels_what_is_being_opened() {
        let (writers, mut received) = mpsc::channel(1);
        let blocked = writers.clone();
        let place = blocked.reserve().await.expect("a place");
        let mut intake = Intake::new(Wired(writers));
        intake.open(Device::Chosen);
        intake.close();
        intake.open(Device::Chosen);
        intake.open(Device::Lost);
        drop(place);
        assert!(matches!(intake.next().await, Captured::Opened { .. }));
        assert!(!received.recv().await.expect("a writer").is_stopped());
        assert!(received.try_recv().is_err());
    }
}
