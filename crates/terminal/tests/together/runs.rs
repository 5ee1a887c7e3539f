//! How two recordings run together.

use std::fs;

use inturn_terminal::wording::ExitStatus;

use super::stage::{Stage, Voice, numbers, output};

#[tokio::test]
async fn both_have_a_session_at_the_same_time() {
    let folder = tempfile::tempdir().expect("a folder");
    let stage = Stage::start().await;
    let path = folder.path().join("talk.txt");
    let voices = [Voice::saying(0..6), Voice::saying(100..106)];
    let status = stage.run(&output("text", &path), voices).await;
    assert_eq!(status, Ok(ExitStatus::Stopped));
    let are_closed = |it: &[inturn_emulator::SessionLog]| it.iter().all(|it| it.closed.is_some());
    let logs = stage.emulator.wait_for(are_closed).await;
    assert_eq!(logs.len(), 2);
    assert!(logs.iter().all(|it| it.terminated), "{logs:?}");
    let last_opened = logs.iter().map(|it| it.opened_at_ms).max();
    let first_closed = logs.iter().filter_map(|it| it.closed_at_ms).min();
    assert!(last_opened < first_closed, "{logs:?}");
}

#[tokio::test]
async fn one_without_a_microphone_leaves_the_other() {
    let folder = tempfile::tempdir().expect("a folder");
    let stage = Stage::start().await;
    let path = folder.path().join("talk.txt");
    let voices = [Voice::missing(), Voice::saying(100..106)];
    let status = stage.run(&output("text", &path), voices).await;
    assert_eq!(status, Ok(ExitStatus::NoMicrophone), "the gravest");
    let text = fs::read_to_string(folder.path().join("talk.meeting.txt")).expect("a file");
    assert_eq!(numbers(&text), Vec::from_iter(100..106));
    assert!(!folder.path().join("talk.you.txt").exists());
}

#[tokio::test]
async fn a_time_limit_stops_both() {
    let folder = tempfile::tempdir().expect("a folder");
    let stage = Stage::start().await;
    let path = folder.path().join("talk.txt");
    let voices = [(0..6), (100..106)].map(|it| Voice::saying(it).endless());
    let mut flags = output("text", &path).to_vec();
    flags.extend(["--for", "2s"]);
    let status = stage.run(&flags, voices).await;
    assert_eq!(status, Ok(ExitStatus::Stopped));
    for name in ["talk.you.txt", "talk.meeting.txt"] {
        let text = fs::read_to_string(folder.path().join(name)).expect("a file");
        assert!(!numbers(&text).is_empty(), "{name}: {text}");
    }
}
