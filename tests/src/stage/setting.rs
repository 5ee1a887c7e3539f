//! Options of a stage.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    path::{Path, PathBuf},
};

use inturn_emulator::{Delays, RecogniserChoice};
use inturn_server::{Config, config::PasswordHash};
use inturn_service::ApiKey;
use inturn_testkit::secrets::KEY;

use super::kind::Kind;
use crate::machine;

/// Options of a stage: of its server and of its service.
#[derive(Clone, Debug)]
pub struct Setting {
    pub(super) recogniser: RecogniserChoice,
    client_dir: Option<PathBuf>,
    pub(super) relay_url: Option<String>,
    key: bool,
    flags: BTreeMap<&'static str, String>,
    pub(super) script: String,
    pub(super) delays: Delays,
    pub(super) recordings: bool,
    pub(super) kind: Kind,
    passphrase: Option<String>,
}

impl Setting {
    /// The default: with a key, the script recogniser with [`SCRIPT`], and no audio processing.
    pub fn new() -> Self {
        let off = || "false".to_owned();
        Self {
            recogniser: RecogniserChoice::Script,
            client_dir: None,
            relay_url: None,
            key: true,
            flags: BTreeMap::from([
                ("--auto-gain-control", off()),
                ("--echo-cancellation", off()),
                ("--noise-suppression", off()),
                // Tests press Record more often than people.
                ("--person-hours-per-day", "0".to_owned()),
                ("--person-recordings-at-once", "0".to_owned()),
                ("--person-tokens-per-minute", "0".to_owned()),
                ("--shutdown-grace-seconds", "0".to_owned()),
            ]),
            script: SCRIPT.to_owned(),
            delays: Delays::default(),
            recordings: true,
            kind: Kind::Usual,
            passphrase: None,
        }
    }

    /// Requires a sign-in with this passphrase.
    #[must_use]
    pub fn with_passphrase(mut self, passphrase: &str) -> Self {
        self.flags.insert("--auth", "password".to_owned());
        self.passphrase = Some(passphrase.to_owned());
        self
    }

    /// Uses a real recogniser.
    #[must_use]
    pub fn with_real_words(mut self) -> Self {
        self.recogniser = RecogniserChoice::PocketSphinx;
        self
    }

    /// Uses the most accurate recogniser, which writes punctuation.
    #[must_use]
    pub fn with_accurate_words(mut self) -> Self {
        self.recogniser = RecogniserChoice::Moonshine;
        self
    }

    /// Recognises words that are tones by their number: `w0`, `w1` and so on, see
    /// [`Sound::tone_words`](crate::sound::Sound::tone_words). They depend on the audio only, so
    /// they tell which words were lost or came twice.
    #[must_use]
    pub fn with_tones(mut self) -> Self {
        self.recogniser = RecogniserChoice::Tones;
        self.script = String::new();
        self
    }

    /// Sets the words of the script recogniser. The local service has its own script.
    #[must_use]
    pub fn with_script(mut self, script: &str) -> Self {
        self.script = script.to_owned();
        self
    }

    /// Responds as late as the real service: a token after 1 s, `Begin` 0.6 s after the socket is
    /// open, words after 0.3 s. By default, it responds at once.
    #[must_use]
    pub fn with_real_delays(mut self) -> Self {
        self.delays = Delays::like_the_real_service();
        self
    }

    /// The story checks each sample or each spoken word, so it runs alone or along with a long one.
    #[must_use]
    pub fn exact(mut self) -> Self {
        self.kind = Kind::Exact;
        self
    }

    /// The story takes minutes, so it runs along with others. Its words have to be tones, whose
    /// recogniser does not mind if a busy machine loses or repeats a few milliseconds.
    #[must_use]
    pub fn long(mut self) -> Self {
        self.kind = Kind::Long;
        self
    }

    /// Does not record the received audio, for tests whose audio would fill the disk.
    #[must_use]
    pub fn without_recordings(mut self) -> Self {
        self.recordings = false;
        self
    }

    /// Uses no key, so that the server runs its local service.
    #[must_use]
    pub fn without_key(mut self) -> Self {
        self.key = false;
        self
    }

    /// Serves another build of the page.
    #[must_use]
    pub fn with_client(mut self, dir: &Path) -> Self {
        self.client_dir = Some(dir.to_owned());
        self
    }

    /// Sets the URL of a relay, which the server and the page use as the service.
    #[must_use]
    pub fn with_relay(mut self, relay_url: &str) -> Self {
        self.relay_url = Some(relay_url.to_owned());
        self
    }

    /// Sets a flag of the server.
    #[must_use]
    pub fn with_flag(mut self, flag: &'static str, value: &str) -> Self {
        self.flags.insert(flag, value.to_owned());
        self
    }

    /// Returns the server's configuration with the service at this URL.
    pub(super) fn server_config(&self, service_url: &str) -> Config {
        let client_dir = self.client_dir.clone().unwrap_or_else(machine::client_dir);
        let mut args: Vec<OsString> = vec![
            "inturn".into(),
            "--client-dir".into(),
            client_dir.into_os_string(),
        ];
        args.extend(["--service-url".into(), service_url.into()]);
        for (flag, value) in &self.flags {
            args.push(format!("{flag}={value}").into());
        }
        if !self.key {
            let name = match self.recogniser {
                RecogniserChoice::Moonshine => "moonshine",
                RecogniserChoice::PocketSphinx => "pocketsphinx",
                RecogniserChoice::Script => "script",
                RecogniserChoice::Tones => "tones",
                RecogniserChoice::Auto => "auto",
            };
            args.extend(["--recogniser".into(), name.into()]);
        }
        let mut config = Config::parse_flags(args).expect("the flags are valid");
        if let Some(passphrase) = &self.passphrase {
            let hash = inturn_server::hash_password(passphrase).expect("a hash");
            config.access.secrets.password_hash = PasswordHash::parse(&hash).expect("a hash");
        }
        config.key = if self.key {
            ApiKey::parse(KEY).expect("a key")
        } else {
            None
        };
        config
    }
}

impl Default for Setting {
    fn default() -> Self {
        Self::new()
    }
}

/// The default words of the script recogniser.
pub const SCRIPT: &str = "one two three four five six seven eight nine ten";
