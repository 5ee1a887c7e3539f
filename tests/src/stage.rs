//! The real server and the emulated service, in this process, each on a free port.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use inturn_emulator::{Delays, Emulator, Faults, Options, RecogniserChoice, SessionLog};
use inturn_server::{AppState, Config, ServeOptions, config::PasswordHash};
use inturn_service::ApiKey;
pub use inturn_testkit::secrets::KEY;
use tempfile::TempDir;
use tokio::{
    sync::{Mutex, MutexGuard, oneshot},
    task::JoinHandle,
    time::timeout,
};

use crate::{capture, machine, sound::Sound};

/// A running server with the page, and the service that it uses.
pub struct Stage {
    /// The URL of the page, with a trailing slash.
    pub url: String,
    /// The service. Not used if the server runs its local service.
    pub service: Emulator,
    /// The base URL of the service, without a trailing slash.
    pub service_url: String,
    service_config: (Options, SocketAddr),
    service_running: Option<Running>,
    app: AppState,
    server_address: SocketAddr,
    server_running: Option<Running>,
    recordings: TempDir,
    _lock: MutexGuard<'static, ()>,
}

/// Options of a [`Stage`].
#[derive(Clone, Debug)]
pub struct Setting {
    recogniser: RecogniserChoice,
    client_dir: Option<PathBuf>,
    relay_url: Option<String>,
    key: bool,
    flags: BTreeMap<&'static str, String>,
    script: String,
    delays: Delays,
    recordings: bool,
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

    /// Recognises the words of [`Sound::tone_words`] by their number: `w0`, `w1` and so on. They
    /// depend on the audio only, so they tell which words were lost or came twice.
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

    /// Starts the server and the service.
    ///
    /// # Panics
    ///
    /// If one of them can't be started.
    pub async fn open(self) -> Stage {
        // Without a crypto provider, HTTP clients would panic.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let lock = real_time_lock().await;
        let recordings = tempfile::tempdir().expect("a temporary folder");
        let options = Options {
            api_keys: vec![KEY.to_owned()],
            record_dir: self.recordings.then(|| recordings.path().to_owned()),
            recogniser: self.recogniser,
            script: self.script.clone(),
            delays: self.delays.clone(),
            ..Options::default()
        };
        let service = Emulator::new(options.clone()).expect("the service's options are valid");
        let service_running = Running::start(loopback(), service.router()).await;
        let service_address = service_running.address;

        let service_url = format!("http://{service_address}");
        let server_config = self.server_config(self.relay_url.as_deref().unwrap_or(&service_url));
        let state = AppState::new(&server_config).expect("the server's configuration is valid");
        capture::capture_logs();
        let server = Running::start(loopback(), server(&state)).await;
        let base_path = &server_config.listen.base_path;
        Stage {
            url: format!("http://{}{base_path}", server.address),
            service,
            service_url,
            service_config: (options, service_address),
            service_running: Some(service_running),
            app: state,
            server_address: server.address,
            server_running: Some(server),
            recordings,
            _lock: lock,
        }
    }

    fn server_config(&self, service_url: &str) -> Config {
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

impl Stage {
    /// Sets the faults of the service from the next session on, as JSON.
    ///
    /// # Panics
    ///
    /// If the JSON is invalid.
    pub fn set_faults(&self, faults: &serde_json::Value) {
        let faults = Faults::from_json(&faults.to_string());
        self.service
            .set_faults(faults.unwrap_or_else(|error| panic!("{error}")));
    }

    /// Stops the service: its port is closed and its sessions are cut.
    pub async fn stop_service(&mut self) {
        if let Some(running) = self.service_running.take() {
            running.stop().await;
        }
    }

    /// Starts the service again at the same address, without its former state.
    ///
    /// # Panics
    ///
    /// If another program has taken its port meanwhile.
    pub async fn start_service(&mut self) {
        let (options, address) = self.service_config.clone();
        self.service = Emulator::new(options).expect("the same options were valid before");
        self.service_running = Some(Running::start(address, self.service.router()).await);
    }

    /// Returns the response of the server's `/metrics`.
    pub async fn metrics(&self) -> String {
        capture::metrics(&self.app).await
    }

    /// Stops the server.
    pub async fn stop_server(&mut self) {
        if let Some(running) = self.server_running.take() {
            running.stop().await;
        }
    }

    /// Starts the server again at the same address.
    ///
    /// # Panics
    ///
    /// If another program has taken its port meanwhile.
    pub async fn start_server(&mut self) {
        let running = Running::start(self.server_address, server(&self.app)).await;
        self.server_running = Some(running);
    }

    /// Waits until the service has no open sessions.
    ///
    /// # Panics
    ///
    /// On timeout after 20 s.
    pub async fn no_session_is_open(&self) {
        let waiting = self
            .service
            .wait_for(|logs| logs.iter().all(|log| log.closed.is_some()));
        timeout(PATIENCE, waiting)
            .await
            .unwrap_or_else(|_| panic!("sessions stay open: {:#?}", self.service.sessions()));
    }

    /// Waits until the service has closed this many sessions. Returns the log of the last one.
    ///
    /// # Panics
    ///
    /// On timeout after 20 s.
    pub async fn closed_session(&self, count: usize) -> SessionLog {
        let closed = |log: &SessionLog| log.closed.is_some();
        let waiting = self
            .service
            .wait_for(|logs| logs.iter().filter(|log| closed(log)).count() >= count);
        let logs = timeout(PATIENCE, waiting).await.unwrap_or_else(|_| {
            panic!(
                "timeout: expected {count} closed sessions: {:#?}",
                self.service.sessions()
            )
        });
        assert_eq!(logs.len(), count, "other sessions were opened: {logs:#?}");
        logs.into_iter().next_back().expect("count is at least 1")
    }

    /// Returns the audio that the service received in a session.
    ///
    /// # Panics
    ///
    /// If there is no recording of it.
    pub fn recording(&self, log: &SessionLog) -> Sound {
        let path = self.recordings.path().join(format!("{}.wav", log.id));
        Sound::read_wav(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        capture::capture_final_state(&self.app);
    }
}

/// Returns the server's router. All its responses are kept.
fn server(state: &AppState) -> axum::Router {
    capture::capture_responses(inturn_server::app(state.clone()))
}

/// Waits for other tests that play sound in real time. Two at once would have gaps on a small
/// machine.
pub async fn real_time_lock() -> MutexGuard<'static, ()> {
    static LOCK: Mutex<()> = Mutex::const_new(());
    LOCK.lock().await
}

/// A running server task, stopped on drop.
pub struct Running {
    /// The address it listens on.
    pub address: SocketAddr,
    shutdown: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

impl Running {
    /// Serves `router` with the server's connection handling.
    ///
    /// # Panics
    ///
    /// If the address can't be bound.
    pub async fn start(address: SocketAddr, router: axum::Router) -> Self {
        let listener = inturn_server::listen(address)
            .await
            .expect("the address is free");
        let address = listener.local_addr().expect("the socket listens");
        let (shutdown, shutdown_receiver) = oneshot::channel::<()>();
        let task = tokio::spawn(async move {
            let signal = async {
                // Dropping the sender has the same meaning as a message.
                let _ = shutdown_receiver.await;
            };
            let options = ServeOptions {
                grace: Duration::ZERO,
                ..ServeOptions::default()
            };
            inturn_server::serve(listener, router, signal, options).await;
        });
        Self {
            address,
            shutdown: Some(shutdown),
            task,
        }
    }

    /// Stops the server and waits until its port is free.
    pub async fn stop(mut self) {
        self.shutdown.take();
        // The task is cancelled only in `drop`, which runs later.
        let _ = (&mut self.task).await;
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Returns the loopback address with port 0, for a free port.
pub fn loopback() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

/// The default words of the script recogniser.
pub const SCRIPT: &str = "one two three four five six seven eight nine ten";

/// Timeout: longer than needed even on a loaded machine.
const PATIENCE: Duration = Duration::from_secs(20);
