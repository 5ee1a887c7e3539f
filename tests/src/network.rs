//! A network between the browser and what it talks to, which can be slow or stand still.
//!
//! It slows sockets as well as page loads, which the browser's own emulation does not.

use std::{
    io,
    sync::{Arc, OnceLock},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpSocket, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
    task::JoinHandle,
    time,
};

use crate::stage;

/// The network; its relays end with themselves.
pub struct Network {
    speed: watch::Sender<Speed>,
}

/// How fast what the browser sends gets on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speed {
    /// At once.
    Free,
    /// So many bytes a second, on each connection.
    Slow(u32),
    /// Not at all, and nothing comes back either.
    Still,
}

/// A place on the network that stands for another; it ends with this value.
pub struct Relay {
    /// Where it is, without a slash at its end.
    pub url: String,
    target: Arc<OnceLock<String>>,
    task: JoinHandle<()>,
}

impl Network {
    /// A free one.
    pub fn new() -> Self {
        let (speed, _) = watch::channel(Speed::Free);
        Self { speed }
    }

    /// From now on, also on open connections.
    pub fn set(&self, speed: Speed) {
        self.speed.send_replace(speed);
    }

    /// Opens a place whose target is told later, by [`Relay::lead_to`].
    ///
    /// # Panics
    ///
    /// When it can't listen.
    pub fn relay(&self) -> Relay {
        let listener = listen().expect("a free port");
        let address = listener.local_addr().expect("it listens");
        let target: Arc<OnceLock<String>> = Arc::default();
        let (speed, led_to) = (self.speed.subscribe(), Arc::clone(&target));
        let task = tokio::spawn(async move {
            while let Ok((browser, _)) = listener.accept().await {
                let target = led_to.get().cloned().unwrap_or_default();
                let speed = speed.clone();
                tokio::spawn(async move {
                    // A browser that goes away in between is its own business.
                    let _ = pass_on(browser, &target, speed).await;
                });
            }
        });
        Relay {
            url: format!("http://{address}"),
            target,
            task,
        }
    }
}

impl Default for Network {
    fn default() -> Self {
        Self::new()
    }
}

impl Relay {
    /// Passes all connections on to `url`, an `http://` address.
    pub fn lead_to(&self, url: &str) {
        let target = url.trim_start_matches("http://").trim_end_matches('/');
        // The first word counts.
        let _ = self.target.set(target.to_owned());
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Takes little in before it must be passed on, as a network does.
fn listen() -> io::Result<TcpListener> {
    let socket = TcpSocket::new_v4()?;
    socket.set_recv_buffer_size(RECEIVE_BUFFER_BYTES)?;
    socket.bind(stage::loopback())?;
    socket.listen(64)
}

async fn pass_on(
    browser: TcpStream,
    target: &str,
    speed: watch::Receiver<Speed>,
) -> io::Result<()> {
    let server = TcpStream::connect(target).await?;
    browser.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (from_browser, to_browser) = browser.into_split();
    let (from_server, to_server) = server.into_split();
    let up = carry(from_browser, to_server, speed.clone(), |speed| speed);
    let down = carry(from_server, to_browser, speed, |speed| match speed {
        Speed::Still => Speed::Still,
        Speed::Free | Speed::Slow(_) => Speed::Free,
    });
    tokio::try_join!(up, down)?;
    Ok(())
}

async fn carry(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut speed: watch::Receiver<Speed>,
    of_this_way: fn(Speed) -> Speed,
) -> io::Result<()> {
    let mut piece = [0; 2_048];
    loop {
        let len = from.read(&mut piece).await?;
        if len == 0 {
            return to.shutdown().await;
        }
        let moving = speed.wait_for(|it| *it != Speed::Still).await;
        // Once the network is gone, everything is free.
        let now = moving.map_or(Speed::Free, |speed| of_this_way(*speed));
        if let Speed::Slow(bytes_per_second) = now {
            time::sleep(Duration::from_secs_f64(
                len as f64 / f64::from(bytes_per_second),
            ))
            .await;
        }
        to.write_all(&piece[..len]).await?;
    }
}

/// The least that Linux gives is twice this.
const RECEIVE_BUFFER_BYTES: u32 = 4_096;

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use super::*;

    async fn echo() -> SocketAddr {
        let listener = TcpListener::bind(stage::loopback()).await.expect("listens");
        let address = listener.local_addr().expect("it listens");
        tokio::spawn(async move {
            let (mut client, _) = listener.accept().await.expect("somebody comes");
            let (mut from, mut to) = client.split();
            let _ = tokio::io::copy(&mut from, &mut to).await;
        });
        address
    }

    #[tokio::test]
    async fn what_was_still_comes_once_the_network_moves() {
        let (network, free) = (Network::new(), Network::new());
        let relays = [network.relay(), free.relay()];
        let mut clients = Vec::new();
        for relay in &relays {
            relay.lead_to(&format!("http://{}/", echo().await));
            let address = relay.url.trim_start_matches("http://");
            clients.push(TcpStream::connect(address).await.expect("connects"));
        }
        let [still, moving] = &mut clients[..] else {
            unreachable!("two relays")
        };
        network.set(Speed::Still);
        let mut answer = [0; 6];
        still.write_all(b"a word").await.expect("sent");
        // Sent later and answered, so the other one would have been answered too.
        for _ in 0..100 {
            moving.write_all(b"others").await.expect("sent");
            moving.read_exact(&mut answer).await.expect("answered");
        }
        let early = still.try_read(&mut answer).map_err(|error| error.kind());
        assert_eq!(early, Err(io::ErrorKind::WouldBlock));
        network.set(Speed::Slow(1_000_000));
        still.read_exact(&mut answer).await.expect("answered");
        assert_eq!(&answer, b"a word");
    }
}
