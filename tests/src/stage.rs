//! The real server and the emulated service, in this process, each on a free port.

mod kind;
mod setting;
mod verdict;

use std::{
    net::SocketAddr,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};

use inturn_emulator::{Emulator, Faults, MoonshinePaths, Options, RecogniserChoice, SessionLog};
use inturn_server::{AppState, ServeOptions};
pub use inturn_testkit::secrets::KEY;
use tempfile::TempDir;
use tokio::{
    net::TcpSocket,
    runtime::Handle,
    sync::oneshot,
    task::{self, JoinHandle},
    time::timeout,
};

use self::verdict::Story;
pub use self::{
    kind::{Kind, Turn},
    setting::{SCRIPT, Setting},
};
use crate::{browser, capture, machine, sound::Sound};

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
    /// Keep the ports of what is stopped, for its next start.
    reserved_ports: Vec<TcpSocket>,
    recordings: TempDir,
    /// Why sessions may be lost or billed without audio, if the story disturbs them.
    disturbance: Option<&'static str>,
    has_faults: AtomicBool,
    /// The logs of services that were stopped.
    earlier_sessions: Vec<SessionLog>,
    _turn: Turn,
}

impl Setting {
    /// Starts the server and the service.
    ///
    /// # Panics
    ///
    /// If one of them can't be started.
    pub async fn open(self) -> Stage {
        // Without a crypto provider, HTTP clients would panic.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let turn = self.kind.turn().await;
        browser::forget_ends();
        let recordings = tempfile::tempdir().expect("a temporary folder");
        let options = Options {
            api_keys: vec![KEY.to_owned()],
            record_dir: self.recordings.then(|| recordings.path().to_owned()),
            recogniser: self.recogniser,
            moonshine: match self.recogniser {
                RecogniserChoice::Moonshine => machine::moonshine(),
                _ => MoonshinePaths::default(),
            },
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
            reserved_ports: Vec::new(),
            recordings,
            disturbance: self
                .relay_url
                .is_some()
                .then_some("a relay slows the network"),
            has_faults: AtomicBool::new(false),
            earlier_sessions: Vec::new(),
            _turn: turn,
        }
    }
}

impl Stage {
    /// Sets the faults of the service from the next session on, as JSON.
    ///
    /// # Panics
    ///
    /// If the JSON is invalid.
    pub fn set_faults(&self, faults: &serde_json::Value) {
        self.has_faults.store(true, Ordering::Relaxed);
        let faults = Faults::from_json(&faults.to_string());
        self.service
            .set_faults(faults.unwrap_or_else(|error| panic!("{error}")));
    }

    /// Declares that this story disturbs its sessions by other means than faults of the service,
    /// for this reason. Then the service's log is not judged.
    pub fn disturb(&mut self, reason: &'static str) {
        self.disturbance = Some(reason);
    }

    /// Stops the service: its port is closed and its sessions are cut.
    pub async fn stop_service(&mut self) {
        self.disturb("the service is stopped");
        self.service.shut_down().await;
        if let Some(running) = self.service_running.take() {
            self.reserved_ports.push(running.stop().await);
        }
    }

    /// Starts the service again at the same address, without its former state.
    ///
    /// # Panics
    ///
    /// If it can't listen there.
    pub async fn start_service(&mut self) {
        let (options, address) = self.service_config.clone();
        self.earlier_sessions.extend(self.service.sessions());
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
            self.reserved_ports.push(running.stop().await);
        }
    }

    /// Starts the server again at the same address.
    ///
    /// # Panics
    ///
    /// If it can't listen there.
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

    /// Returns the logs of all sessions, also of a service that was stopped and started again.
    pub fn sessions(&self) -> Vec<SessionLog> {
        let mut logs = self.earlier_sessions.clone();
        logs.extend(self.service.sessions());
        logs
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

impl Stage {
    /// Checks that the page left no session open and wasted no time of one.
    ///
    /// # Panics
    ///
    /// If it did.
    fn judge_sessions(&self) {
        let undisturbed = |log: &&SessionLog| log.faults == 0;
        let closed = |logs: &[SessionLog]| {
            let mut logs = logs.iter().filter(undisturbed);
            logs.all(|log| log.closed.is_some())
        };
        let waiting = async { timeout(PATIENCE, self.service.wait_for(closed)).await };
        // On timeout, the open session is found below.
        let _ = task::block_in_place(|| Handle::current().block_on(waiting));
        let story = Story {
            browser_ended_ms: browser::last_end_ms(),
            has_faults: self.has_faults.load(Ordering::Relaxed),
        };
        for log in self.service.sessions() {
            if let Err(reason) = verdict::check(&log, story) {
                panic!("session {}: {reason}: {log:#?}", log.number);
            }
        }
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        capture::capture_final_state(&self.app);
        if self.disturbance.is_none() && !thread::panicking() {
            self.judge_sessions();
        }
    }
}

/// Returns the server's router. All its responses are kept.
fn server(state: &AppState) -> axum::Router {
    capture::capture_responses(inturn_server::app(state.clone()))
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

    /// Stops the server and waits until its port is free. As long as the returned socket exists, no
    /// other program gets the port; connections to it are refused.
    ///
    /// # Panics
    ///
    /// If another program has taken the port at once.
    pub async fn stop(mut self) -> TcpSocket {
        self.shutdown.take();
        // The task is cancelled only in `drop`, which runs later.
        let _ = (&mut self.task).await;
        let socket = TcpSocket::new_v4().expect("a socket");
        // With it, a server can listen there again. All servers set it too.
        socket.set_reuseaddr(true).expect("a socket option");
        socket.bind(self.address).expect("the port is free");
        socket
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

/// Timeout: longer than needed even on a loaded machine.
const PATIENCE: Duration = Duration::from_secs(20);
