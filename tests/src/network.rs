//! An emulated network between the browser and its servers that can be slow or stalled.
//!
//! It affects WebSockets too, unlike the browser's network emulation.

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
    sync::{mpsc, watch},
    task::JoinHandle,
    time::{self, Instant},
};

use crate::stage;

/// An emulated network. Relays are stopped when they are dropped.
pub struct Network {
    speed: watch::Sender<Speed>,
    delay: Duration,
}

/// The speed from the browser to the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speed {
    /// No delay.
    Free,
    /// This many bytes per second on each connection.
    Slow(u32),
    /// No data passes in either direction.
    Stalled,
}

/// A relay to a server, stopped on drop.
pub struct Relay {
    /// The URL of the relay, without a trailing slash.
    pub url: String,
    target: Arc<OnceLock<String>>,
    task: JoinHandle<()>,
}

impl Network {
    /// Creates a network without delay.
    pub fn new() -> Self {
        Self::with_round_trip(Duration::ZERO)
    }

    /// Creates a network on which each request takes this time longer, half of it in each
    /// direction.
    pub fn with_round_trip(time: Duration) -> Self {
        let (speed, _) = watch::channel(Speed::Free);
        let delay = time / 2;
        Self { speed, delay }
    }

    /// Sets the speed, also for open connections.
    pub fn set(&self, speed: Speed) {
        self.speed.send_replace(speed);
    }

    /// Opens a relay. Its target is set later by [`Relay::set_target`].
    ///
    /// # Panics
    ///
    /// If it can't listen.
    pub fn relay(&self) -> Relay {
        let listener = listen().expect("a free port");
        let address = listener.local_addr().expect("the socket listens");
        let target: Arc<OnceLock<String>> = Arc::default();
        let (speed, task_target) = (self.speed.subscribe(), Arc::clone(&target));
        let delay = self.delay;
        let task = tokio::spawn(async move {
            while let Ok((browser, _)) = listener.accept().await {
                let target = task_target.get().cloned().unwrap_or_default();
                let speed = speed.clone();
                tokio::spawn(async move {
                    // Errors of a closed connection do not matter.
                    let _ = forward(browser, &target, speed, delay).await;
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
    /// Sets the target of all connections, an `http://` URL.
    pub fn set_target(&self, url: &str) {
        let target = url.trim_start_matches("http://").trim_end_matches('/');
        // Only the first call has an effect.
        let _ = self.target.set(target.to_owned());
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Listens with a small receive buffer, so that the sender soon notices a slow network.
fn listen() -> io::Result<TcpListener> {
    let socket = TcpSocket::new_v4()?;
    socket.set_recv_buffer_size(RECEIVE_BUFFER_BYTES)?;
    socket.bind(stage::loopback())?;
    socket.listen(64)
}

async fn forward(
    browser: TcpStream,
    target: &str,
    speed: watch::Receiver<Speed>,
    delay: Duration,
) -> io::Result<()> {
    let server = TcpStream::connect(target).await?;
    browser.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (from_browser, to_browser) = browser.into_split();
    let (from_server, to_server) = server.into_split();
    if delay > Duration::ZERO {
        let up = carry_late(from_browser, to_server, delay);
        let down = carry_late(from_server, to_browser, delay);
        tokio::try_join!(up, down)?;
        return Ok(());
    }
    let up = carry(from_browser, to_server, speed.clone(), |speed| speed);
    let down = carry(from_server, to_browser, speed, |speed| match speed {
        Speed::Stalled => Speed::Stalled,
        Speed::Free | Speed::Slow(_) => Speed::Free,
    });
    tokio::try_join!(up, down)?;
    Ok(())
}

async fn carry(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut speed: watch::Receiver<Speed>,
    of_direction: fn(Speed) -> Speed,
) -> io::Result<()> {
    let mut piece = [0; 2_048];
    loop {
        let len = from.read(&mut piece).await?;
        if len == 0 {
            return to.shutdown().await;
        }
        let moving = speed.wait_for(|it| *it != Speed::Stalled).await;
        // Without a network, there is no delay.
        let now = moving.map_or(Speed::Free, |speed| of_direction(*speed));
        if let Speed::Slow(bytes_per_second) = now {
            time::sleep(Duration::from_secs_f64(
                len as f64 / f64::from(bytes_per_second),
            ))
            .await;
        }
        to.write_all(&piece[..len]).await?;
    }
}

/// Passes everything on after `delay`, at any rate.
async fn carry_late(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    delay: Duration,
) -> io::Result<()> {
    let (sender, mut pieces) = mpsc::unbounded_channel();
    let reading = async move {
        loop {
            let mut piece = vec![0; 16_384];
            let len = from.read(&mut piece).await?;
            piece.truncate(len);
            // Fails only if the other direction has failed.
            let _ = sender.send((Instant::now() + delay, piece));
            if len == 0 {
                return Ok(());
            }
        }
    };
    let writing = async move {
        while let Some((due, piece)) = pieces.recv().await {
            time::sleep_until(due).await;
            if piece.is_empty() {
                return to.shutdown().await;
            }
            to.write_all(&piece).await?;
        }
        Ok(())
    };
    tokio::try_join!(reading, writing)?;
    Ok(())
}

/// Linux doubles this value.
const RECEIVE_BUFFER_BYTES: u32 = 4_096;

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use super::*;

    async fn echo() -> SocketAddr {
        let listener = TcpListener::bind(stage::loopback()).await.expect("listens");
        let address = listener.local_addr().expect("the socket listens");
        tokio::spawn(async move {
            let (mut client, _) = listener.accept().await.expect("a client connects");
            let (mut from, mut to) = client.split();
            let _ = tokio::io::copy(&mut from, &mut to).await;
        });
        address
    }

    #[tokio::test]
    async fn stalled_data_arrives_when_the_network_recovers() {
        let (network, free) = (Network::new(), Network::new());
        let relays = [network.relay(), free.relay()];
        let mut clients = Vec::new();
        for relay in &relays {
            relay.set_target(&format!("http://{}/", echo().await));
            let address = relay.url.trim_start_matches("http://");
            clients.push(TcpStream::connect(address).await.expect("connects"));
        }
        let [still, moving] = &mut clients[..] else {
            unreachable!("two relays")
        };
        network.set(Speed::Stalled);
        let mut answer = [0; 6];
        still.write_all(b"a word").await.expect("sent");
        // These were sent later and are answered, so the stalled one would have been answered too.
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
