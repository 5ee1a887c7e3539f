//! `--record-dir`: the recorded files.

use std::path::{Path, PathBuf};

use inturn_emulator::{Options, SessionLog};
use serde_json::{Value, json};

use crate::{
    client::{RunningEmulator, options, start_faulty, start_with},
    sound::{silence, voice},
};

/// Starts an emulator that records to a folder that does not exist yet.
async fn start(folder: &Path) -> RunningEmulator {
    start_with(Options {
        record_dir: Some(folder.join("new")),
        ..options()
    })
    .await
}

/// Returns the path of the WAV file and the content of the log.
fn files(folder: &Path, log: &SessionLog) -> (PathBuf, Value) {
    let stem = folder.join("new").join(&log.id);
    let json = std::fs::read(stem.with_extension("json")).expect("the log exists");
    (
        stem.with_extension("wav"),
        serde_json::from_slice(&json).expect("it is JSON"),
    )
}

#[tokio::test]
async fn the_wav_file_has_exactly_the_audio_that_was_sent() {
    let folder = tempfile::tempdir().expect("a folder");
    let emulator = start(folder.path()).await;
    let mut client = emulator.begin_session("").await;
    let sound = voice(1_000);
    client.audio(&sound).await;
    client.frame(vec![7; 1_600]).await;
    client.finish().await;
    let (wav, log) = files(folder.path(), &emulator.last_closed().await);
    let bytes = std::fs::read(wav).expect("the audio exists");
    let mut expected: Vec<u8> = sound
        .iter()
        .flat_map(|sample| sample.to_le_bytes())
        .collect();
    expected.extend([7; 1_600]);
    let (header, data) = bytes.split_at(44);
    assert_eq!(data, expected);
    assert_eq!(&header[..4], b"RIFF");
    assert_eq!(header[4..8], 33_636_u32.to_le_bytes());
    assert_eq!(header[24..28], 16_000_u32.to_le_bytes());
    assert_eq!(header[40..44], 33_600_u32.to_le_bytes());
    assert_eq!(log["frames"]["sizes"], json!({ "3200": 10, "1600": 1 }));
    assert_eq!(
        log["frames"]["runs"],
        json!([{ "bytes": 3_200, "count": 10 }, { "bytes": 1_600, "count": 1 }])
    );
    assert_eq!(
        (&log["audio_ms"], &log["samples"]),
        (&1_050.into(), &16_800.into())
    );
    assert_eq!(
        (&log["terminated"], &log["closed"]["by"]),
        (&true.into(), &"emulator".into())
    );
    assert_eq!(log["closed"]["code"], 1000);
    assert_eq!(log["billed_seconds"], 1);
}

#[tokio::test]
async fn mulaw_is_recorded_as_16_bits_at_its_rate() {
    let folder = tempfile::tempdir().expect("a folder");
    let emulator = start(folder.path()).await;
    let mut client = emulator
        .begin_session("sample_rate=8000&encoding=pcm_mulaw")
        .await;
    client.frame(vec![0x80; 800]).await;
    client.finish().await;
    let (wav, _) = files(folder.path(), &emulator.last_closed().await);
    let bytes = std::fs::read(wav).expect("the audio exists");
    assert_eq!(bytes.len(), 44 + 1_600);
    assert_eq!(bytes[24..28], 8_000_u32.to_le_bytes());
    assert_eq!(bytes[44..46], 32_124_i16.to_le_bytes());
}

#[tokio::test]
async fn a_session_that_ends_with_an_error_is_recorded_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let emulator = start(folder.path()).await;
    let mut client = emulator.begin_session("").await;
    client.audio(&silence(300)).await;
    client.text("no").await;
    client.read_to_close().await;
    let (wav, log) = files(folder.path(), &emulator.last_closed().await);
    assert_eq!(
        std::fs::metadata(wav).expect("the audio exists").len(),
        44 + 9_600
    );
    assert_eq!(
        (&log["terminated"], &log["error"]["code"]),
        (&false.into(), &3006.into())
    );
}

#[tokio::test]
async fn incomplete_files_are_hidden() {
    let folder = tempfile::tempdir().expect("a folder");
    let emulator = start(folder.path()).await;
    let mut client = emulator.begin_session("").await;
    client.audio(&silence(300)).await;
    emulator
        .emulator
        .wait_for(|logs| logs[0].audio_ms == 300)
        .await;
    let names = || -> Vec<String> {
        let entries = std::fs::read_dir(folder.path().join("new")).expect("the folder exists");
        entries
            .map(|entry| {
                entry
                    .expect("an entry")
                    .file_name()
                    .to_string_lossy()
                    .into()
            })
            .collect()
    };
    assert!(
        names().iter().all(|name| name.starts_with('.')),
        "{:?}",
        names()
    );
    client.finish().await;
    emulator.last_closed().await;
    assert!(
        names().iter().all(|name| !name.starts_with('.')),
        "{:?}",
        names()
    );
}

#[tokio::test]
async fn no_log_contains_a_token_or_a_word() {
    let folder = tempfile::tempdir().expect("a folder");
    let emulator = start(folder.path()).await;
    let mut client = emulator.begin_session("").await;
    client.audio(&voice(1_000)).await;
    client.finish().await;
    let (_, log) = files(folder.path(), &emulator.last_closed().await);
    let text = log.to_string();
    assert!(!text.contains("AQI") && !text.contains("three"), "{text}");
}

#[tokio::test]
async fn the_log_counts_the_faults_of_its_session_only() {
    let emulator = start_faulty(
        r#"[{ "fault": "extra_fields", "session": 1 }, { "fault": "no_close", "session": 1 }]"#,
    )
    .await;
    for _ in 0..2 {
        let mut client = emulator.begin_session("").await;
        client.close().await;
        emulator.last_closed().await;
    }
    let logs = emulator.emulator.sessions();
    let faults: Vec<usize> = logs.iter().map(|log| log.faults).collect();
    assert_eq!(faults, [2, 0]);
}
