//! Samples that a server drops are counted.

use std::time::Duration;

use inturn_client::{Device, DeviceChoice, Microphone, Piece, Source};
use inturn_testkit::SoundServer;

use super::{
    captured::Captured,
    sound::{RATE, correlation, left, microphone_of, noise, system},
};

#[tokio::test]
async fn samples_that_pulseaudio_drops_are_counted() {
    counts_what_is_dropped(SoundServer::pulseaudio().await).await;
}

#[tokio::test]
async fn samples_that_pipewire_drops_are_counted() {
    counts_what_is_dropped(SoundServer::pipewire().await).await;
}

/// The recording doesn't read until the server must have dropped samples. After that, everything
/// is in its place again.
async fn counts_what_is_dropped(server: SoundServer) {
    let system = system(&server).with_buffer(Duration::from_millis(500));
    let mut microphone = Microphone::on(system, DeviceChoice::SystemSound);
    let mut stream = microphone.open(Device::Chosen).await.unwrap();
    let noise = noise(12);
    let played = left(&noise);
    let mut player = server.play(&noise);
    let mut captured = Captured::default();
    captured
        .read_until(&mut stream, |captured| captured.sound().len() > RATE)
        .await;

    let mut other = microphone_of(&server, DeviceChoice::SystemSound);
    let mut other = other.open(Device::Chosen).await.unwrap();
    let is_long = |other: &Captured| other.left.len() >= 4 * RATE;
    Captured::default().read_until(&mut other, is_long).await;

    let until_end = |captured: &Captured| {
        let lost: usize = lost_samples(captured);
        lost > 0 && captured.sound().len() + lost >= played.len() - RATE / 2
    };
    captured.read_until(&mut stream, until_end).await;
    player.kill().await.unwrap();

    let lost = lost_samples(&captured);
    let last = &captured.sound()[captured.sound().len() - RATE / 10..];
    let (place, best) = place_of(&played, last);
    assert!(
        best >= 0.99,
        "the end of what was captured was not played: {best}"
    );
    let expected = captured.sound().len() - last.len() + lost;
    let off = place.abs_diff(expected);
    assert!(
        off < RATE / 5,
        "{lost} samples counted, {off} too many or too few"
    );
}

fn lost_samples(captured: &Captured) -> usize {
    let lost = captured.others.iter().map(|piece| match piece {
        Piece::Overrun { samples } => usize::try_from(*samples).unwrap(),
        other => panic!("{other:?}"),
    });
    lost.sum()
}

/// Finds where a part was played.
fn place_of(played: &[f32], part: &[f32]) -> (usize, f32) {
    let head = &part[..64];
    let places = 0..played.len() - part.len();
    let head_fits = |place: &usize| correlation(head, &played[*place..][..64]) > 0.9;
    let place = places.clone().find(head_fits).unwrap_or(0);
    (place, correlation(part, &played[place..][..part.len()]))
}
