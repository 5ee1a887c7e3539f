//! What is played is captured, sample by sample.

use inturn_client::{Device, DeviceChoice, Source};
use inturn_testkit::SoundServer;

use super::{
    captured::Captured,
    sound::{assert_same, left, microphone_of, noise},
};

#[tokio::test]
async fn pulseaudio_s_monitor_gives_what_is_played() {
    captures_what_is_played(SoundServer::pulseaudio().await).await;
}

#[tokio::test]
async fn pipewire_s_monitor_gives_what_is_played() {
    captures_what_is_played(SoundServer::pipewire().await).await;
}

async fn captures_what_is_played(server: SoundServer) {
    let mut microphone = microphone_of(&server, DeviceChoice::SystemSound);
    let mut stream = microphone.open(Device::Chosen).await.unwrap();
    assert_eq!(stream.rate_hz(), 48_000);

    let noise = noise(5);
    let played = left(&noise);
    let mut player = server.play(&noise);
    let mut captured = Captured::default();
    let enough = |captured: &Captured| captured.sound().len() >= played.len();
    captured.read_until(&mut stream, enough).await;
    player.wait().await.unwrap();
    stream.stop();
    captured.read_to_end(&mut stream).await;

    assert_same(&played, captured.sound());
    assert_eq!(captured.others, []);
    let longest = captured.block_frames.iter().max();
    assert!(longest <= Some(&2_400), "a block has {longest:?} samples");
}
