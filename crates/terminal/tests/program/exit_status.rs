//! The exit status, and one sentence for each failure.

use inturn_emulator::Faults;
use rustix::process::Signal;
use tokio::task::JoinSet;

use crate::{
    audio::{raw, speech},
    program::{Ended, Program},
    stage::Stage,
};

/// Arguments of a recording of standard input.
const INPUT: [&str; 2] = ["--rate", "16000"];

/// Asserts the status, and that the last line on standard error has this text. Before it may be
/// what was recorded.
fn assert_failure(name: &str, ended: &Ended, status: i32, text: &str) {
    assert_eq!(ended.status, Some(status), "{name}: {ended:?}");
    let errors: Vec<&str> = ended.stderr.lines().collect();
    let errors: Vec<&&str> = errors
        .iter()
        .filter(|it| !it.contains(" recorded, ") && !it.starts_with("Stopping, "))
        .collect();
    assert!(
        matches!(errors[..], [error] if error.contains(text)),
        "{name}: {errors:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_the_input_is_a_success() {
    let stage = Stage::start("[]").await;
    let ended = Program::at(&stage, INPUT)
        .run_with(raw(&speech(0..3)))
        .await;
    assert_eq!(ended.status, Some(0), "{ended:?}");
    // Without any input too.
    let ended = Program::at(&stage, INPUT).run().await;
    assert_eq!(ended.status, Some(0), "{ended:?}");
    assert_eq!(ended.stdout, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_by_a_signal_is_a_success_with_the_last_words() {
    let mut runs = JoinSet::new();
    for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
        runs.spawn(async move {
            let stage = Stage::start("[]").await;
            let mut running = Program::at(&stage, INPUT).start();
            running.feed(&raw(&speech(0..2))).await;
            stage.wait_for_audio_ms(400).await;
            running.signal(signal);
            let ended = running.end().await;
            assert_eq!(ended.status, Some(0), "{signal:?}: {ended:?}");
            assert!(ended.stdout.starts_with("Word0"), "{signal:?}: {ended:?}");
            assert!(stage.closed_sessions().await[0].terminated);
        });
    }
    runs.join_all().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_time_limit_is_a_success() {
    let stage = Stage::start("[]").await;
    let mut running = Program::at(&stage, INPUT.into_iter().chain(["--for", "2s"])).start();
    running.feed_all(raw(&speech(0..300)));
    let ended = running.end().await;
    assert_eq!(ended.status, Some(0), "{ended:?}");
    assert_eq!(ended.stdout, "Word0 word1 word2.\n");
    let sessions = stage.closed_sessions().await;
    assert!(
        (2_000..4_000).contains(&sessions[0].audio_ms),
        "{sessions:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_is_1() {
    let program = Program::new([
        "--local-service",
        "--recogniser",
        "moonshine",
        "--rate=16000",
    ]);
    let ended = program.var("INTURN_MOONSHINE_DIR", "/nowhere").run().await;
    assert_failure("no recogniser", &ended, 1, "The local service can't start");
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_use_is_2() {
    for (args, text) in [
        (&["--colour"][..], "--colour"),
        (&["--rate", "fast"], "--rate"),
        (&["missing.wav"], "missing.wav"),
        (&["/dev/null/x.flac"], "x.flac"),
        (&["--system", "talk.wav"], "--system"),
        (&["--partials", "--rate=16000"], "--format jsonl"),
        (&["--rate=16000", "-o", "talk.doc"], "--format"),
        (
            &["--server", "https://inturn.example", "--mode=balanced"],
            "--mode",
        ),
        (&["--stop-after-silence", "30s"], "--stop-after-silence"),
        (&["--key-terms", "missing.txt"], "missing.txt"),
    ] {
        let ended = Program::new(args).run().await;
        assert_failure(text, &ended, 2, text);
    }
    for (name, value) in [
        ("ASSEMBLYAI_API_KEY", "two words"),
        ("ASSEMBLYAI_API_KEY_FILE", "/nowhere"),
        ("INTURN_REGION", "mars"),
    ] {
        let ended = Program::new(["--rate=16000"]).var(name, value).run().await;
        assert_failure(name, &ended, 2, name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_microphone_is_3() {
    let stage = Stage::start("[]").await;
    for args in [&[][..], &["--system"], &["--device", "USB"]] {
        let ended = Program::at(&stage, args)
            .var("PATH", "/nowhere")
            .run()
            .await;
        assert_failure("no sound system", &ended, 3, "give a file");
        assert_eq!(ended.stdout, "");
    }
    let ended = Program::new(["devices"])
        .var("PATH", "/nowhere")
        .run()
        .await;
    assert_failure("devices", &ended, 3, "give a file");
    assert_eq!(stage.emulator.sessions().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_key_or_token_is_4() {
    let stage = Stage::start("[]").await;
    let program = Program::at(&stage, INPUT).var("ASSEMBLYAI_API_KEY", "key-marker-other");
    let ended = program.run_with(raw(&speech(0..3))).await;
    assert_failure("another key", &ended, 4, "ASSEMBLYAI_API_KEY");
    for (text, faults) in [
        (
            "ASSEMBLYAI_API_KEY",
            r#"[{ "fault": "token_status", "status": 401 }]"#,
        ),
        (
            "ASSEMBLYAI_API_KEY",
            r#"[{ "fault": "token_status", "status": 403 }]"#,
        ),
        (
            "credit",
            r#"[{ "fault": "refuse", "code": 1008, "text": "Not authorized" }]"#,
        ),
    ] {
        stage
            .emulator
            .set_faults(Faults::from_json(faults).expect("faults"));
        let ended = Program::at(&stage, INPUT)
            .run_with(raw(&speech(0..3)))
            .await;
        assert_failure(faults, &ended, 4, text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_is_lost_for_good_is_5() {
    let stage = Stage::start(r#"[{ "fault": "no_termination" }]"#).await;
    let ended = Program::at(&stage, INPUT)
        .run_with(raw(&speech(0..3)))
        .await;
    assert_failure("no end", &ended, 5, "did not confirm the end");
    assert_eq!(ended.stdout, "Word0 word1 word2.\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupt_that_came_twice_is_130() {
    let stage = Stage::start(r#"[{ "fault": "hold_final", "ms": 20000 }]"#).await;
    let mut running = Program::at(&stage, INPUT).start();
    running.feed(&raw(&speech(0..2))).await;
    stage.wait_for_audio_ms(400).await;
    running.signal(Signal::INT);
    let stops = |logs: &[inturn_emulator::SessionLog]| logs.iter().all(|log| log.terminated);
    stage.emulator.wait_for(stops).await;
    running.signal(Signal::INT);
    let ended = running.end().await;
    assert_eq!(ended.status, Some(130), "{ended:?}");
}

/// The shortest time that can be chosen, because the last minute is counted down.
#[tokio::test(flavor = "multi_thread")]
async fn a_minute_without_words_ends_a_recording_if_that_is_chosen() {
    let stage = Stage::start("[]").await;
    let program = Program::at(
        &stage,
        INPUT.into_iter().chain(["--stop-after-silence=61s"]),
    );
    let mut running = program.start();
    // A minute and a half.
    running.feed_all(vec![0; 2 * 16_000 * 90]);
    stage.wait_for_audio_ms(30_000).await;
    let ended = running.end().await;
    assert_eq!(ended.status, Some(0), "{ended:?}");
    assert!(
        ended.stderr.contains("No words were heard for 1:01"),
        "{ended:?}"
    );
    let audio_ms = stage.closed_sessions().await[0].audio_ms;
    assert!((58_000..80_000).contains(&audio_ms), "{audio_ms}");
}
