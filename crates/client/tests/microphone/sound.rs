//! Noise, and the comparison of what was played with what was captured.

use inturn_client::{DeviceChoice, Microphone, SoundSystem};
use inturn_testkit::SoundServer;

/// Stereo noise, loud enough that no sample is zero for long.
pub(crate) fn noise(seconds: usize) -> Vec<i16> {
    let mut random = fastrand::Rng::with_seed(7);
    let samples = 2 * RATE * seconds;
    (0..samples).map(|_| random.i16(-8_000..8_000)).collect()
}

/// The devices of a server.
pub(crate) fn system(server: &SoundServer) -> SoundSystem {
    SoundSystem::from_env().with_socket(server.socket())
}

pub(crate) fn microphone_of(server: &SoundServer, choice: DeviceChoice) -> Microphone {
    Microphone::on(system(server), choice)
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
