//! The web server: the page, the token, the page's configuration.
//!
//! [`run`] is the whole program but for reading its configuration. Tests and other programs may
//! use its parts: [`AppState::new`], [`app`], [`listen`], [`serve`].

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
use inturn_protocol::LocalService;
use tokio::task::JoinSet;

use crate::{
    access::Access,
    config::{AuthMode, Caution},
    limits::WorstCase,
    metrics::SignInCounts,
    serve::listen_as,
};

pub use crate::{
    access::{AccessError, hash_password},
    config::{Config, ConfigError},
    limits::LimitsError,
    metrics::ConnectionCounts,
    serve::{ListenError, Listener, ServeOptions, listen, serve},
    state::{AppState, StateError},
    upstream::LocalError,
};

/// The routes in their layers. Needs no socket: a test may call it as a function.
pub fn app(state: AppState) -> Router {
    let base_path = state.base_path().to_owned();
    let app = layers::layered(routes::routes(state.clone()), state);
    base_path::below(app, &base_path)
}

/// The routes of the metrics' own listener.
pub fn metrics_app(state: AppState) -> Router {
    routes::metrics_routes(state)
}

/// Serves until `shutdown` is done.
///
/// Writes `listening on http://ADDRESS:PORT` to standard output, with the port that was really
/// taken, whatever the log's filter is; everything else goes to the log.
///
/// # Errors
///
/// [`RunError`], whose sentence says what to do.
pub async fn run(
    config: &Config,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), RunError> {
    // Nobody may call, not even for a moment, where it is not clear who may.
    Access::new(config, &SignInCounts::default()).map_err(StateError::from)?;
    // Before the rest, since it is quick to fail, and a recogniser is slow to load.
    let listener = listen(config.listen.listen).await?;
    let metrics_listener = match config.listen.metrics_listen {
        Some(address) => Some(listen_as("--metrics-listen", address).await?),
        None => None,
    };
    let state = AppState::new(config)?;
    state.limits().connect().await;
    let address = listener.local_addr()?;
    tell_what_is_used(config, &state);
    if config.access.auth == AuthMode::Password
        && config.access.trusted_proxy.is_empty()
        && !address.ip().is_loopback()
    {
        tracing::warn!(
            "no --trusted-proxy is named: where no proxy encrypts what comes to {address}, the \
             passphrase travels in the clear"
        );
    }
    if config.access.auth == AuthMode::Open {
        tracing::warn!(
            "--auth open: anyone who can reach {address} can start recordings at the cost of this \
             server's account"
        );
    }
    // Before anybody is told that there is somebody to talk to.
    let _beside = beside(&state, metrics_listener)?;
    // A reader that has gone away is no reason not to serve.
    let _ = writeln!(io::stdout(), "listening on http://{address}");
    let grace = Duration::from_secs(config.listen.shutdown_grace_seconds);
    let options = ServeOptions {
        counts: state.metrics().connections().clone(),
        trusted_proxies: config.access.trusted_proxy.clone(),
        ..ServeOptions::new(&config.serving, grace)
    };
    let stopping = async {
        shutdown.await;
        state.stop_being_ready();
        tracing::info!("stopping: open requests may finish");
        tokio::time::sleep(Duration::from_secs(config.listen.shutdown_delay_seconds)).await;
    };
    serve(listener, app(state.clone()), stopping, options).await;
    state.end_local_sessions().await;
    Ok(())
}

/// What runs beside the server until it is dropped: metrics, if there is a listener for them, and reading
/// the secrets again when the system says so.
fn beside(state: &AppState, metrics: Option<Listener>) -> io::Result<JoinSet<()>> {
    let mut tasks = JoinSet::new();
    if let Some(listener) = metrics {
        let address = listener.local_addr()?;
        tracing::info!("metrics are at http://{address}/metrics");
        let routes = metrics_app(state.clone());
        let options = ServeOptions::default();
        tasks.spawn(serve(listener, routes, pending(), options));
    }
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut hangups = signal(SignalKind::hangup())?;
        let state = state.clone();
        tasks.spawn(async move {
            while hangups.recv().await.is_some() {
                let state = state.clone();
                // A file may be a pipe that nobody writes to, or on a disk that is gone: reading it then
                // waits in a thread of its own, and further signals wait for that.
                let reading = tokio::task::spawn_blocking(move || state.reload_secrets());
                if let Err(error) = reading.await {
                    tracing::error!(%error, "the secrets were not read again");
                }
            }
        });
    }
    Ok(tasks)
}

/// Why the server did not run, or stopped.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// There is nothing to serve.
    #[error(transparent)]
    State(#[from] StateError),
    /// There is nowhere to listen.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// The system failed while serving.
    #[error("Serving failed: {0}.")]
    Serving(#[from] io::Error),
}

fn tell_what_is_used(config: &Config, state: &AppState) {
    if let Some(dotenv) = &config.dotenv {
        tracing::info!(
            path = %dotenv.path.display(),
            ignored_lines = dotenv.ignored(),
            "variables were read from a .env file"
        );
    }
    for Caution {
        sentence, remedy, ..
    } in config.cautions()
    {
        tracing::warn!("{sentence} {remedy}");
    }
    let model = config.session.model();
    match state.local_service() {
        None => {
            tracing::info!(service = %config.service.url(), %model, "using the speech service");
            tracing::info!("{}", WorstCase::of(&config.limits, &config.session));
        }
        Some(local) => {
            let hears = match local {
                LocalService::Pocketsphinx => "real words, by PocketSphinx",
                LocalService::Script => "a fixed script, whatever is said",
            };
            if config.local.local_service {
                tracing::warn!("the local service stands in, as --local-service asks ({hears})");
            } else {
                tracing::warn!(
                    "no API key is set, so the local service stands in ({hears}); set \
                     ASSEMBLYAI_API_KEY or ASSEMBLYAI_API_KEY_FILE to use the real one"
                );
            }
        }
    }
    if state.local_service().is_some()
        && cfg!(all(target_os = "linux", target_feature = "crt-static"))
    {
        tracing::warn!("this program is fully static, so it can't load PocketSphinx");
    }
    let more = config.session.more_parameters();
    if !more.is_empty() {
        tracing::info!(
            parameters = more.join(", "),
            "sessions are opened with more parameters"
        );
    }
    if !model.is_listed() {
        tracing::warn!(%model, "this speech model is not one we know; the service may refuse it");
    }
}
