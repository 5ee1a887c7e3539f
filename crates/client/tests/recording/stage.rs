//! An emulator, and a recording with it.

use std::time::Duration;

use inturn_client::{
    Event, Events, Options, Recording, RecordingHandle, ServiceTokens, Source, State,
    protocol::{ConnectionParameters, SpeechModel},
    service::ApiKey,
    transcript::Transcript,
};
use inturn_emulator::{Emulator, Faults, RecogniserChoice, SessionLog};
use inturn_testkit::{
    secrets::KEY,
    serving::{Serving, Transport},
};
use tempfile::TempDir;
use tokio::time::timeout;

/// An emulator that recognises tones, and keeps the audio.
pub(crate) struct Stage {
    pub(crate) emulator: Emulator,
    pub(crate) serving: Serving,
    pub(crate) records: TempDir,
}

impl Stage {
    pub(crate) async fn start(transport: Transport, faults: &str) -> Self {
        let records = tempfile::tempdir().expect("a folder");
        let options = inturn_emulator::Options {
            api_keys: vec![KEY.to_owned()],
            record_dir: Some(records.path().to_owned()),
            faults: Faults::from_json(faults).expect("well-formed faults"),
            recogniser: RecogniserChoice::Tones,
            ..inturn_emulator::Options::default()
        };
        let emulator = Emulator::new(options).expect("tones need no library");
        let serving = Serving::start(emulator.router(), transport).await;
        Self {
            emulator,
            serving,
            records,
        }
    }

    pub(crate) fn options(&self) -> Options {
        Options::new(tokens_of(&self.serving.url)).with_tls(self.serving.tls.clone())
    }

    /// Returns the samples that a closed session has received.
    pub(crate) fn recorded(&self, log: &SessionLog) -> Vec<i16> {
        let path = self.records.path().join(format!("{}.wav", log.id));
        let mut wav = hound::WavReader::open(path).expect("a record of the session");
        let samples: Result<_, _> = wav.samples().collect();
        samples.expect("16-bit samples")
    }

    /// Waits until all sessions without faults are closed, and returns the logs of all.
    pub(crate) async fn closed_sessions(&self) -> Vec<SessionLog> {
        let is_done = |log: &SessionLog| log.closed.is_some() || log.faults > 0;
        let all_closed = |logs: &[SessionLog]| logs.iter().all(is_done);
        self.emulator.wait_for(all_closed).await
    }

    pub(crate) fn record(&self, source: impl Source) -> (RecordingHandle, Events) {
        Recording::start(source, self.options())
    }
}

/// Tokens from the service at `url`, with an API key.
pub(crate) fn tokens_of(url: &str) -> ServiceTokens {
    let url = url.parse().expect("a base URL");
    let key = ApiKey::parse(KEY).expect("a key").expect("not empty");
    let parameters = ConnectionParameters {
        speech_model: Some(SpeechModel::new("universal-3-6-pro")),
        ..ConnectionParameters::default()
    };
    ServiceTokens::new(url, key, parameters)
}

/// Reads all events but the levels. Asserts that the last state is idle.
pub(crate) async fn finish(events: &mut Events) -> Vec<Event> {
    let mut seen = Vec::new();
    let reading = async {
        while let Some(event) = events.next().await {
            if !matches!(event, Event::Level(_)) {
                seen.push(event);
            }
        }
    };
    let ended = timeout(PATIENCE, reading).await;
    assert!(ended.is_ok(), "the recording goes on: {seen:#?}");
    let is_state = |event: &&Event| matches!(event, Event::State(_));
    let last = seen.iter().rev().find(is_state);
    assert_eq!(last, Some(&Event::State(State::Idle)), "{seen:#?}");
    seen
}

/// Far longer than any recording here, so that a fault is a failure and no endless wait.
const PATIENCE: Duration = Duration::from_secs(60);

/// Returns the numbers of the words in order.
pub(crate) fn numbers(transcript: &Transcript) -> Vec<u32> {
    let text: Vec<&str> = transcript.turns().map(|turn| turn.text()).collect();
    let words = inturn_testkit::words::words(&text.join(" "));
    let number = |word: &String| word.strip_prefix('w')?.parse().ok();
    words.iter().filter_map(number).collect()
}

/// Whether the transcript has the word with this number.
pub(crate) fn has_heard(number: u32, events: &Events) -> bool {
    numbers(events.transcript()).contains(&number)
}
