//! A real microphone: the monitor of an output of a private PulseAudio.

use std::{ops::Range, time::Duration};

use inturn_emulator::{SessionLog, ToneSpeech};
use inturn_testkit::SoundServer;
use rustix::process::Signal;
use tokio::{
    process::Child,
    time::{sleep, timeout},
};

use crate::{
    audio::lines,
    output::DEADLINE,
    program::{Program, Running},
    stage::Stage,
};

/// Plays words on the speakers, in turns of three.
fn play(server: &SoundServer, words: Range<u32>) -> Child {
    play_speech(
        server,
        &ToneSpeech::new(words, 48_000).with_turns_of(3, 2_000),
    )
}

fn play_speech(server: &SoundServer, speech: &ToneSpeech) -> Child {
    let samples = speech.samples().into_iter();
    let samples = samples.map(|sample| (sample * f32::from(i16::MAX)) as i16);
    let stereo: Vec<i16> = samples.flat_map(|sample| [sample, sample]).collect();
    server.play(&stereo)
}

/// The program, with the sound server.
fn program(server: &SoundServer, program: Program) -> Program {
    program.var(
        "PULSE_SERVER",
        format!("unix:{}", server.socket().display()),
    )
}

/// Waits until a session has begun, from when on the microphone is open.
async fn wait_until_it_records(stage: &Stage) {
    let records = |logs: &[SessionLog]| logs.iter().any(|log| log.begun && log.audio_ms > 0);
    let waiting = timeout(DEADLINE, stage.emulator.wait_for(records)).await;
    waiting.expect("it records");
}

async fn stop(running: Running) -> String {
    running.signal(Signal::INT);
    let ended = running.end().await;
    assert_eq!(ended.status, Some(0), "{ended:?}");
    ended.stdout
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_played_comes_out_as_its_words() {
    let server = SoundServer::pulseaudio().await;
    for args in [
        &["--system"][..],
        &["--device", "speakers"],
        &["--device", "0"],
        &[],
    ] {
        let stage = Stage::start("[]").await;
        let mut running = program(&server, Program::at(&stage, args)).start();
        wait_until_it_records(&stage).await;
        let mut player = play(&server, 0..6);
        running.stdout.wait_for(&lines(0..6)).await;
        player.wait().await.expect("it ends");
        assert_eq!(stop(running).await, lines(0..6), "{args:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn devices_are_listed() {
    let server = SoundServer::pulseaudio().await;
    let ended = program(&server, Program::new(["devices"])).run().await;
    assert_eq!(ended.status, Some(0), "{ended:?}");
    let expected = "What outputs play (* is --system):\n\
                    *  0  Monitor of Speakers  (speakers.monitor)\n";
    assert_eq!(ended.stdout, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_check_says_how_loud_a_device_is() {
    let server = SoundServer::pulseaudio().await;
    let stage = Stage::start("[]").await;
    // It lasts far longer than the check, and ends with the test.
    let _player = play_speech(&server, &ToneSpeech::new(0..400, 48_000));
    let plays = async {
        while !server
            .pactl(&["list", "short", "sinks"])
            .await
            .contains("RUNNING")
        {
            sleep(POLL).await;
        }
    };
    timeout(DEADLINE, plays).await.expect("it plays");
    let ended = program(&server, Program::at(&stage, ["check", "--system"]))
        .run()
        .await;
    assert_eq!(ended.status, Some(0), "{ended:?}");
    let device = ended.stdout.lines().next().unwrap_or_default();
    assert!(device.contains("48000 Hz, loudest -"), "{ended:?}");
    assert!(ended.stdout.contains("began and ended"), "{ended:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_device_is_unplugged_the_recording_goes_on_with_another() {
    let server = SoundServer::pulseaudio().await;
    let headset = ["load-module", "module-null-sink", "sink_name=headset"];
    let module = server.pactl(&headset).await;
    let stage = Stage::start("[]").await;
    let args = ["--device", "headset", "--format", "jsonl"];
    let mut running = program(&server, Program::at(&stage, args)).start();
    wait_until_it_records(&stage).await;
    server.pactl(&["unload-module", &module]).await;
    // Written when the next device is there.
    running.stderr.wait_for("disconnected").await;
    let mut player = play(&server, 0..3);
    running.stdout.wait_for("word2.").await;
    player.wait().await.expect("it ends");
    let text = stop(running).await;
    let words = crate::reader::words(inturn_terminal::output::Format::Jsonl, &text);
    assert_eq!(words, Ok(crate::audio::words(3)), "{text}");
}

const POLL: Duration = Duration::from_millis(20);
