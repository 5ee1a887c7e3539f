//! Output that is not a terminal: one line for each final turn, and nothing else.

use std::process::Stdio;

use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::Command,
};

use crate::{
    audio::{RATE_HZ, lines, raw, speech, words, write_wav},
    program::{Ended, Program},
    stage::Stage,
};

/// Asserts a success with these lines, and nothing for a terminal.
fn assert_lines(ended: &Ended, expected: &str) {
    assert_eq!(ended.status, Some(0), "{ended:?}");
    assert_eq!(ended.stdout, expected, "{}", ended.stderr);
    for text in [&ended.stdout, &ended.stderr] {
        let is_control = |letter: char| letter.is_control() && letter != '\n';
        assert!(!text.contains(is_control), "{text:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wav_file_as_standard_input_gives_a_line_for_each_turn() {
    let stage = Stage::start("[]").await;
    let program = Program::at(&stage, ["-"]);
    let path = program.folder().join("talk.wav");
    write_wav(&path, &speech(0..9));
    let wav = std::fs::read(path).expect("a file");
    let ended = program.run_with(wav).await;
    assert_lines(&ended, &lines(0..9));
    // Notices only: what was recorded.
    assert_eq!(ended.stderr.lines().count(), 1, "{}", ended.stderr);
    assert!(ended.stderr.contains(" recorded, "), "{}", ended.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn raw_samples_need_a_rate_and_quiet_prints_only_the_words() {
    let stage = Stage::start("[]").await;
    let rate = RATE_HZ.to_string();
    let program = Program::at(&stage, ["--quiet", "--rate", &rate]);
    let ended = program.run_with(raw(&speech(0..6))).await;
    assert_lines(&ended, &lines(0..6));
    assert_eq!(ended.stderr, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn several_files_are_transcribed_one_after_another() {
    let stage = Stage::start("[]").await;
    let program = Program::at(&stage, ["a.wav", "b.wav", "--file", "c.wav"]);
    for (name, words) in [("a.wav", 0..3), ("b.wav", 3..6), ("c.wav", 6..9)] {
        write_wav(&program.folder().join(name), &speech(words));
    }
    let ended = program.run().await;
    assert_lines(&ended, &lines(0..9));
    let sessions = stage.closed_sessions().await;
    assert_eq!(sessions.len(), 3);
    assert!(sessions.iter().all(|session| session.terminated));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_is_printed_as_soon_as_its_turn_has_ended() {
    let stage = Stage::start("[]").await;
    let mut running = Program::at(&stage, ["--rate", "16000"]).start();
    running.feed(&raw(&speech(0..3))).await;
    running.stdout.wait_for(&lines(0..3)).await;
    running.feed(&raw(&speech(3..6))).await;
    running.stdout.wait_for(&lines(3..6)).await;
    drop(running.stdin.take());
    assert_lines(&running.end().await, &lines(0..6));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_has_enough_ends_the_recording() {
    let stage = Stage::start("[]").await;
    let (reader, writer) = std::io::pipe().expect("a pipe");
    let mut head = Command::new("head")
        .arg("-1")
        .stdin(reader)
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("it starts");
    let program = Program::at(&stage, ["--rate", "16000"]);
    let mut running = program.start_with(writer);
    // It goes on for longer than the test may take: only the reader can end it.
    running.feed_all(raw(&speech(0..300)));
    let mut lines = BufReader::new(head.stdout.take().expect("a pipe")).lines();
    let line = lines.next_line().await.expect("text");
    assert_eq!(line.as_deref(), Some("Word0 word1 word2."));
    let ended = running.end().await;
    assert_eq!(ended.status, Some(0), "{ended:?}");
    let sessions = stage.closed_sessions().await;
    assert!(sessions.iter().all(|session| session.terminated));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pause_of_the_input_is_a_notice_and_a_gap_in_the_time() {
    let stage = Stage::start("[]").await;
    let mut running = Program::at(&stage, ["--rate", "16000"]).start();
    running.feed(&raw(&speech(0..3))).await;
    running
        .stderr
        .wait_for("No audio arrives on standard input.")
        .await;
    running.feed(&raw(&speech(3..6))).await;
    drop(running.stdin.take());
    let ended = running.end().await;
    assert_lines(&ended, &lines(0..6));
    assert_eq!(ended.stderr.lines().count(), 2, "{}", ended.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_connection_is_a_notice_and_no_word_is_lost() {
    let stage = Stage::start(
        r#"[{ "fault": "cut", "after_audio_ms": 3000, "session": 1 },
            { "fault": "refuse", "code": 3005, "text": "Broken", "session": 2 }]"#,
    )
    .await;
    let program = Program::at(&stage, ["--rate", "16000"]);
    let ended = program.run_with(raw(&speech(0..9))).await;
    assert_eq!(ended.status, Some(0), "{ended:?}");
    // Long silence is left out of what is sent again, so turns may be longer.
    assert_eq!(inturn_testkit::words::words(&ended.stdout), words(9));
    let notices: Vec<&str> = ended.stderr.lines().collect();
    assert_eq!(notices.len(), 2, "{notices:?}");
    assert!(notices[0].contains("Your audio is kept"), "{notices:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn silence_at_the_start_of_a_file_is_no_muted_microphone() {
    let stage = Stage::start("[]").await;
    // Longer than a microphone may be silent without a warning.
    let mut input = vec![0; 2 * RATE_HZ as usize * 10];
    input.extend(raw(&speech(0..3)));
    let program = Program::at(&stage, ["--rate", "16000"]);
    let ended = program.run_with(input).await;
    assert_lines(&ended, &lines(0..3));
    assert_eq!(ended.stderr.lines().count(), 1, "{}", ended.stderr);
}
