//! The program itself, with the microphone and the speakers of a private PulseAudio.

use std::{fs, ops::Range, path::Path, process::Stdio, time::Duration};

use inturn_emulator::{SessionLog, ToneSpeech};
use inturn_testkit::{SoundServer, secrets::KEY};
use tokio::{
    process::{Child, Command},
    time::timeout,
};

use super::stage::{Stage, numbers};

#[tokio::test]
async fn the_microphone_and_what_the_computer_plays_are_transcribed_together() {
    let server = SoundServer::pulseaudio().await;
    // What is played here is heard by the microphone.
    let room = [
        "load-module",
        "module-null-sink",
        "sink_name=room",
        "rate=48000",
    ];
    server.pactl(&room).await;
    server.pactl(&["set-default-sink", "speakers"]).await;
    server.pactl(&["set-default-source", "room.monitor"]).await;

    let stage = Stage::start().await;
    let folder = tempfile::tempdir().expect("a folder");
    let program = server
        .command(env!("CARGO_BIN_EXE_inturn-listen"))
        .args(["--both", "--service-url", &stage.url()])
        .env("ASSEMBLYAI_API_KEY", KEY)
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    wait_for_audio_ms(&stage, 500).await;
    let mut players = [
        play(&server, folder.path(), "room", 0..9),
        play(&server, folder.path(), "speakers", 100..109),
    ];
    for player in &mut players {
        assert!(player.wait().await.is_ok_and(|it| it.success()), "it plays");
    }
    let heard_ms = stage.emulator.sessions().iter().map(|it| it.audio_ms).max();
    // The end is heard within two seconds.
    wait_for_audio_ms(&stage, heard_ms.unwrap_or_default() + 2_000).await;
    let id = program.id().expect("it runs").to_string();
    let stopped = Command::new("kill").args(["-INT", &id]).status().await;
    assert!(stopped.is_ok_and(|it| it.success()), "it runs");

    let ended = program.wait_with_output().await.expect("its output");
    let errors = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(0), "{errors}");
    assert!(errors.starts_with("There are two sessions"), "{errors}");
    let text = String::from_utf8(ended.stdout).expect("text");
    for (label, expected) in [("You: ", 0..9), ("Meeting: ", 100..109)] {
        let lines = text.lines().filter_map(|it| it.strip_prefix(label));
        let said = lines.collect::<Vec<_>>().join(" ");
        assert_eq!(numbers(&said), Vec::from_iter(expected), "{label}:\n{text}");
    }
}

/// Waits until each of two sessions has received this much audio.
async fn wait_for_audio_ms(stage: &Stage, ms: u64) {
    let has_audio =
        |logs: &[SessionLog]| logs.len() == 2 && logs.iter().all(|log| log.audio_ms >= ms);
    let heard = timeout(DEADLINE, stage.emulator.wait_for(has_audio)).await;
    assert!(heard.is_ok(), "{:?}", stage.emulator.sessions());
}

/// Plays words on an output, after half a second of silence: monitors miss the start.
fn play(server: &SoundServer, folder: &Path, sink: &str, words: Range<u32>) -> Child {
    let speech = ToneSpeech::new(words, RATE_HZ).with_turns_of(3, 1_500);
    let path = folder.join(sink);
    let mut bytes = vec![0; RATE_HZ as usize];
    let samples = speech.samples().into_iter();
    let samples = samples.map(|it| (it * f32::from(i16::MAX)).round() as i16);
    bytes.extend(samples.flat_map(i16::to_le_bytes));
    fs::write(&path, bytes).expect("a file");
    server
        .command("pacat")
        .args(["--playback", "--raw", "--format=s16le", "--channels=1"])
        .args([format!("--rate={RATE_HZ}"), format!("--device={sink}")])
        .arg(&path)
        .spawn()
        .expect("pacat of the package pulseaudio-utils: `cargo xtask test` installs it")
}

const RATE_HZ: u32 = 48_000;
/// Not an expectation: a limit for broken programs.
const DEADLINE: Duration = Duration::from_secs(60);
