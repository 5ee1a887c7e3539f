//! What a stream delivers.

use std::time::Duration;

use inturn_client::{AudioStream, Piece};
use tokio::time::timeout;

/// What was captured: the left channel, and all other pieces.
#[derive(Debug, Default)]
pub(crate) struct Captured {
    pub(crate) left: Vec<f32>,
    pub(crate) others: Vec<Piece>,
    pub(crate) block_frames: Vec<usize>,
}

impl Captured {
    /// Adds a piece.
    pub(crate) fn push(&mut self, piece: Piece) {
        match piece {
            Piece::Block { planar, channels } => {
                let frames = planar.len() / channels;
                self.left.extend_from_slice(&planar[..frames]);
                self.block_frames.push(frames);
            }
            piece => self.others.push(piece),
        }
    }

    /// Reads pieces until `is_enough`.
    pub(crate) async fn read_until(
        &mut self,
        stream: &mut AudioStream,
        is_enough: impl Fn(&Self) -> bool,
    ) {
        let read = async {
            while !is_enough(self) {
                let piece = stream.next().await.expect("the stream goes on");
                self.push(piece);
            }
        };
        timeout(DEADLINE, read).await.expect("enough is captured");
    }

    /// Reads until the stream ends.
    pub(crate) async fn read_to_end(&mut self, stream: &mut AudioStream) {
        let read = async {
            while let Some(piece) = stream.next().await {
                self.push(piece);
            }
        };
        timeout(DEADLINE, read).await.expect("the stream ends");
    }
}

#[cfg(feature = "sound")]
impl Captured {
    /// What a stream delivers up to its first samples.
    pub(crate) async fn first_of(stream: &mut AudioStream) -> Self {
        let mut captured = Self::default();
        let has_samples = |captured: &Self| !captured.left.is_empty();
        captured.read_until(stream, has_samples).await;
        captured
    }

    /// Reads until the stream ends, one piece after each of `pace`.
    pub(crate) async fn read_slowly_to_end(
        &mut self,
        stream: &mut AudioStream,
        pace: &mut AudioStream,
    ) {
        let read = async {
            while let Some(piece) = stream.next().await {
                self.push(piece);
                pace.next().await.expect("the pace goes on");
            }
        };
        timeout(DEADLINE, read).await.expect("the stream ends");
    }

    /// The captured samples after the first sound.
    pub(crate) fn sound(&self) -> &[f32] {
        let start = self.left.iter().position(|sample| *sample != 0.0);
        &self.left[start.unwrap_or(self.left.len())..]
    }
}

/// Not an expectation: a limit for broken tests.
const DEADLINE: Duration = Duration::from_secs(60);
