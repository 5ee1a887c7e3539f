//! What stops a run, and what does not cut its last words.

use inturn_emulator::SessionLog;
use rustix::process::Signal;
use tokio::net::TcpListener;

use crate::{
    audio::{lines, raw, speech, write_wav},
    program::Program,
    stage::Stage,
};

const INPUT: [&str; 2] = ["--rate", "16000"];

#[tokio::test(flavor = "multi_thread")]
async fn one_interrupt_after_the_end_of_the_input_cuts_no_word() {
    for limit in [&[][..], &["--for", "2s"]] {
        let stage = Stage::start(r#"[{ "fault": "hold_final", "ms": 1500 }]"#).await;
        let mut running = Program::at(&stage, [&INPUT[..], limit].concat()).start();
        running.feed_all(raw(&speech(0..3)));
        let stops = |logs: &[SessionLog]| !logs.is_empty() && logs.iter().all(|it| it.terminated);
        stage.emulator.wait_for(stops).await;
        running.signal(Signal::INT);
        let ended = running.end().await;
        assert_eq!(ended.status, Some(0), "{limit:?}: {ended:?}");
        assert_eq!(ended.stdout, lines(0..3), "{limit:?}: {ended:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_time_limit_counts_all_files() {
    let stage = Stage::start("[]").await;
    let program = Program::at(&stage, ["a.wav", "b.wav", "c.wav", "--for", "4s"]);
    for name in ["a.wav", "b.wav", "c.wav"] {
        write_wav(&program.folder().join(name), &speech(0..3));
    }
    let ended = program.run().await;
    assert_eq!(ended.status, Some(0), "{ended:?}");
    assert_eq!(stage.closed_sessions().await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupt_ends_a_sign_in_without_an_answer() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let program = Program::new(["--rate", "16000", "--server", &url]);
    let running = program.var("INTURN_SERVER_PASSPHRASE", "marker").start();
    let _silent = listener.accept().await.expect("a connection");
    running.signal(Signal::INT);
    let ended = running.end().await;
    assert_eq!(ended.status, Some(0), "{ended:?}");
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_ends_the_recording() {
    let stage = Stage::start("[]").await;
    let mut running = Program::at(&stage, INPUT.into_iter().chain(["-o", "/dev/full"])).start();
    // The input stays open: only the disk can end it.
    running.feed(&raw(&speech(0..3))).await;
    let ended = running.end().await;
    assert_eq!(ended.status, Some(1), "{ended:?}");
    assert!(ended.stderr.contains("the disk is full"), "{ended:?}");
}
