//! The list of devices, and the choice among them.

use inturn_client::{Device, DeviceChoice, MicrophoneFailure, Source};
use inturn_testkit::SoundServer;

use super::sound::{microphone_of, system};

#[tokio::test]
async fn devices_are_listed_with_their_outputs() {
    let server = SoundServer::pulseaudio().await;
    server
        .pactl(&["load-module", "module-null-sink", "sink_name=second"])
        .await;
    let source = ["load-module", "module-null-source", "source_name=desk"];
    server.pactl(&source).await;
    server.pactl(&["set-default-source", "desk"]).await;
    server.pactl(&["set-default-sink", "speakers"]).await;

    let devices = system(&server).devices().await.unwrap();

    let names: Vec<_> = devices.iter().map(|device| device.name.as_str()).collect();
    assert_eq!(names, ["desk", "speakers.monitor", "second.monitor"]);
    let indexes: Vec<_> = devices.iter().map(|device| device.index).collect();
    assert_eq!(indexes, [0, 1, 2]);
    let defaults: Vec<_> = devices.iter().map(|device| device.is_default).collect();
    assert_eq!(defaults, [true, false, false]);
    let played: Vec<_> = devices
        .iter()
        .map(|device| device.is_system_sound)
        .collect();
    assert_eq!(played, [false, true, false]);
    assert_eq!(devices[0].monitor_of, None);
    assert_eq!(devices[1].monitor_of.as_deref(), Some("Speakers"));
    assert_eq!(devices[1].description, "Monitor of Speakers");
}

#[tokio::test]
async fn an_unknown_device_is_an_error_that_lists_all() {
    let server = SoundServer::pulseaudio().await;
    let mut microphone = microphone_of(&server, DeviceChoice::Name("webcam".into()));
    let error = microphone.open(Device::Chosen).await.unwrap_err();
    assert_eq!(error.failure, MicrophoneFailure::Missing);
    assert_eq!(
        error.message,
        "There is no device \"webcam\". Choose one of: 0 speakers.monitor (Monitor of Speakers)."
    );
}

#[tokio::test]
async fn a_device_keeps_its_own_rate_and_channels() {
    let server = SoundServer::pulseaudio().await;
    let sink = [
        "load-module",
        "module-null-sink",
        "sink_name=phone",
        "rate=16000",
        "channels=1",
    ];
    server.pactl(&sink).await;
    let mut microphone = microphone_of(&server, DeviceChoice::Name("phone.monitor".into()));
    let stream = microphone.open(Device::Chosen).await.unwrap();
    assert_eq!(stream.rate_hz(), 16_000);
}
