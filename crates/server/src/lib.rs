//! The web server: the page, the token, the page's configuration.
//!
//! [`run`] is the whole program but for reading its configuration. Tests and other programs may
//! use its parts: [`AppState::new`], [`app`], [`listen`], [`serve`].

mod access;
mod caller;
pub mod config;
mod error;
mod files;
mod layers;
mod limits;
pub mod logging;
mod recordings;
mod request_log;
mod routes;
mod security;
mod serve;
mod state;
mod token;
mod upstream;

use std::{future::Future, io, io::Write, time::Duration};

use axum::Router;
use inturn_protocol::LocalService;

use crate::{access::Access, config::AuthMode};

pub use crate::{
    access::{AccessError, hash_password},
    config::{Config, ConfigError},
    serve::{ListenError, Listener, ServeOptions, listen, serve},
    state::{AppState, StateError},
    upstream::LocalError,
};

/// The routes in their layers. Needs no socket: a test may call it as a function.
pub fn app(state: AppState) -> Router {
    layers::layered(routes::routes(state.clone()), state)
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
    Access::new(config).map_err(StateError::from)?;
    // Before the rest, since it is quick to fail, and a recogniser is slow to load.
    let listener = listen(config.listen.listen).await?;
    let state = AppState::new(config)?;
    let address = listener.local_addr()?;
    tell_what_is_used(config, &state);
    if config.access.auth == AuthMode::Open {
        tracing::warn!(
            "--auth open: anyone who can reach {address} can start recordings at the cost of this \
             server's account"
        );
    }
    // A reader that has gone away is no reason not to serve.
    let _ = writeln!(io::stdout(), "listening on http://{address}");
    let grace = Duration::from_secs(config.listen.shutdown_grace_seconds);
    let options = config.serving.options(grace);
    let stopping = async {
        shutdown.await;
        tracing::info!("stopping: open requests may finish");
        tokio::time::sleep(Duration::from_secs(config.listen.shutdown_delay_seconds)).await;
    };
    serve(listener, app(state.clone()), stopping, options).await;
    state.end_local_sessions().await;
    Ok(())
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
    let model = config.session.model();
    match state.local_service() {
        None => tracing::info!(service = %config.service.url(), %model, "using the speech service"),
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
    if !model.is_listed() {
        tracing::warn!(%model, "this speech model is not one we know; the service may refuse it");
    }
}
