//! Listens, serves connections, and shuts down gracefully.
//!
//! Each step of a client has a timeout, and the number of connections is limited. At a limit, the
//! server closes the connection that has waited longest for its client, to make room for the new
//! one. Such a connection waits for a request, for the rest of a request, or for the client to read
//! its response.

mod bodies;
mod connections;
mod memory;
mod options;
mod refusal;
mod timed_stream;

use std::{future::Future, io, net::SocketAddr, pin::pin, time::Duration};

use axum::{Router, http::StatusCode, response::Response};
use hyper::{Request, body::Incoming, server::conn::http1, service::service_fn};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
};
use tower::Service;

pub use self::options::ServeOptions;
use self::{
    bodies::TrackedBody,
    connections::{Connections, Slot},
    refusal::Rejector,
    timed_stream::TimedStream,
};
use crate::{caller::Peer, metrics::Cut};

/// A TCP listener.
#[derive(Debug)]
pub struct Listener(TcpListener);

impl Listener {
    /// Returns the bound address, with the real port if port 0 was asked for.
    ///
    /// # Errors
    ///
    /// Returns the error of `getsockname`.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }

    /// Accepts the next connection, and sets `TCP_NODELAY`.
    async fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        let (stream, address) = self.0.accept().await?;
        // Without this, a file's last packet waits up to 40 ms for the client's delayed
        // acknowledgement.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "setting TCP_NODELAY failed");
        }
        Ok((stream, address))
    }
}

/// Listens on `address`; port 0 selects a free one.
///
/// # Errors
///
/// Returns a [`ListenError`], which names the address and says what to do.
pub async fn listen(address: SocketAddr) -> Result<Listener, ListenError> {
    listen_as("--listen", address).await
}

/// Listens on an `address` that `flag` gave; the error names the flag.
pub(crate) async fn listen_as(
    flag: &'static str,
    address: SocketAddr,
) -> Result<Listener, ListenError> {
    TcpListener::bind(address)
        .await
        .map(Listener)
        .map_err(|source| match source.kind() {
            io::ErrorKind::AddrInUse => ListenError::InUse { address, flag },
            _ => ListenError::Refused {
                address,
                flag,
                source,
            },
        })
}

/// Serves until `shutdown` completes, then waits up to `options.grace` for open requests.
///
/// Connections that are still open after that, such as sockets of the local service, are closed
/// when the runtime ends.
pub async fn serve(
    listener: Listener,
    app: Router,
    shutdown: impl Future<Output = ()>,
    options: ServeOptions,
) {
    // Otherwise axum would do this for each request.
    let app = app.with_state::<()>(());
    let connections = Connections::new(&options);
    let rejector = Rejector::new();
    let (stop, stopping) = watch::channel(());
    let accepting = async {
        loop {
            let (stream, address) = match listener.accept().await {
                Ok(accepted) => accepted,
                // The client closed the connection before it was accepted.
                Err(error) if is_of_one_client(&error) => continue,
                // Most likely no file descriptors are left: closing a waiting connection frees one.
                Err(error) => {
                    tracing::error!(%error, "accepting connections failed");
                    connections.close_longest_waiting();
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                    continue;
                }
            };
            let Some(slot) = connections.try_acquire(address.ip()) else {
                options.counts.cut(Cut::Refused);
                rejector.reject(stream);
                continue;
            };
            let accepted = Accepted {
                stream,
                peer: Peer(address),
                slot,
            };
            tokio::spawn(serve_connection(
                accepted,
                app.clone(),
                stopping.clone(),
                options.clone(),
            ));
        }
    };
    tokio::select! {
        () = accepting => {}
        () = memory::trim_periodically(&connections) => {}
        () = shutdown => {}
    }
    drop((listener, stopping));
    stop.send_replace(());
    // Each open connection holds a receiver.
    if tokio::time::timeout(options.grace, stop.closed())
        .await
        .is_err()
    {
        tracing::warn!("shutdown grace period exceeded: closing open connections");
    }
}

/// A connection within the limits.
struct Accepted {
    stream: TcpStream,
    peer: Peer,
    slot: Slot,
}

/// Serves one connection's requests until either side closes it.
async fn serve_connection(
    accepted: Accepted,
    app: Router,
    mut stopping: watch::Receiver<()>,
    options: ServeOptions,
) {
    let Accepted { stream, peer, slot } = accepted;
    let tracker = slot.tracker();
    let connection_state = tracker.connection().clone();
    let service = service_fn(|request: Request<Incoming>| {
        let response_guard = tracker.begin_request();
        let mut request =
            request.map(|body| bodies::with_deadline(body, options.body_timeout, tracker.body()));
        request.extensions_mut().insert(peer);
        let in_progress = response_guard.map(|guard| (guard, app.clone().call(request)));
        async move {
            let (guard, response) = in_progress.ok_or(ConnectionClosed)?;
            let response: Response = match response.await {
                Ok(response) => response,
                Err(never) => match never {},
            };
            let opens_socket = response.status() == StatusCode::SWITCHING_PROTOCOLS;
            let response = response.map(|body| TrackedBody::new(body, guard, opens_socket));
            Ok::<_, ConnectionClosed>(response)
        }
    });
    let stream = TimedStream::new(stream, slot, options.unread_timeout, options.counts.clone());
    let connection = http1::Builder::new()
        // `max_buf_size` alone lets a longer head pass if its last bytes arrive in one read.
        .max_header_size(options.max_header_bytes)
        .max_buf_size(options.max_header_bytes)
        .serve_connection(stream, service)
        .with_upgrades();
    let mut connection = pin!(connection);
    let mut is_stopping = false;
    loop {
        tokio::select! {
            ended = connection.as_mut() => {
                if let Err(error) = ended {
                    tracing::debug!(%error, "connection failed");
                }
                return;
            }
            () = connection_state.closed() => return,
            _ = stopping.changed(), if !is_stopping => {
                is_stopping = true;
                if connection_state.close_if_waiting() {
                    return;
                }
                connection.as_mut().graceful_shutdown();
            }
        }
    }
}

/// The server closed the connection just before the request arrived.
#[derive(Debug, thiserror::Error)]
#[error("the connection was closed")]
struct ConnectionClosed;

/// Returns `true` if the error concerns one client only, so that `accept` can be retried at once.
fn is_of_one_client(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
    )
}

/// Why the server can't listen.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// Another program uses the port.
    #[error(
        "Port {} of {} is in use by another program: stop that one, or choose a port with {flag} \
         {}:PORT.",
        address.port(), address.ip(), shown_host(address)
    )]
    InUse {
        /// The requested address.
        address: SocketAddr,
        /// The flag that gave the address.
        flag: &'static str,
    },
    /// The operating system refused to listen on the address.
    #[error("Can't listen on {address}: {source}; choose an address of this machine with {flag}.")]
    Refused {
        /// The requested address.
        address: SocketAddr,
        /// The flag that gave the address.
        flag: &'static str,
        /// The operating system's error.
        source: io::Error,
    },
}

/// Formats the host as `--listen` expects it: IPv6 in brackets.
fn shown_host(address: &SocketAddr) -> String {
    match address {
        SocketAddr::V4(address) => address.ip().to_string(),
        SocketAddr::V6(address) => format!("[{}]", address.ip()),
    }
}

/// If no file descriptors are left, retrying at once would only keep a core busy.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn accept_sets_tcp_nodelay() {
        let listener = listen(SocketAddr::from(([127, 0, 0, 1], 0)))
            .await
            .expect("a port");
        let address = listener.local_addr().expect("an address");
        let (connected, accepted) = tokio::join!(TcpStream::connect(address), listener.accept());
        connected.expect("connects");
        let (stream, _) = accepted.expect("a connection");
        assert!(stream.nodelay().expect("a socket"));
    }
}
