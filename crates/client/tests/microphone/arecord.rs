//! Where there is no sound server, `arecord` is asked. A script stands in for it.

use std::fs;

use inturn_client::{Device, DeviceChoice, MicrophoneFailure, Piece, Source};

use super::{captured::Captured, script::Script};

#[tokio::test]
async fn its_samples_are_captured_until_it_ends() {
    let script =
        Script::new("echo 'overrun!!! (at least 10.000 ms long)' >&2\nseq 1000 | tr -d '\\n'");
    let mut microphone = script.microphone(DeviceChoice::Default);
    assert!(!script.was_called());
    let mut stream = microphone.open(Device::Chosen).await.unwrap();
    assert!(script.was_called());
    assert_eq!(stream.rate_hz(), 48_000);
    let mut captured = Captured::default();
    captured.read_to_end(&mut stream).await;

    let text: String = (1..=1000).map(|number| number.to_string()).collect();
    let samples = text.as_bytes().as_chunks().0.iter();
    let expected: Vec<_> = samples
        .map(|sample| f32::from(i16::from_le_bytes(*sample)) / 32_768.0)
        .collect();
    assert_eq!(captured.left, expected);
    assert!(
        captured.others.contains(&Piece::Overrun { samples: 480 }),
        "{captured:?}"
    );
    let cause = "arecord has ended".into();
    assert_eq!(captured.others.last(), Some(&Piece::Lost { cause }));
}

#[tokio::test]
async fn it_is_asked_for_the_chosen_card() {
    let script = Script::new("printf '%s ' \"$@\"");
    for (choice, device) in [
        (DeviceChoice::Default, "default"),
        (
            DeviceChoice::Name("webcam".into()),
            "plughw:CARD=Webcam,DEV=0",
        ),
    ] {
        let mut stream = script
            .microphone(choice)
            .open(Device::Chosen)
            .await
            .unwrap();
        let mut captured = Captured::default();
        captured.read_to_end(&mut stream).await;
        let bytes = captured
            .left
            .iter()
            .flat_map(|sample| ((sample * 32_768.0) as i16).to_le_bytes());
        let text = String::from_utf8(bytes.collect()).unwrap();
        assert!(
            text.starts_with("-q -t raw -f S16_LE -c 1 -r 48000 "),
            "{text}"
        );
        assert!(text.contains(&format!("-D {device}")), "{text}");
    }
}

#[tokio::test]
async fn its_failures_have_kinds() {
    for (message, failure) in [
        (
            "audio open error: Device or resource busy",
            MicrophoneFailure::Busy,
        ),
        (
            "audio open error: Permission denied",
            MicrophoneFailure::Denied,
        ),
        (
            "audio open error: No such file or directory",
            MicrophoneFailure::Missing,
        ),
    ] {
        let script = Script::new(&format!("echo 'arecord: main:831: {message}' >&2; exit 1"));
        let error = script.error(DeviceChoice::Default).await;
        assert_eq!(error.failure, failure);
        assert!(error.message.contains(message), "{error}");
    }
}

#[tokio::test]
async fn a_card_that_delivers_nothing_is_an_error() {
    let script = Script::new("exec sleep 600");
    let error = script.error(DeviceChoice::Default).await;
    assert_eq!(error.failure, MicrophoneFailure::Other);
    assert_eq!(
        error.message,
        "The microphone can't be opened: Default of ALSA delivers no sound."
    );
}

#[tokio::test]
async fn a_stop_ends_it_and_what_it_has_written_arrives() {
    let script = Script::new("echo $$ >$(dirname $0)/pid; head -c 9600 /dev/zero; exec sleep 600");
    let mut microphone = script.microphone(DeviceChoice::Default);
    let mut stream = microphone.open(Device::Chosen).await.unwrap();
    let mut captured = Captured::default();
    captured
        .read_until(&mut stream, |captured| captured.left.len() == 4_800)
        .await;
    stream.stop();
    captured.read_to_end(&mut stream).await;
    assert_eq!(captured.left.len(), 4_800);
    assert_eq!(captured.others, []);
    let process = script.written("pid");
    let is_there = fs::exists(format!("/proc/{process}")).unwrap();
    assert!(!is_there, "arecord still runs");
}

#[tokio::test]
async fn ctrl_c_in_the_terminal_does_not_reach_it() {
    let script = Script::new("cat /proc/$$/stat >$(dirname $0)/stat; head -c 9600 /dev/zero");
    let mut microphone = script.microphone(DeviceChoice::Default);
    let mut stream = microphone.open(Device::Chosen).await.unwrap();
    Captured::default().read_to_end(&mut stream).await;
    // The fifth field of its `stat` is its process group.
    let stat = script.written("stat");
    let fields: Vec<_> = stat.split(' ').collect();
    assert_eq!(fields[4], fields[0], "it is not the leader of its group");
}

#[tokio::test]
async fn without_cards_one_sentence_says_what_to_do() {
    let script = Script::with_cards("", "exit 1");
    let error = script.error(DeviceChoice::Default).await;
    assert_eq!(error.failure, MicrophoneFailure::Missing);
    assert!(
        error
            .message
            .starts_with("No microphone: there is no PulseAudio"),
        "{error}"
    );
}
