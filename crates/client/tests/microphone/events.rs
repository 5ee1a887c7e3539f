//! What happens to a device during a recording.

use inturn_client::{Device, DeviceChoice, Microphone, MicrophoneFailure, Piece, Source};
use inturn_testkit::SoundServer;

use super::{
    captured::Captured,
    script::Script,
    sound::{microphone_of, noise, system},
};

#[tokio::test]
async fn a_device_removed_from_pulseaudio_is_lost_and_the_default_is_opened_next() {
    loses_a_removed_device(SoundServer::pulseaudio().await).await;
}

#[tokio::test]
async fn a_device_removed_from_pipewire_is_lost_and_the_default_is_opened_next() {
    loses_a_removed_device(SoundServer::pipewire().await).await;
}

async fn loses_a_removed_device(server: SoundServer) {
    let headset = ["load-module", "module-null-sink", "sink_name=headset"];
    let module = server.pactl(&headset).await;
    let mut microphone = microphone_of(&server, DeviceChoice::Name("headset.monitor".into()));
    let mut stream = microphone.open(Device::Chosen).await.unwrap();
    let mut captured = Captured::first_of(&mut stream).await;

    server.pactl(&["unload-module", &module]).await;
    captured.read_to_end(&mut stream).await;
    assert_eq!(
        captured.others.last(),
        Some(&lost("the device was disconnected"))
    );

    // It is gone, so it can't be opened again.
    let error = microphone.open(Device::Lost).await.unwrap_err();
    assert!(error.message.contains("headset.monitor"), "{error}");
    let mut stream = microphone.open(Device::SystemDefault).await.unwrap();
    Captured::first_of(&mut stream).await;
}

#[tokio::test]
async fn a_device_that_comes_back_is_opened_again() {
    let server = SoundServer::pulseaudio().await;
    let headset = ["load-module", "module-null-sink", "sink_name=headset"];
    let module = server.pactl(&headset).await;
    let mut microphone = microphone_of(&server, DeviceChoice::Name("head".into()));
    let mut stream = microphone.open(Device::Chosen).await.unwrap();
    server.pactl(&["unload-module", &module]).await;
    Captured::default().read_to_end(&mut stream).await;

    server.pactl(&headset).await;
    let mut stream = microphone.open(Device::Lost).await.unwrap();
    Captured::first_of(&mut stream).await;
}

#[tokio::test]
async fn the_default_microphone_goes_on_with_the_next_default() {
    let server = SoundServer::pulseaudio().await;
    let headset = ["load-module", "module-null-sink", "sink_name=headset"];
    let module = server.pactl(&headset).await;
    server
        .pactl(&["set-default-source", "headset.monitor"])
        .await;
    let mut microphone = microphone_of(&server, DeviceChoice::Default);
    let mut stream = microphone.open(Device::Chosen).await.unwrap();
    let mut captured = Captured::first_of(&mut stream).await;

    server.pactl(&["unload-module", &module]).await;
    let played = noise(2);
    let _player = server.play(&played);
    captured
        .read_until(&mut stream, |captured| captured.sound().len() > 48_000)
        .await;
    assert!(
        captured.others.contains(&Piece::DevicesChanged),
        "{:?}",
        captured.others
    );
    let is_other = |piece: &Piece| *piece != Piece::DevicesChanged;
    assert!(
        !captured.others.iter().any(is_other),
        "{:?}",
        captured.others
    );
}

#[tokio::test]
async fn the_end_of_the_server_is_a_loss() {
    let server = SoundServer::pulseaudio().await;
    let mut microphone = microphone_of(&server, DeviceChoice::Default);
    let mut stream = microphone.open(Device::Chosen).await.unwrap();
    server.end().await;
    let mut captured = Captured::default();
    captured.read_to_end(&mut stream).await;
    assert!(
        matches!(captured.others.last(), Some(Piece::Lost { .. })),
        "{captured:?}"
    );
}

#[tokio::test]
async fn a_server_that_has_ended_is_awaited_and_arecord_is_not_called() {
    let server = SoundServer::pulseaudio().await;
    let script = Script::new("head -c 9600 /dev/zero");
    let system = system(&server).with_arecord(script.path());
    let mut microphone = Microphone::on(system, DeviceChoice::Default);
    let mut stream = microphone.open(Device::Chosen).await.unwrap();
    server.end().await;
    Captured::default().read_to_end(&mut stream).await;
    for device in [Device::Lost, Device::SystemDefault] {
        let error = microphone.open(device).await.unwrap_err();
        assert_eq!(error.failure, MicrophoneFailure::Missing);
        assert_eq!(error.message, "The sound server has ended.");
    }
    assert!(!script.was_called());
}

#[tokio::test]
async fn muted_and_suspended_devices_of_pulseaudio_are_held() {
    let server = SoundServer::pulseaudio().await;
    let mut microphone = microphone_of(&server, DeviceChoice::Default);
    let mut stream = microphone.open(Device::Chosen).await.unwrap();
    let mut captured = Captured::default();
    let changes = [
        (["set-source-mute", "speakers.monitor", "1"], true),
        (["set-source-mute", "speakers.monitor", "0"], false),
        (["suspend-sink", "speakers", "1"], true),
        (["suspend-sink", "speakers", "0"], false),
    ];
    let mut expected = Vec::new();
    for (command, is_held) in changes {
        server.pactl(&command).await;
        expected.push(Piece::Held(is_held));
        let count = expected.len();
        captured
            .read_until(&mut stream, |captured| captured.others.len() >= count)
            .await;
        assert_eq!(captured.others, expected, "after {command:?}");
    }
}

#[tokio::test]
async fn a_muted_device_of_pipewire_is_held() {
    let server = SoundServer::pipewire().await;
    let mut microphone = microphone_of(&server, DeviceChoice::SystemSound);
    let mut stream = microphone.open(Device::Chosen).await.unwrap();
    let mut captured = Captured::first_of(&mut stream).await;
    for (value, is_held) in [("1", true), ("0", false)] {
        server
            .pactl(&["set-source-mute", "speakers.monitor", value])
            .await;
        let is_noted = |captured: &Captured| captured.others.last() == Some(&Piece::Held(is_held));
        captured.read_until(&mut stream, is_noted).await;
    }
}

#[tokio::test]
async fn a_device_that_is_muted_already_is_held_from_the_start() {
    let server = SoundServer::pulseaudio().await;
    server
        .pactl(&["set-source-mute", "speakers.monitor", "1"])
        .await;
    let mut microphone = microphone_of(&server, DeviceChoice::Default);
    let mut stream = microphone.open(Device::Chosen).await.unwrap();
    assert_eq!(stream.next().await, Some(Piece::Held(true)));
}

#[tokio::test]
async fn a_new_device_is_reported() {
    let server = SoundServer::pulseaudio().await;
    let mut microphone = microphone_of(&server, DeviceChoice::Default);
    let mut stream = microphone.open(Device::Chosen).await.unwrap();
    let mut captured = Captured::first_of(&mut stream).await;
    server
        .pactl(&["load-module", "module-null-sink", "sink_name=second"])
        .await;
    captured
        .read_until(&mut stream, |captured| !captured.others.is_empty())
        .await;
    assert_eq!(captured.others, [Piece::DevicesChanged]);
}

#[tokio::test]
async fn system_sound_follows_the_default_output() {
    let server = SoundServer::pulseaudio().await;
    server
        .pactl(&["load-module", "module-null-sink", "sink_name=headset"])
        .await;
    server.pactl(&["set-default-sink", "speakers"]).await;
    let mut microphone = microphone_of(&server, DeviceChoice::SystemSound);
    let mut stream = microphone.open(Device::Chosen).await.unwrap();
    let mut captured = Captured::first_of(&mut stream).await;

    server.pactl(&["set-default-sink", "headset"]).await;
    captured.read_to_end(&mut stream).await;
    let cause = lost("another output is the default now");
    assert_eq!(captured.others.last(), Some(&cause));

    // The new one is silent, and the old one is played on.
    let mut stream = microphone.open(Device::Lost).await.unwrap();
    let mut captured = Captured::default();
    let mut player = server.play(&noise(1));
    player.wait().await.unwrap();
    stream.stop();
    captured.read_to_end(&mut stream).await;
    assert!(captured.sound().is_empty());
}

#[tokio::test]
async fn what_was_captured_before_the_stop_arrives() {
    let server = SoundServer::pulseaudio().await;
    let mut microphone = microphone_of(&server, DeviceChoice::Default);
    let mut stream = microphone.open(Device::Chosen).await.unwrap();
    let mut captured = Captured::default();
    let mut player = server.play(&noise(20));
    captured
        .read_until(&mut stream, |captured| captured.sound().len() > 9_600)
        .await;
    // The stream isn't read while another one captures a second.
    let mut other = microphone_of(&server, DeviceChoice::Default);
    let mut other = other.open(Device::Chosen).await.unwrap();
    let is_second = |other: &Captured| other.left.len() >= 48_000;
    Captured::default().read_until(&mut other, is_second).await;
    let before = captured.left.len();
    stream.stop();
    // A busy machine reads what is left for longer than new samples are awaited.
    captured.read_slowly_to_end(&mut stream, &mut other).await;
    player.kill().await.unwrap();
    let arrived = captured.left.len() - before;
    assert!(arrived > 38_400, "{arrived} samples arrive after the stop");
    assert_eq!(captured.others, []);
}

fn lost(cause: &str) -> Piece {
    Piece::Lost {
        cause: cause.into(),
    }
}
