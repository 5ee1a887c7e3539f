//! Test signals, and what a source delivers.

use std::{
    f32::consts::TAU,
    path::{Path, PathBuf},
};

use inturn_client::{Device, FileProgress, FileSource, Pace, Piece, Source};

/// What a source has delivered.
#[derive(Debug)]
pub(crate) struct Played {
    pub(crate) rate_hz: u32,
    /// The samples of each channel.
    pub(crate) planes: Vec<Vec<f32>>,
    pub(crate) progress: FileProgress,
}

impl Played {
    /// Plays all of a source, as fast as it goes.
    pub(crate) async fn all(source: FileSource) -> Self {
        let mut source = source.with_pace(Pace::Unpaced);
        let mut stream = source.open(Device::Chosen).await.unwrap();
        let mut planes: Vec<Vec<f32>> = Vec::new();
        loop {
            match stream.next().await.unwrap() {
                Piece::Block { planar, channels } => {
                    planes.resize(channels, Vec::new());
                    for (plane, samples) in planes
                        .iter_mut()
                        .zip(planar.chunks(planar.len() / channels))
                    {
                        plane.extend_from_slice(samples);
                    }
                }
                Piece::End => break,
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(stream.next().await, None);
        Self {
            rate_hz: stream.rate_hz(),
            planes,
            progress: source.progress(),
        }
    }

    pub(crate) async fn file(path: impl Into<PathBuf>) -> Self {
        Self::all(FileSource::open(path, None).unwrap()).await
    }
}

/// Noise of 16 bit.
pub(crate) fn noise(samples: usize) -> Vec<i16> {
    let mut random = fastrand::Rng::with_seed(7);
    (0..samples).map(|_| random.i16(..)).collect()
}

pub(crate) fn floats(samples: &[i16]) -> Vec<f32> {
    samples
        .iter()
        .map(|sample| f32::from(*sample) / 32_768.0)
        .collect()
}

/// A tone of 440 Hz, 1.5 s at 16 kHz, as ffmpeg's source `sine` makes it.
pub(crate) fn tone() -> Vec<i16> {
    let sample = |index: u16| (f32::from(index) * 440.0 * TAU / 16_000.0).sin() * 4_096.0;
    (0..24_000).map(|index| sample(index) as i16).collect()
}

/// Writes samples of 16 bit to a WAV file.
pub(crate) fn write_wav(path: &Path, channels: u16, sample_rate: u32, samples: &[i16]) {
    let spec = hound::WavSpec {
        channels,
        sample_rate,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(path, spec).unwrap();
    for sample in samples {
        writer.write_sample(*sample).unwrap();
    }
    writer.finalize().unwrap();
}

/// The path of a fixture.
pub(crate) fn fixture(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/files/fixtures");
    folder.join(name)
}

/// Asserts that `played` is `expected` after some samples of the encoder.
pub(crate) fn assert_alike(played: &[f32], expected: &[f32], most_delay: usize) {
    let middle = &expected[4_000..expected.len() - 4_000];
    let best = (0..=most_delay)
        .map(|delay| correlation(&played[4_000 + delay..], middle))
        .fold(0.0, f32::max);
    assert!(best > 0.99, "the best correlation is {best}");
}

fn correlation(a: &[f32], b: &[f32]) -> f32 {
    let product = |a: &[f32], b: &[f32]| -> f32 { a.iter().zip(b).map(|(a, b)| a * b).sum() };
    let a = &a[..b.len().min(a.len())];
    product(a, b) / (product(a, a) * product(b, b)).sqrt()
}
