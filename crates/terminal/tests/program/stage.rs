//! An emulator on loopback.

use std::{future::IntoFuture, io};

use inturn_emulator::{Emulator, Faults, Options, RecogniserChoice, SessionLog};
use inturn_testkit::secrets::KEY;
use tokio::{net::TcpListener, task::JoinHandle};

/// An emulator that is served until this is dropped.
pub(crate) struct Stage {
    pub(crate) emulator: Emulator,
    /// The base URL.
    pub(crate) url: String,
    server: JoinHandle<io::Result<()>>,
}

impl Stage {
    /// Recognises tones as `word0`, `word1` and so on.
    pub(crate) async fn start(faults: &str) -> Self {
        Self::with(Options {
            faults: Faults::from_json(faults).expect("well-formed faults"),
            ..options()
        })
        .await
    }

    pub(crate) async fn with(options: Options) -> Self {
        let emulator = Emulator::new(options).expect("the recogniser is installed");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a bound socket");
        let server = tokio::spawn(axum::serve(listener, emulator.router()).into_future());
        Self {
            emulator,
            url: format!("http://{address}"),
            server,
        }
    }

    /// Waits until all sessions are closed, and returns their logs.
    pub(crate) async fn closed_sessions(&self) -> Vec<SessionLog> {
        let all_closed = |logs: &[SessionLog]| logs.iter().all(|log| log.closed.is_some());
        self.emulator.wait_for(all_closed).await
    }

    /// Waits until the sessions have received this much audio together.
    pub(crate) async fn wait_for_audio_ms(&self, ms: u64) {
        let has_come = |logs: &[SessionLog]| logs.iter().map(|log| log.audio_ms).sum::<u64>() >= ms;
        self.emulator.wait_for(has_come).await;
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// An emulator that recognises tones and accepts one key.
pub(crate) fn options() -> Options {
    let words: Vec<String> = (0..100).map(|number| format!("word{number}")).collect();
    Options {
        api_keys: vec![KEY.to_owned()],
        recogniser: RecogniserChoice::Tones,
        script: words.join(" "),
        ..Options::default()
    }
}
