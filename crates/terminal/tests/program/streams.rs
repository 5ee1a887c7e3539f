//! Streams that stall, and terminals that belong to other programs.

use std::{io::Write, process::Stdio};

use inturn_emulator::SessionLog;
use rustix::process::Signal;

use crate::{
    audio::{lines, raw, speech, write_wav},
    in_terminal::InTerminal,
    program::{PROGRAM, Program, Running},
    stage::Stage,
};

const INPUT: [&str; 2] = ["--rate", "16000"];

/// Two interrupts end a program whose output is not read.
async fn assert_ends(stage: &Stage, mut running: Running) {
    running.feed_all(raw(&speech(0..6)));
    let stops = |logs: &[SessionLog]| !logs.is_empty() && logs.iter().all(|it| it.terminated);
    stage.emulator.wait_for(stops).await;
    running.signal(Signal::INT);
    running.stderr.wait_for("Ctrl+C again ends at once").await;
    running.signal(Signal::INT);
    let ended = running.end().await;
    assert_eq!(ended.status, Some(130), "{ended:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_named_pipe_without_a_reader_holds_up_nothing() {
    let stage = Stage::start("[]").await;
    let program = Program::at(&stage, INPUT.into_iter().chain(["-o", "pipe"]));
    let made = std::process::Command::new("mkfifo")
        .arg(program.folder().join("pipe"))
        .status();
    assert!(made.expect("coreutils").success());
    assert_ends(&stage, program.start()).await;
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_does_not_read_holds_up_nothing() {
    let stage = Stage::start("[]").await;
    let (_reader, mut writer) = std::io::pipe().expect("a pipe");
    // All that a pipe holds.
    writer.write_all(&[b'x'; 65_536]).expect("room");
    let program = Program::at(&stage, INPUT.into_iter().chain(["--format", "jsonl"]));
    assert_ends(&stage, program.start_with(writer)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_drawn_in_the_terminal_of_what_reads_a_pipe() {
    let stage = Stage::start("[]").await;
    let program = Program::at(&stage, ["talk.wav"]);
    write_wav(&program.folder().join("talk.wav"), &speech(0..3));
    let (_reader, writer) = std::io::pipe().expect("a pipe");
    let redirect = |command: pty_process::Command| command.stdout(Stdio::from(writer));
    let mut terminal = InTerminal::start_with(program, 60, 10, redirect);
    assert_eq!(terminal.end().await, Some(0));
    let written = String::from_utf8_lossy(&terminal.written).into_owned();
    assert!(written.contains(" recorded, "), "{written:?}");
    assert!(!written.contains('\x1b'), "{written:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_terminal_has_its_modes_again_at_the_end() {
    let stage = Stage::start("[]").await;
    let program = Program::at(&stage, ["talk.wav"]);
    write_wav(&program.folder().join("talk.wav"), &speech(0..6));
    let mut terminal = InTerminal::start_with(program, 60, 10, |command| command);
    let before = terminal.modes();
    terminal.wait_for("0:00 Word0").await;
    assert_ne!(terminal.modes(), before);
    assert_eq!(terminal.end().await, Some(0));
    assert_eq!(terminal.modes(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_in_the_background_leaves_the_terminal_alone() {
    let stage = Stage::start("[]").await;
    let mut program = Program::at(&stage, ["talk.wav", "-o", "out.txt"]);
    write_wav(&program.folder().join("talk.wav"), &speech(0..3));
    let script = r#"set -m; "$@" & wait $!; echo "status $?"; cat out.txt"#;
    let shell = ["-c", script, "sh", PROGRAM].map(Into::into);
    program.args.splice(0..0, shell);
    let redirect = |_| pty_process::Command::new("/bin/sh");
    let program = program.var("PATH", "/usr/bin:/bin");
    let mut terminal = InTerminal::start_with(program, 60, 10, redirect);
    assert_eq!(terminal.end().await, Some(0));
    let written = String::from_utf8_lossy(&terminal.written).replace('\r', "");
    assert!(written.contains("status 0\n"), "{written:?}");
    assert!(written.ends_with(&lines(0..3)), "{written:?}");
    assert!(!written.contains('\x1b'), "{written:?}");
}
