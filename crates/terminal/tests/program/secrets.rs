//! The key and the tokens are in no output, and words are in no log.

use std::fs;

use inturn_testkit::{
    search,
    secrets::{KEY, PASSPHRASE, PROXY},
};
use rustix::process::Signal;

use crate::{
    audio::{raw, speech},
    program::{Ended, Program},
    stage::Stage,
};

/// Drops in all stages, and refusals.
const FAULTS: &str = r#"[
    { "fault": "token_status", "status": 500, "request": 1 },
    { "fault": "refuse_upgrade", "status": 503, "session": 1 },
    { "fault": "cut", "after_audio_ms": 600, "session": 2 },
    { "fault": "close", "after_audio_ms": 600, "code": 3005, "text": "Broken", "session": 3 }
]"#;

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_in_any_output() {
    let folder = tempfile::tempdir().expect("a folder");
    let keep = |name: &str, ended: &Ended| {
        let text = format!("{}\n{}", ended.stdout, ended.stderr);
        fs::write(folder.path().join(format!("listen-{name}")), text).expect("written");
    };
    let trace = ["--log-filter", "trace"];
    let recorded = [
        &trace[..],
        &["--rate=16000", "--format=jsonl", "--partials"],
    ]
    .concat();

    let stage = Stage::start(FAULTS).await;
    let ended = Program::at(&stage, &recorded)
        .run_with(raw(&speech(0..6)))
        .await;
    assert_eq!(ended.status, Some(0), "{ended:?}");
    assert!(ended.stdout.contains("word3"), "{ended:?}");
    assert!(ended.stderr.contains(" INFO "), "{}", ended.stderr);
    assert!(ended.stderr.contains("connection"), "{}", ended.stderr);
    let log = ended.stderr.to_lowercase();
    assert!(
        !(0..6).any(|number| log.contains(&format!("word{number}"))),
        "{log}"
    );
    assert_eq!(stage.emulator.sessions().len(), 3);
    keep("drops", &ended);

    let stage = Stage::start(r#"[{ "fault": "token_status", "status": 401 }]"#).await;
    let ended = Program::at(&stage, &recorded)
        .run_with(raw(&speech(0..3)))
        .await;
    assert_eq!(ended.status, Some(4), "{ended:?}");
    keep("refused", &ended);

    // Without a network: nothing listens there.
    let unreachable = ["check", "--rate=16000", "--service-url=http://127.0.0.1:9"];
    let unreachable = Program::new([&unreachable[..], &trace].concat());
    let ended = unreachable.var("ASSEMBLYAI_API_KEY", KEY).run().await;
    assert_eq!(ended.status, Some(1), "{ended:?}");
    keep("unreachable", &ended);

    let stage = Stage::start("[]").await;
    let check = [&["check", "--rate=16000"][..], &trace].concat();
    let ended = Program::at(&stage, check).run().await;
    assert_eq!(ended.status, Some(0), "{ended:?}");
    keep("check", &ended);

    let server = [
        &recorded[..],
        &["--server", "http://127.0.0.1:9/inturn", "--for=1s"],
    ]
    .concat();
    let headers = format!("Cookie: session={PASSPHRASE}\nAuthorization: Bearer {PROXY}");
    let server = Program::new(server).var("INTURN_SERVER_HEADERS", headers);
    let mut server = server.start();
    server.feed(&raw(&speech(0..2))).await;
    server.stderr.wait_for("server cannot be reached").await;
    server.signal(Signal::INT);
    server.stdout.wait_for("finishing").await;
    server.signal(Signal::INT);
    let ended = server.end().await;
    keep("server", &ended);

    for (at, args) in [
        &["--help"][..],
        &["check", "--help"],
        &["-h"],
        &["man"],
        &["--rate=x"],
    ]
    .into_iter()
    .enumerate()
    {
        let help = Program::new(args)
            .var("ASSEMBLYAI_API_KEY", KEY)
            .var("INTURN_SERVER_HEADERS", format!("Cookie: {PASSPHRASE}"));
        keep(&format!("help-{at}"), &help.run().await);
    }
    // A key that is none is not repeated.
    let wrong = Program::new(["--rate=16000"]).var("ASSEMBLYAI_API_KEY", format!("{KEY} {KEY}"));
    keep("wrong", &wrong.run().await);

    let report = search(folder.path(), &[]).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(report.files, 11);
}
