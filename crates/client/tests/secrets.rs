//! The API key, tokens and cookies are in no log line and in no debug output, and words are in no
//! log line of this library.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex, MutexGuard},
};

use inturn_client::{Options, Recording, ServerTokens};
use inturn_emulator::Faults;
use inturn_testkit::{
    search, secrets,
    serving::{Serving, Transport},
};
use tracing_subscriber::fmt::MakeWriter;

use crate::{
    desk::{COOKIE, Desk},
    sources::Script,
    stage::{Stage, finish, numbers},
};

#[expect(dead_code, reason = "the other tests use the rest")]
#[path = "recording/desk.rs"]
mod desk;
#[expect(dead_code, reason = "the other tests use the rest")]
#[path = "recording/sources.rs"]
mod sources;
#[expect(dead_code, reason = "the other tests use the rest")]
#[path = "recording/stage.rs"]
mod stage;

/// What was written, through `tracing` and through `log`.
#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Written {
    fn lock(&self) -> MutexGuard<'_, Vec<u8>> {
        self.0.lock().expect("not poisoned")
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.lock()).into_owned()
    }
}

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.lock().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Written {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

impl log::Log for Written {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        let line = format!("{} {} {}\n", record.level(), record.target(), record.args());
        self.lock().extend_from_slice(line.as_bytes());
    }

    fn flush(&self) {}
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_logged_or_shown() {
    let (traced, logged) = (Written::default(), Written::default());
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(traced.clone())
        .finish();
    tracing::subscriber::set_global_default(subscriber).expect("the first one");
    log::set_logger(Box::leak(Box::new(logged.clone()))).expect("the first one");
    log::set_max_level(log::LevelFilter::Trace);

    let (over_tcp, over_tls) = tokio::join!(record(Transport::Tcp), record(Transport::Tls));
    let shown = over_tcp + &over_tls;

    let (traced, logged) = (traced.text(), logged.text());
    // The library and its connections have logged.
    for part in [
        "inturn_client",
        "the connection to the service was lost",
        "(503",
    ] {
        assert!(traced.contains(part), "{part}");
    }
    assert!(logged.contains("tungstenite"), "{logged}");
    // The end of the first formatted turn.
    assert!(!traced.contains("w4"), "words in the log");
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in [("log-1-0", traced), ("log-1-1", logged), ("log-1-2", shown)] {
        std::fs::write(folder.path().join(name), text).expect("a file");
    }
    search(folder.path(), &[]).unwrap_or_else(|error| panic!("{error}"));
}

/// Records with faults, with both kinds of tokens. Returns all debug output.
async fn record(transport: Transport) -> String {
    let stage = Stage::start(transport, FAULTS).await;
    let mut shown = record_with(stage.options()).await;

    stage
        .emulator
        .set_faults(Faults::from_json(FAULTS).expect("faults"));
    let socket = "local/v3/ws?speech_model=universal-3-6-pro";
    let desk = Desk::new(&stage.serving.url, stage.serving.tls.clone(), socket, 600);
    let server = Serving::start(desk.router(stage.emulator.router()), transport).await;
    let url = format!("{}/team/captions", server.url);
    let tokens = ServerTokens::new(url.parse().expect("a base URL"))
        .with_header("Cookie", COOKIE)
        .and_then(|it| it.with_header("Authorization", secrets::PROXY))
        .expect("headers");
    let options = Options::new(tokens).with_tls(server.tls.clone());
    shown += &record_with(options).await;
    shown
}

async fn record_with(options: Options) -> String {
    let (handle, mut events) = Recording::start(Script::speech(0..8), options.clone());
    let shown = format!("{options:?} {options:#?} {handle:?} {events:?}\n");
    finish(&mut events).await;
    assert_eq!(numbers(events.transcript()), Vec::from_iter(0..8));
    shown
}

/// A refused socket, a cut one, and an error whose text repeats what was sent.
const FAULTS: &str = r#"[
    {"fault": "refuse_upgrade", "status": 503, "session": 1},
    {"fault": "cut", "after_audio_ms": 1000, "session": 2},
    {"fault": "close", "after_audio_ms": 1000, "code": 3005, "text": "Broken", "session": 3}
]"#;
