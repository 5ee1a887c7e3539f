//! An emulator, and a recording with it.

use inturn_client::{
    Event, Events, Options, Recording, RecordingHandle, ServiceTokens, Source, State,
    protocol::{ConnectionParameters, SpeechModel},
    service::ApiKey,
    transcript::Transcript,
};
use inturn_emulator::{Emulator, Faults, RecogniserChoice};
use inturn_testkit::secrets::KEY;
use tempfile::TempDir;

use crate::listening::{Serving, Transport};

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

    /// Tokens from the emulator, with an API key.
    pub(crate) fn tokens(&self) -> ServiceTokens {
        let url = self.serving.url.parse().expect("a base URL");
        let key = ApiKey::parse(KEY).expect("a key").expect("not empty");
        let parameters = ConnectionParameters {
            speech_model: Some(SpeechModel::new("universal-3-6-pro")),
            session_heartbeat: Some(true),
            ..ConnectionParameters::default()
        };
        ServiceTokens::new(url, key, parameters)
    }

    pub(crate) fn options(&self) -> Options {
        Options::new(self.tokens()).with_tls(self.serving.tls.clone())
    }

    pub(crate) fn record(&self, source: impl Source) -> (RecordingHandle, Events) {
        Recording::start(source, self.options())
    }
}

/// What a recording has reported, up to its end.
#[derive(Debug, Default)]
pub(crate) struct Story {
    pub(crate) events: Vec<Event>,
}

/// Reads all events. Asserts that the last state is idle.
pub(crate) async fn finish(events: &mut Events) -> Story {
    let mut story = Story::default();
    while let Some(event) = events.next().await {
        if !matches!(event, Event::Level(_)) {
            story.events.push(event);
        }
    }
    let is_state = |event: &&Event| matches!(event, Event::State(_));
    let last = story.events.iter().rev().find(is_state);
    assert_eq!(last, Some(&Event::State(State::Idle)), "{story:#?}");
    story
}

/// Returns the numbers of the words in order.
pub(crate) fn numbers(transcript: &Transcript) -> Vec<u32> {
    let text: Vec<&str> = transcript.turns().map(|turn| turn.text()).collect();
    let words = inturn_testkit::words::words(&text.join(" "));
    let number = |word: &String| word.strip_prefix('w')?.parse().ok();
    words.iter().filter_map(number).collect()
}
