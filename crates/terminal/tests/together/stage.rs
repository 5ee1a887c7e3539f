//! An emulator that recognises tones, and sources that are no devices.

use std::{ffi::OsString, net::Ipv4Addr, path::Path};

use inturn_client::{
    AudioStream, Device, MicrophoneFailure, OpenError, Options, Piece, Recording, ServiceTokens,
    Source,
    protocol::{ConnectionParameters, SpeechModel},
    service::{ApiKey, ServiceUrl},
};
use inturn_emulator::{Emulator, RecogniserChoice, ToneSpeech};
use inturn_terminal::{
    cli::{Config, Invocation},
    run::{self, Failure, Started, Transcriber},
    wording::ExitStatus,
};
use inturn_testkit::secrets::KEY;
use tokio::{net::TcpListener, task::JoinHandle};

/// A running emulator.
pub(crate) struct Stage {
    pub(crate) emulator: Emulator,
    url: ServiceUrl,
    server: JoinHandle<std::io::Result<()>>,
}

/// What is heard.
#[derive(Clone)]
pub(crate) struct Voice {
    /// Empty if there is no microphone.
    pub(crate) samples: Vec<f32>,
    /// Whether the source ends after them, or goes on without sound.
    pub(crate) has_end: bool,
}

impl Stage {
    pub(crate) async fn start() -> Self {
        let emulator = Emulator::new(inturn_emulator::Options {
            api_keys: vec![KEY.to_owned()],
            recogniser: RecogniserChoice::Tones,
            ..inturn_emulator::Options::default()
        });
        let emulator = emulator.expect("tones need no library");
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
        let listener = listener.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("a bound socket"));
        let server = tokio::spawn(axum::serve(listener, emulator.router()).into_future());
        Self {
            emulator,
            url: url.parse().expect("a base URL"),
            server,
        }
    }

    fn transcriber(&self) -> Transcriber {
        let key = ApiKey::parse(KEY).expect("a key").expect("not empty");
        let parameters = ConnectionParameters {
            speech_model: Some(SpeechModel::new("universal-3-6-pro")),
            ..ConnectionParameters::default()
        };
        Transcriber {
            tokens: ServiceTokens::new(self.url.clone(), key, parameters).into(),
            notice: None,
            formatted_follows: false,
            local: None,
        }
    }

    /// The base URL.
    #[cfg(all(target_os = "linux", feature = "sound"))]
    pub(crate) fn url(&self) -> String {
        self.url.to_string()
    }

    /// Transcribes two voices together, with these flags.
    pub(crate) async fn run(
        &self,
        flags: &[&str],
        voices: [Voice; 2],
    ) -> Result<ExitStatus, Failure> {
        let transcriber = self.transcriber();
        let options = Options::new(transcriber.tokens.clone());
        let together = voices.map(|voice| {
            let (handle, events) = Recording::start(voice, options.clone());
            Started::new(handle, events)
        });
        let together = together.into_iter().collect();
        run::listen_to(&config(flags), &transcriber, [together]).await
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Voice {
    /// Says the words with these numbers, and ends.
    pub(crate) fn saying(numbers: std::ops::Range<u32>) -> Self {
        Self {
            samples: ToneSpeech::new(numbers, RATE_HZ)
                .with_turns_of(3, 1_500)
                .samples(),
            has_end: true,
        }
    }

    /// A microphone that can't be opened.
    pub(crate) fn missing() -> Self {
        Self {
            samples: Vec::new(),
            has_end: true,
        }
    }

    /// Goes on after its words.
    pub(crate) fn endless(self) -> Self {
        Self {
            has_end: false,
            ..self
        }
    }
}

impl Source for Voice {
    async fn open(&mut self, _device: Device) -> Result<AudioStream, OpenError> {
        if self.samples.is_empty() {
            return Err(OpenError {
                failure: MicrophoneFailure::Missing,
                message: "There is nothing to hear.".to_owned(),
            });
        }
        let (writer, stream) = AudioStream::channel(RATE_HZ, 4);
        let voice = self.clone();
        tokio::spawn(async move {
            for samples in voice.samples.chunks(RATE_HZ as usize / 50) {
                let piece = Piece::Block {
                    planar: samples.to_vec(),
                    channels: 1,
                };
                if writer.is_stopped() || writer.send(piece).await.is_err() {
                    return;
                }
            }
            if voice.has_end {
                // Fails only if the recording is over.
                let _ = writer.send(Piece::End).await;
            }
            writer.stopped().await;
        });
        Ok(stream)
    }
}

/// Parses flags after `--both`.
fn config(flags: &[&str]) -> Config {
    let args = ["inturn-listen", "--both"].iter().chain(flags);
    match Invocation::read(args.map(OsString::from)) {
        Ok(Invocation::Listen(config)) => *config,
        other => panic!("{flags:?}: {other:?}"),
    }
}

/// Returns the flags for an output to `path`.
pub(crate) fn output<'a>(format: &'a str, path: &'a Path) -> [&'a str; 5] {
    let path = path.to_str().expect("a name in UTF-8");
    ["--quiet", "--format", format, "--output", path]
}

/// Returns the numbers of the words in a text, in order.
pub(crate) fn numbers(text: &str) -> Vec<u32> {
    let words = inturn_testkit::words::words(text);
    let number = |word: &String| word.strip_prefix('w')?.parse().ok();
    words.iter().filter_map(number).collect()
}

const RATE_HZ: u32 = 16_000;
