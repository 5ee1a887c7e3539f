//! Listening, serving, and stopping in time.

use std::{
    future::{Future, pending},
    io,
    net::SocketAddr,
    time::Duration,
};

use axum::{
    Router,
    extract::{ConnectInfo, Request, connect_info::Connected},
    middleware::{self, Next},
    response::Response,
    serve::IncomingStream,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::oneshot,
};

use crate::caller::Peer;

/// A place to be called at, whose connections send at once what they are given.
#[derive(Debug)]
pub struct Listener(TcpListener);

impl Listener {
    /// The address, with the port that was really taken.
    ///
    /// # Errors
    ///
    /// When the system doesn't know.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

impl axum::serve::Listener for Listener {
    type Io = TcpStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (TcpStream, SocketAddr) {
        let (stream, address) = axum::serve::Listener::accept(&mut self.0).await;
        // Without this, a file's last packet waits up to 40 ms for the client's delayed
        // acknowledgement.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a connection keeps its delay");
        }
        (stream, address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

impl Connected<IncomingStream<'_, Listener>> for Peer {
    fn connect_info(stream: IncomingStream<'_, Listener>) -> Self {
        Self(*stream.remote_addr())
    }
}

/// Listens on `address`; port 0 takes a free one.
///
/// # Errors
///
/// [`ListenError`], whose sentence names the address and what to do.
pub async fn listen(address: SocketAddr) -> Result<Listener, ListenError> {
    TcpListener::bind(address)
        .await
        .map(Listener)
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
    listener: Listener,
    app: Router,
    shutdown: impl Future<Output = ()> + Send + 'static,
    grace: Duration,
) -> io::Result<()> {
    let (stopping, stopped) = oneshot::channel();
    let app = app.layer(middleware::from_fn(note_peer));
    let app = app.into_make_service_with_connect_info::<Peer>();
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

async fn note_peer(
    ConnectInfo(peer): ConnectInfo<Peer>,
    mut request: Request,
    next: Next,
) -> Response {
    request.extensions_mut().insert(peer);
    next.run(request).await
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_accepted_connection_sends_at_once() {
        let mut listener = listen(SocketAddr::from(([127, 0, 0, 1], 0)))
            .await
            .expect("a port");
        let address = listener.local_addr().expect("an address");
        let (called, (stream, _)) = tokio::join!(
            TcpStream::connect(address),
            axum::serve::Listener::accept(&mut listener)
        );
        called.expect("connects");
        assert!(stream.nodelay().expect("a socket"));
    }
}
