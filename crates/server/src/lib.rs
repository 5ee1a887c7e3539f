#![doc = include_str!("../README.md")]
#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used))]

mod access;
mod base_path;
mod caller;
pub mod cli;
pub mod config;
mod error;
mod files;
mod gate;
mod health;
mod html;
mod layers;
mod limits;
pub mod logging;
mod metrics;
mod readiness;
mod recordings;
mod refusal_kind;
mod refusals;
mod request_log;
mod route_table;
mod routes;
mod security;
mod serve;
mod sign_in;
mod state;
mod token;
mod upstream;

use std::{
    future::{Future, pending},
    io,
    io::Write,
    time::Duration,
};

use axum::Router;
use inturn_cli::Advice;
use tokio::task::JoinSet;

use crate::{
    access::Access,
    config::{AuthMode, ConfigWarning},
    limits::WorstCase,
    metrics::SignInCounts,
    serve::listen_as,
};
pub use crate::{
    access::{AccessError, hash_password},
    config::Config,
    limits::LimitsError,
    metrics::ConnectionCounts,
    serve::{ListenError, Listener, ServeOptions, listen, serve},
    state::{AppState, StateError},
};

/// Returns the routes with their layers. Needs no socket, so tests can call it as a function.
pub fn app(state: AppState) -> Router {
    let base_path = state.base_path().to_owned();
    let app = layers::layered(routes::routes(state.clone()), state);
    base_path::strip(app, &base_path)
}

/// Returns the routes of the metrics listener.
pub fn metrics_app(state: AppState) -> Router {
    routes::metrics_routes(state)
}

/// Serves until `shutdown` completes.
///
/// Writes `listening on http://ADDRESS:PORT` to standard output, with the actual port and
/// regardless of the log filter. Everything else goes to the log.
///
/// # Errors
///
/// [`RunError`], whose message says what to do.
pub async fn run(
    config: &Config,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), RunError> {
    // Before listening: without valid access settings, no request may be accepted.
    Access::new(config, &SignInCounts::default()).map_err(StateError::from)?;
    // Listening comes first because it fails quickly; loading a recogniser is slow.
    let listener = listen(config.listen.listen).await?;
    let metrics_listener = match config.listen.metrics_listen {
        Some(address) => Some(listen_as("--metrics-listen", address).await?),
        None => None,
    };
    let state = AppState::new(config)?;
    state.limits().connect().await;
    let address = listener.local_addr()?;
    log_configuration(config, &state);
    if config.access.auth == AuthMode::Password
        && config.access.trusted_proxy.is_empty()
        && !address.ip().is_loopback()
    {
        tracing::warn!(
            "--trusted-proxy is not set: unless a proxy encrypts the traffic to {address}, the \
             passphrase is sent in the clear"
        );
    }
    if config.access.auth == AuthMode::Open {
        tracing::warn!(
            "--auth open: anyone who can reach {address} can start recordings, and this server's \
             account pays for them"
        );
    }
    // Before `listening on` is printed, so that the metrics are available from then on.
    let _background = spawn_background_tasks(&state, metrics_listener)?;
    // A closed standard output does not stop the server.
    let _ = writeln!(io::stdout(), "listening on http://{address}");
    let grace = Duration::from_secs(config.listen.shutdown_grace_seconds);
    let options = ServeOptions {
        counts: state.metrics().connections().clone(),
        trusted_proxies: config.access.trusted_proxy.clone(),
        ..ServeOptions::new(&config.serving, grace)
    };
    let stopping = async {
        shutdown.await;
        state.mark_stopping();
        tracing::info!("stopping: open requests may finish");
        tokio::time::sleep(Duration::from_secs(config.listen.shutdown_delay_seconds)).await;
    };
    serve(listener, app(state.clone()), stopping, options).await;
    state.end_local_sessions().await;
    Ok(())
}

/// Starts the tasks that run next to the server until the returned set is dropped: the metrics
/// listener, if there is one, and reloading the secrets at SIGHUP.
fn spawn_background_tasks(state: &AppState, metrics: Option<Listener>) -> io::Result<JoinSet<()>> {
    let mut tasks = JoinSet::new();
    if let Some(listener) = metrics {
        let address = listener.local_addr()?;
        tracing::info!("metrics are at http://{address}/metrics");
        let routes = metrics_app(state.clone());
        let options = ServeOptions::default();
        tasks.spawn(serve(listener, routes, pending(), options));
    }
    let warm = state.clone();
    tasks.spawn(async move { warm.keep_warm().await });
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut hangups = signal(SignalKind::hangup())?;
        let state = state.clone();
        tasks.spawn(async move {
            while hangups.recv().await.is_some() {
                let state = state.clone();
                // Reading can block: the file may be a pipe without a writer, or on a disk that
                // does not respond. It blocks a separate thread, and further signals wait for it.
                let reading = tokio::task::spawn_blocking(move || state.reload_secrets());
                if let Err(error) = reading.await {
                    tracing::error!(%error, "reloading the secrets failed");
                }
            }
        });
    }
    Ok(tasks)
}

/// Why the server did not run, or stopped.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The server's state can't be created.
    #[error(transparent)]
    State(#[from] StateError),
    /// The address can't be listened on.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// An operating system call failed while serving.
    #[error("Serving failed: {0}.")]
    Serving(#[from] io::Error),
}

/// Logs the settings that an operator should see at start.
fn log_configuration(config: &Config, state: &AppState) {
    if let Some(dotenv) = &config.dotenv {
        tracing::info!(
            path = %dotenv.path.display(),
            ignored_lines = dotenv.ignored(),
            "variables were read from a .env file"
        );
    }
    for ConfigWarning {
        message, remedy, ..
    } in config.warnings()
    {
        tracing::warn!("{message} {remedy}");
    }
    let model = config.session.model();
    match state.local_service() {
        None => {
            tracing::info!(service = %config.service.url(), %model, "using the speech service");
            tracing::info!(
                "{}",
                WorstCase::of(&config.limits, &config.session, config.cost.session_cost())
            );
        }
        Some(local) => {
            let recogniser = local.description();
            if config.local.local_service {
                tracing::warn!("using the local service because of --local-service ({recogniser})");
            } else {
                tracing::warn!(
                    "no API key is set: using the local service ({recogniser}); set \
                     ASSEMBLYAI_API_KEY or ASSEMBLYAI_API_KEY_FILE to use the real service"
                );
            }
            if let Some(Advice { reason, remedy }) = local.advice() {
                tracing::warn!("a better recogniser is not used: {reason}. {remedy}");
            }
        }
    }
    let extra = config.session.extra_parameters();
    if !extra.is_empty() {
        tracing::info!(
            parameters = extra.join(", "),
            "each session is opened with extra parameters"
        );
    }
    if !model.is_listed() {
        tracing::warn!(%model, "unknown speech model: the service may reject it");
    }
}
