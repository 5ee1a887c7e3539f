//! Listening, serving, and stopping in time.
//!
//! A client may hold a connection, but not for ever, and not all of them: what it must do, it must do
//! in time. At a limit, the connection that has waited longest for its client is closed for the new one,
//! whether it waits for a request, for the rest of one, or for its answer to be read.

mod bodies;
mod connections;
mod memory;
mod options;
mod patient;
mod refusal;

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
    bodies::NotedBody,
    connections::{Connections, Place},
    patient::Patient,
    refusal::Refusals,
};
use crate::{caller::Peer, metrics::Cut};

/// A place to be called at.
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

    /// The next connection, which sends at once what it is given.
    async fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        let (stream, address) = self.0.accept().await?;
        // Without this, a file's last packet waits up to 40 ms for the client's delayed
        // acknowledgement.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a connection keeps its delay");
        }
        Ok((stream, address))
    }
}

/// Listens on `address`; port 0 takes a free one.
///
/// # Errors
///
/// [`ListenError`], whose sentence names the address and what to do.
pub async fn listen(address: SocketAddr) -> Result<Listener, ListenError> {
    listen_as("--listen", address).await
}

/// The same for an address that another flag gave.
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

/// Serves until `shutdown` is done, then lets open requests finish for the grace they have.
///
/// What is open after that, such as a socket of the local service, is cut when the runtime ends.
pub async fn serve(
    listener: Listener,
    app: Router,
    shutdown: impl Future<Output = ()>,
    options: ServeOptions,
) {
    // Once for all requests instead of for each.
    let app = app.with_state::<()>(());
    let connections = Connections::new(&options);
    let refusals = Refusals::new();
    let (stop, stopping) = watch::channel(());
    let accepting = async {
        loop {
            let (stream, address) = match listener.accept().await {
                Ok(accepted) => accepted,
                // Its client has gone away before it was taken.
                Err(error) if is_of_one_client(&error) => continue,
                // No descriptors are left, most likely, and one that only waits is to be had.
                Err(error) => {
                    tracing::error!(%error, "no connection can be taken for now");
                    connections.close_longest_waiting();
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                    continue;
                }
            };
            let Some(place) = connections.place(address.ip()) else {
                options.counts.cut(Cut::Refused);
                refusals.refuse(stream);
                continue;
            };
            let accepted = Accepted {
                stream,
                peer: Peer(address),
                place,
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
        () = memory::keep_returning(&connections) => {}
        () = shutdown => {}
    }
    drop((listener, stopping));
    stop.send_replace(());
    // Each connection holds a receiver for as long as it lasts.
    if tokio::time::timeout(options.grace, stop.closed())
        .await
        .is_err()
    {
        tracing::warn!("connections that were still open have been cut");
    }
}

/// A connection that has a place.
struct Accepted {
    stream: TcpStream,
    peer: Peer,
    place: Place,
}

/// Answers one connection's requests until either side has enough.
async fn serve_connection(
    accepted: Accepted,
    app: Router,
    mut stopping: watch::Receiver<()>,
    options: ServeOptions,
) {
    let Accepted {
        stream,
        peer,
        place,
    } = accepted;
    let tracker = place.tracker();
    let connection = tracker.connection().clone();
    let service = service_fn(|request: Request<Incoming>| {
        let answering = tracker.begin_request();
        let mut request =
            request.map(|body| bodies::in_time(body, options.body_timeout, tracker.body()));
        request.extensions_mut().insert(peer);
        let answer = answering.map(|answering| (answering, app.clone().call(request)));
        async move {
            let (answering, response) = answer.ok_or(GivenUp)?;
            let response: Response = match response.await {
                Ok(response) => response,
                Err(never) => match never {},
            };
            let opens_socket = response.status() == StatusCode::SWITCHING_PROTOCOLS;
            Ok::<_, GivenUp>(response.map(|body| NotedBody::new(body, answering, opens_socket)))
        }
    });
    let patient = Patient::new(
        stream,
        place,
        options.unread_timeout,
        options.counts.clone(),
    );
    let conversation = http1::Builder::new()
        // The buffer alone lets a longer head pass whose last bytes come in one read.
        .max_header_size(options.max_header_bytes)
        .max_buf_size(options.max_header_bytes)
        .serve_connection(patient, service)
        .with_upgrades();
    let mut conversation = pin!(conversation);
    let mut is_stopping = false;
    loop {
        tokio::select! {
            ended = conversation.as_mut() => {
                if let Err(error) = ended {
                    tracing::debug!(%error, "a connection ended");
                }
                return;
            }
            () = connection.closed() => return,
            _ = stopping.changed(), if !is_stopping => {
                is_stopping = true;
                if connection.close_if_waiting() {
                    return;
                }
                conversation.as_mut().graceful_shutdown();
            }
        }
    }
}

/// The connection was given up the moment before its request came.
#[derive(Debug, thiserror::Error)]
#[error("the connection was given up")]
struct GivenUp;

/// Whether only the one client is concerned, and the next one can be taken at once.
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
    /// Another program has the port.
    #[error(
        "Port {} of {} is in use by another program: stop that one, or choose a port with {flag} {}:PORT.",
        address.port(), address.ip(), shown_host(address)
    )]
    InUse {
        /// The address that was asked for.
        address: SocketAddr,
        /// The flag that asked for it.
        flag: &'static str,
    },
    /// The system refused.
    #[error("Can't listen on {address}: {source}; choose an address of this machine with {flag}.")]
    Refused {
        /// The address that was asked for.
        address: SocketAddr,
        /// The flag that asked for it.
        flag: &'static str,
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

/// Where there are no descriptors left, trying at once would only keep a core busy.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_accepted_connection_sends_at_once() {
        let listener = listen(SocketAddr::from(([127, 0, 0, 1], 0)))
            .await
            .expect("a port");
        let address = listener.local_addr().expect("an address");
        let (called, accepted) = tokio::join!(TcpStream::connect(address), listener.accept());
        called.expect("connects");
        let (stream, _) = accepted.expect("a connection");
        assert!(stream.nodelay().expect("a socket"));
    }
}
