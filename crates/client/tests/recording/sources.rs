//! Sources of tests.

use std::{collections::VecDeque, ops::Range, time::Duration};

use inturn_client::{
    AudioStream, AudioWriter, Device, MicrophoneFailure, OpenError, Piece, Source,
};
use inturn_emulator::ToneSpeech;
use tokio::{
    sync::mpsc,
    time::{MissedTickBehavior, interval},
};

/// A source that passes on what it was given. Each opening has its pieces; it fails without any.
pub(crate) struct Script {
    pub(crate) rate_hz: u32,
    pub(crate) openings: VecDeque<Vec<Piece>>,
    /// How many of the pieces take as long as they sound.
    pub(crate) paced: usize,
    crashes: bool,
    /// Gets a message each time an opening is over.
    closed: Option<mpsc::UnboundedSender<()>>,
}

impl Script {
    /// Speech at the pace of a microphone, and then the end of the input.
    pub(crate) fn speech(words: Range<u32>) -> Self {
        let mut pieces = spoken(&ToneSpeech::new(words, RATE_HZ));
        pieces.push(Piece::End);
        Self::of(RATE_HZ, pieces).paced()
    }

    /// Speech, and then silence.
    pub(crate) fn endless(words: Range<u32>) -> Self {
        let mut pieces = spoken(&ToneSpeech::new(words, RATE_HZ));
        let silence = vec![0.0; RATE_HZ as usize * 20];
        pieces.extend(blocks(RATE_HZ, &silence));
        Self::of(RATE_HZ, pieces).paced()
    }

    /// A source that panics.
    pub(crate) fn crashing() -> Self {
        let mut script = Self::of(RATE_HZ, vec![]);
        script.crashes = true;
        script
    }

    /// Also returns a channel that gets a message each time an opening is over.
    pub(crate) fn watched(mut self) -> (Self, mpsc::UnboundedReceiver<()>) {
        let (closed, receiver) = mpsc::unbounded_channel();
        self.closed = Some(closed);
        (self, receiver)
    }

    /// A source with a single opening, at once.
    pub(crate) fn of(rate_hz: u32, pieces: Vec<Piece>) -> Self {
        Self {
            rate_hz,
            openings: VecDeque::from([pieces]),
            paced: 0,
            crashes: false,
            closed: None,
        }
    }

    /// Passes on each piece when it would have been captured.
    pub(crate) fn paced(mut self) -> Self {
        self.paced = usize::MAX;
        self
    }

    /// Adds another opening.
    pub(crate) fn then(mut self, pieces: Vec<Piece>) -> Self {
        self.openings.push_back(pieces);
        self
    }
}

impl Source for Script {
    async fn open(&mut self, _device: Device) -> Result<AudioStream, OpenError> {
        assert!(!self.crashes, "a source may panic");
        let pieces = self.openings.pop_front().unwrap_or_default();
        if pieces.is_empty() {
            return Err(OpenError {
                failure: MicrophoneFailure::Missing,
                message: "There is nothing to hear.".to_owned(),
            });
        }
        let (writer, stream) = AudioStream::channel(self.rate_hz, 4);
        let (paced, closed) = (self.paced, self.closed.clone());
        tokio::spawn(async move {
            play(pieces, &writer, paced).await;
            // A microphone stays open.
            writer.stopped().await;
            closed.map(|closed| closed.send(()));
        });
        Ok(stream)
    }
}

/// Passes on the pieces, until the recording needs no more.
async fn play(pieces: Vec<Piece>, writer: &AudioWriter, paced: usize) {
    let mut tick = interval(BLOCK);
    tick.set_missed_tick_behavior(MissedTickBehavior::Burst);
    for (index, piece) in pieces.into_iter().enumerate() {
        if index < paced && matches!(piece, Piece::Block { .. }) {
            tokio::select! {
                _ = tick.tick() => {}
                () = writer.stopped() => return,
            }
        }
        if writer.is_stopped() || writer.send(piece).await.is_err() {
            return;
        }
    }
}

/// Adds the end of the input.
pub(crate) fn until_end(mut pieces: Vec<Piece>) -> Vec<Piece> {
    pieces.push(Piece::End);
    pieces
}

/// Returns blocks with these samples.
pub(crate) fn blocks(rate_hz: u32, samples: &[f32]) -> Vec<Piece> {
    let frames = rate_hz as usize * BLOCK.as_millis() as usize / 1_000;
    let blocks = samples.chunks(frames).map(|samples| Piece::Block {
        planar: samples.to_vec(),
        channels: 1,
    });
    blocks.collect()
}

/// Returns blocks with the words of `speech`.
pub(crate) fn spoken(speech: &ToneSpeech) -> Vec<Piece> {
    blocks(speech.rate_hz(), &speech.samples())
}

/// Length of a block, as most systems deliver.
const BLOCK: Duration = Duration::from_millis(20);

/// The rate of most microphones.
pub(crate) const RATE_HZ: u32 = 48_000;
