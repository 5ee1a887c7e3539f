//! The real server and the real service, in this process, each on a free port.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use inturn_emulator::{Emulator, Faults, Options, RecogniserChoice, SessionLog};
use inturn_server::{AppState, Config, ServeOptions, config::PasswordHash};
use inturn_service::ApiKey;
use tempfile::TempDir;
use tokio::{
    sync::{Mutex, MutexGuard, oneshot},
    task::JoinHandle,
    time::timeout,
};

use crate::{keeping, machine, sound::Sound};
pub use inturn_testkit::secrets::KEY;

/// A server whose page can be opened, and the service it uses.
pub struct Stage {
    /// Where the page is, with a slash at its end.
    pub url: String,
    /// The service; of no use where the server's own local service stands in.
    pub service: Emulator,
    /// Where the service is, without a slash at its end.
    pub service_url: String,
    service_config: (Options, SocketAddr),
    service_running: Option<Running>,
    app: AppState,
    server_address: SocketAddr,
    server_running: Option<Running>,
    recordings: TempDir,
    _alone: MutexGuard<'static, ()>,
}

/// What a stage is set up with.
#[derive(Clone, Debug)]
pub struct Setting {
    recogniser: RecogniserChoice,
    client_dir: Option<PathBuf>,
    relay_url: Option<String>,
    key: bool,
    flags: BTreeMap<&'static str, String>,
    script: String,
    recordings: bool,
    passphrase: Option<String>,
}

impl Setting {
    /// A key, the script recogniser with [`SCRIPT`], and no processing of the captured sound.
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
                // A test presses Record more often than anybody.
                ("--person-hours-per-day", "0".to_owned()),
                ("--person-recordings-at-once", "0".to_owned()),
                ("--person-tokens-per-minute", "0".to_owned()),
                ("--shutdown-grace-seconds", "0".to_owned()),
            ]),
            script: SCRIPT.to_owned(),
            recordings: true,
            passphrase: None,
        }
    }

    /// Only whoever knows this passphrase gets in.
    #[must_use]
    pub fn with_passphrase(mut self, passphrase: &str) -> Self {
        self.flags.insert("--auth", "password".to_owned());
        self.passphrase = Some(passphrase.to_owned());
        self
    }

    /// Real words.
    #[must_use]
    pub fn with_real_words(mut self) -> Self {
        self.recogniser = RecogniserChoice::PocketSphinx;
        self
    }

    /// These words, whatever is said. The local service has a script of its own.
    #[must_use]
    pub fn with_script(mut self, script: &str) -> Self {
        self.script = script.to_owned();
        self
    }

    /// Has the service keep nothing of what it hears, where hours of it would fill the disk.
    #[must_use]
    pub fn without_recordings(mut self) -> Self {
        self.recordings = false;
        self
    }

    /// No key: the server's own local service stands in.
    #[must_use]
    pub fn without_key(mut self) -> Self {
        self.key = false;
        self
    }

    /// Another build of the page.
    #[must_use]
    pub fn with_client(mut self, dir: &Path) -> Self {
        self.client_dir = Some(dir.to_owned());
        self
    }

    /// The server and the page find the service at this address, of a relay in front of it.
    #[must_use]
    pub fn behind(mut self, relay_url: &str) -> Self {
        self.relay_url = Some(relay_url.to_owned());
        self
    }

    /// A flag of the server.
    #[must_use]
    pub fn with_flag(mut self, flag: &'static str, value: &str) -> Self {
        self.flags.insert(flag, value.to_owned());
        self
    }

    /// Starts the server and the service.
    ///
    /// # Panics
    ///
    /// When either can't be started.
    pub async fn open(self) -> Stage {
        // A client without a provider would look for one and end the test.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let alone = alone().await;
        let recordings = tempfile::tempdir().expect("a temporary folder");
        let options = Options {
            api_keys: vec![KEY.to_owned()],
            record_dir: self.recordings.then(|| recordings.path().to_owned()),
            recogniser: self.recogniser,
            script: self.script.clone(),
            ..Options::default()
        };
        let service = Emulator::new(options.clone()).expect("the service's options are sound");
        let service_running = Running::start(loopback(), service.router()).await;
        let service_address = service_running.address;

        let service_url = format!("http://{service_address}");
        let server_config = self.server_config(self.relay_url.as_deref().unwrap_or(&service_url));
        let state = AppState::new(&server_config).expect("the server's configuration is sound");
        keeping::start();
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
            _alone: alone,
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
                RecogniserChoice::Auto => "auto",
            };
            args.extend(["--recogniser".into(), name.into()]);
        }
        let mut config = Config::parse_flags(args).expect("the flags are sound");
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
    /// Sets what the service does wrong from the next session on, in the JSON form of its faults.
    ///
    /// # Panics
    ///
    /// When they are no faults.
    pub fn set_faults(&self, faults: &serde_json::Value) {
        let faults = Faults::from_json(&faults.to_string());
        self.service
            .set_faults(faults.unwrap_or_else(|error| panic!("{error}")));
    }

    /// Takes the service away: its port answers no more, its sessions are cut.
    pub async fn stop_service(&mut self) {
        if let Some(running) = self.service_running.take() {
            running.stop().await;
        }
    }

    /// Brings it back at the same address, with nothing left of what it knew.
    ///
    /// # Panics
    ///
    /// When its port was taken by another program meanwhile.
    pub async fn start_service(&mut self) {
        let (options, address) = self.service_config.clone();
        self.service = Emulator::new(options).expect("the options were sound before");
        self.service_running = Some(Running::start(address, self.service.router()).await);
    }

    /// What the server counts, in the form of `/metrics`.
    pub async fn metrics(&self) -> String {
        keeping::metrics(&self.app).await
    }

    /// Takes the server of the page away.
    pub async fn stop_server(&mut self) {
        if let Some(running) = self.server_running.take() {
            running.stop().await;
        }
    }

    /// Brings it back at the same address.
    ///
    /// # Panics
    ///
    /// When its port was taken by another program meanwhile.
    pub async fn start_server(&mut self) {
        let running = Running::start(self.server_address, server(&self.app)).await;
        self.server_running = Some(running);
    }

    /// Waits until the service has closed all the sessions that it opened, if it opened any.
    ///
    /// # Panics
    ///
    /// When it takes longer than 20 s.
    pub async fn no_session_is_open(&self) {
        let waiting = self
            .service
            .wait_for(|logs| logs.iter().all(|log| log.closed.is_some()));
        timeout(PATIENCE, waiting)
            .await
            .unwrap_or_else(|_| panic!("sessions stay open: {:#?}", self.service.sessions()));
    }

    /// Waits until the service has closed this many sessions and gives the last one's log.
    ///
    /// # Panics
    ///
    /// When it takes longer than 20 s.
    pub async fn closed_session(&self, count: usize) -> SessionLog {
        let closed = |log: &SessionLog| log.closed.is_some();
        let waiting = self
            .service
            .wait_for(|logs| logs.iter().filter(|log| closed(log)).count() >= count);
        let logs = timeout(PATIENCE, waiting).await.unwrap_or_else(|_| {
            panic!(
                "no {count} sessions were closed in time: {:#?}",
                self.service.sessions()
            )
        });
        assert_eq!(logs.len(), count, "other sessions were opened: {logs:#?}");
        logs.into_iter()
            .next_back()
            .expect("at least one session was asked for")
    }

    /// What the service received in a session.
    ///
    /// # Panics
    ///
    /// When there is no recording of it.
    pub fn recording(&self, log: &SessionLog) -> Sound {
        let path = self.recordings.path().join(format!("{}.wav", log.id));
        Sound::read_wav(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        keeping::last_words(&self.app);
    }
}

/// The server of the page, all of whose answers are kept.
fn server(state: &AppState) -> axum::Router {
    keeping::answers(inturn_server::app(state.clone()))
}

/// Waits for the tests that play sound in real time: two at once would each hear gaps on a small
/// machine.
pub async fn alone() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::const_new(());
    TURN.lock().await
}

/// A server task; it ends with this value.
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    shutdown: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

impl Running {
    /// Serves `router` as the product does.
    ///
    /// # Panics
    ///
    /// When the address can't be listened on.
    pub async fn start(address: SocketAddr, router: axum::Router) -> Self {
        let listener = inturn_server::listen(address)
            .await
            .expect("the address is free");
        let address = listener.local_addr().expect("it listens");
        let (shutdown, told) = oneshot::channel::<()>();
        let task = tokio::spawn(async move {
            let told = async {
                // The sender's end is the same word as its message.
                let _ = told.await;
            };
            let options = ServeOptions {
                grace: Duration::ZERO,
                ..ServeOptions::default()
            };
            inturn_server::serve(listener, router, told, options).await;
        });
        Self {
            address,
            shutdown: Some(shutdown),
            task,
        }
    }

    /// Ends it and waits until its port is free.
    pub async fn stop(mut self) {
        self.shutdown.take();
        // Cancelled only by a drop, which comes later.
        let _ = (&mut self.task).await;
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A free port of this machine.
pub fn loopback() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

/// The words of the script recogniser, unless a test has others.
pub const SCRIPT: &str = "one two three four five six seven eight nine ten";

/// Longer than anything here takes, even on a loaded machine.
const PATIENCE: Duration = Duration::from_secs(20);
