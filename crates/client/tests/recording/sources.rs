//! Sources of tests.

use std::{collections::VecDeque, ops::Range, time::Duration};

use inturn_client::{AudioStream, Device, MicrophoneFailure, OpenError, Piece, Source};
use inturn_emulator::ToneSpeech;
use tokio::time::{MissedTickBehavior, interval};

/// A source that passes on what it was given. Each opening has its pieces; it fails without any.
pub(crate) struct Script {
    pub(crate) rate_hz: u32,
    pub(crate) openings: VecDeque<Vec<Piece>>,
    /// Whether a piece takes as long as it sounds.
    pub(crate) is_paced: bool,
}

impl Script {
    /// Speech at the pace of a microphone, and then the end of the input.
    pub(crate) fn speech(words: Range<u32>) -> Self {
        let mut pieces = spoken(&ToneSpeech::new(words, RATE_HZ));
        pieces.push(Piece::End);
        Self::of(RATE_HZ, pieces).paced()
    }

    /// A source with a single opening, at once.
    pub(crate) fn of(rate_hz: u32, pieces: Vec<Piece>) -> Self {
        Self {
            rate_hz,
            openings: VecDeque::from([pieces]),
            is_paced: false,
        }
    }

    /// Passes on each piece when it would have been captured.
    pub(crate) fn paced(mut self) -> Self {
        self.is_paced = true;
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
        let pieces = self.openings.pop_front().unwrap_or_default();
        if pieces.is_empty() {
            return Err(OpenError {
                failure: MicrophoneFailure::Missing,
                message: "There is nothing to hear.".to_owned(),
            });
        }
        let (writer, stream) = AudioStream::channel(self.rate_hz, 4);
        let is_paced = self.is_paced;
        tokio::spawn(async move {
            let mut tick = interval(BLOCK);
            tick.set_missed_tick_behavior(MissedTickBehavior::Burst);
            for piece in pieces {
                if is_paced && matches!(piece, Piece::Block { .. }) {
                    tokio::select! {
                        _ = tick.tick() => {}
                        () = writer.stopped() => return,
                    }
                }
                if writer.is_stopped() || writer.send(piece).await.is_err() {
                    return;
                }
            }
            // A microphone stays open.
            writer.stopped().await;
        });
        Ok(stream)
    }
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
