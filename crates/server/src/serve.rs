//! Listening, serving, and stopping in time.

use std::{
    future::{Future, pending},
    io,
    net::SocketAddr,
    time::Duration,
};

use axum::{Router, serve::ListenerExt};
use tokio::{net::TcpListener, sync::oneshot};

/// Listens on `address`; port 0 takes a free one.
///
/// # Errors
///
/// [`ListenError`], whose sentence names the address and what to do.
pub async fn listen(address: SocketAddr) -> Result<TcpListener, ListenError> {
    TcpListener::bind(address)
        .await
        .map_err(|source| match source.kind() {
            io::ErrorKind::AddrInUse => ListenError::InUse { address },
            _ => ListenError::Refused { address, source },
        })
}

/// Serves until `shutdown` is done, then lets open requests finish for `grace` at most.
///
/// What is open after that, such as a socket of the local service, is cut when the runtime ends.
///
/// # Errors
///
/// When the listener fails for good.
pub async fn serve(
    listener: TcpListener,
    app: Router,
    shutdown: impl Future<Output = ()> + Send + 'static,
    grace: Duration,
) -> io::Result<()> {
    // Without this, a file's last packet waits up to 40 ms for the client's delayed
    // acknowledgement.
    let listener = listener.tap_io(|stream| {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a connection keeps its delay");
        }
    });
    let (stopping, stopped) = oneshot::channel();
    let server = axum::serve(listener, app).with_graceful_shutdown(async move {
        shutdown.await;
        tracing::info!("stopping: open requests may finish");
        // Nobody listens any more once the server has ended by itself.
        let _ = stopping.send(());
    });
    let deadline = async move {
        if stopped.await.is_err() {
            pending::<()>().await;
        }
        tokio::time::sleep(grace).await;
    };
    tokio::select! {
        served = server => served,
        () = deadline => {
            tracing::warn!("connections that were still open have been cut");
            Ok(())
        }
    }
}

/// Why the server can't listen.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// Another program has the port.
    #[error(
        "Port {} of {} is in use by another program: stop that one, or choose a port with --listen {}:PORT.",
        address.port(), address.ip(), shown_host(address)
    )]
    InUse {
        /// The address that was asked for.
        address: SocketAddr,
    },
    /// The system refused.
    #[error(
        "Can't listen on {address}: {source}; choose an address of this machine with --listen."
    )]
    Refused {
        /// The address that was asked for.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
}

fn shown_host(address: &SocketAddr) -> String {
    match address {
        SocketAddr::V4(address) => address.ip().to_string(),
        SocketAddr::V6(address) => format!("[{}]", address.ip()),
    }
}
