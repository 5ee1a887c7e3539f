//! Noise, and the comparison of what was played with what was captured.

use inturn_client::{AudioStream, Piece};
use tokio::time::timeout;

use super::server::DEADLINE;

/// Stereo noise, loud enough that no sample is zero for long.
pub(crate) fn noise(seconds: usize) -> Vec<i16> {
    let mut random = fastrand::Rng::with_seed(7);
    let samples = 2 * RATE * seconds;
    (0..samples).map(|_| random.i16(-8_000..8_000)).collect()
}

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

    /// The captured samples after the first sound.
    pub(crate) fn sound(&self) -> &[f32] {
        let start = self.left.iter().position(|sample| *sample != 0.0);
        &self.left[start.unwrap_or(self.left.len())..]
    }
}

/// The left channel of stereo samples.
pub(crate) fn left(samples: &[i16]) -> Vec<f32> {
    let left = samples.iter().step_by(2);
    left.map(|sample| f32::from(*sample) / 32_768.0).collect()
}

/// Asserts that each 100 ms of `captured` is what was played, at the same place.
pub(crate) fn assert_same(played: &[f32], captured: &[f32]) {
    assert!(
        captured.len() >= played.len(),
        "{} samples are missing",
        played.len() - captured.len()
    );
    for (index, (played, captured)) in played
        .chunks(RATE / 10)
        .zip(captured.chunks(RATE / 10))
        .enumerate()
    {
        let correlation = correlation(played, captured);
        assert!(correlation >= 0.99, "{correlation} at {} ms", index * 100);
    }
}

/// Correlation of two signals, over the length of the shorter one.
pub(crate) fn correlation(a: &[f32], b: &[f32]) -> f32 {
    let product = |a: &[f32], b: &[f32]| -> f32 { a.iter().zip(b).map(|(a, b)| a * b).sum() };
    let length = a.len().min(b.len());
    let (a, b) = (&a[..length], &b[..length]);
    product(a, b) / (product(a, a) * product(b, b)).sqrt()
}

pub(crate) const RATE: usize = 48_000;
