//! A relay on loopback between the browser and the service, which records when messages pass.

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use inturn_tests::stage;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    task::JoinHandle,
};

use super::clock;

/// A running relay, stopped on drop.
pub(super) struct Relay {
    /// The base URL of the relay, without a trailing slash.
    pub(super) url: String,
    state: Arc<Mutex<RelayState>>,
    task: JoinHandle<()>,
}

/// Messages of a socket. Times are in milliseconds of [`clock`].
#[derive(Clone, Debug, Default)]
pub(super) struct Messages {
    /// Arrival time and length in bytes of each binary frame from the browser.
    pub(super) frames: Vec<(f64, usize)>,
    /// Arrival time and content of each text message from the service.
    pub(super) texts: Vec<(f64, String)>,
}

#[derive(Default)]
struct RelayState {
    service: Option<SocketAddr>,
    sockets_through: Option<SocketAddr>,
    delay: Duration,
    sockets: Vec<Messages>,
}

impl Relay {
    /// Starts listening. Connections fail until [`Self::set_service`] is called.
    pub(super) async fn start() -> io::Result<Self> {
        let listener = TcpListener::bind(stage::loopback()).await?;
        let address = listener.local_addr()?;
        let state: Arc<Mutex<RelayState>> = Arc::default();
        let task_state = Arc::clone(&state);
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let state = Arc::clone(&task_state);
                tokio::spawn(async move {
                    // If a client disconnects early, the measurement finds messages missing.
                    let _ = forward(client, &state).await;
                });
            }
        });
        Ok(Self {
            url: format!("http://{address}"),
            state,
            task,
        })
    }

    /// Sets the address of the service.
    pub(super) fn set_service(&self, service: SocketAddr) {
        locked(&self.state).service = Some(service);
    }

    /// Sets another address for WebSockets: another relay to the same service.
    pub(super) fn set_sockets_through(&self, relay: SocketAddr) {
        locked(&self.state).sockets_through = Some(relay);
    }

    /// Delays all new requests and sockets by this time.
    pub(super) fn set_delay(&self, time: Duration) {
        locked(&self.state).delay = time;
    }

    /// Returns the messages of the last socket.
    pub(super) fn last(&self) -> Messages {
        locked(&self.state)
            .sockets
            .last()
            .cloned()
            .unwrap_or_default()
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn forward(mut client: TcpStream, state: &Mutex<RelayState>) -> io::Result<()> {
    let mut head = Vec::new();
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        if client.read_buf(&mut head).await? == 0 {
            return Ok(());
        }
    }
    let is_socket = String::from_utf8_lossy(&head)
        .to_ascii_lowercase()
        .contains("\r\nupgrade: websocket");
    let (service, delay) = {
        let state = locked(state);
        let through = state.sockets_through.filter(|_| is_socket);
        (through.or(state.service), state.delay)
    };
    let service = service.ok_or(io::ErrorKind::NotConnected)?;
    tokio::time::sleep(delay).await;
    let mut server = TcpStream::connect(service).await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    server.write_all(&head).await?;
    if !is_socket {
        copy_bidirectional(&mut client, &mut server).await?;
        return Ok(());
    }

    let number = {
        let mut state = locked(state);
        state.sockets.push(Messages::default());
        state.sockets.len() - 1
    };
    let (client_reads, client_writes) = client.into_split();
    let (server_reads, server_writes) = server.into_split();
    let up = pump(
        client_reads,
        server_writes,
        Frames::default(),
        |at, frame| {
            if frame.opcode == BINARY {
                locked(state).sockets[number]
                    .frames
                    .push((at, frame.payload.len()));
            }
        },
    );
    let down = pump(
        server_reads,
        client_writes,
        Frames::after_head(),
        |at, frame| {
            if frame.opcode == TEXT {
                let text = String::from_utf8_lossy(&frame.payload).into_owned();
                locked(state).sockets[number].texts.push((at, text));
            }
        },
    );
    let (up, down) = tokio::join!(up, down);
    up.and(down)
}

/// Copies bytes, and calls `record` when the last byte of a frame has arrived, before forwarding
/// it.
async fn pump(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut frames: Frames,
    mut record: impl FnMut(f64, Frame),
) -> io::Result<()> {
    let mut bytes = vec![0; 64 * 1024];
    loop {
        let count = from.read(&mut bytes).await?;
        if count == 0 {
            return to.shutdown().await;
        }
        let at = clock::now_ms();
        frames.bytes.extend_from_slice(&bytes[..count]);
        while let Some(frame) = frames.next() {
            record(at, frame);
        }
        to.write_all(&bytes[..count]).await?;
    }
}

/// The frames of one direction of a WebSocket (RFC 6455, section 5.2).
#[derive(Default)]
struct Frames {
    bytes: Vec<u8>,
    expects_head: bool,
}

struct Frame {
    opcode: u8,
    payload: Vec<u8>,
}

impl Frames {
    /// Frames after the head of an HTTP response.
    fn after_head() -> Self {
        Self {
            bytes: Vec::new(),
            expects_head: true,
        }
    }

    fn next(&mut self) -> Option<Frame> {
        if self.expects_head {
            let end = self.bytes.windows(4).position(|end| end == b"\r\n\r\n")?;
            self.bytes.drain(..end + 4);
            self.expects_head = false;
        }
        let (&first, &second) = (self.bytes.first()?, self.bytes.get(1)?);
        let (len, head_len) = match second & 0x7f {
            126 => {
                let len = self.bytes.get(2..4)?.try_into().ok()?;
                (usize::from(u16::from_be_bytes(len)), 4)
            }
            127 => {
                let len = self.bytes.get(2..10)?.try_into().ok()?;
                (usize::try_from(u64::from_be_bytes(len)).ok()?, 10)
            }
            len => (usize::from(len), 2),
        };
        let start = head_len + if second & 0x80 == 0 { 0 } else { 4 };
        let mask: Vec<u8> = self.bytes.get(head_len..start)?.to_vec();
        let mut payload = self.bytes.get(start..start + len)?.to_vec();
        for (byte, mask) in payload.iter_mut().zip(mask.iter().cycle()) {
            *byte ^= mask;
        }
        self.bytes.drain(..start + len);
        Some(Frame {
            opcode: first & 0x0f,
            payload,
        })
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

const TEXT: u8 = 1;
const BINARY: u8 = 2;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_found_in_pieces_of_any_size() {
        let mut bytes = b"HTTP/1.1 101 Switching Protocols\r\n\r\n".to_vec();
        bytes.extend([0x81, 0x02, b'h', b'i']);
        bytes.extend([0x82, 0x83, 1, 2, 3, 4, 1 ^ 1, 1 ^ 2, 1 ^ 3]);
        bytes.extend([0x82, 126, 1, 0]);
        bytes.extend([7; 256]);
        for piece in [1, 3, 7, 1_000] {
            let mut frames = Frames::after_head();
            let mut found = Vec::new();
            for piece in bytes.chunks(piece) {
                frames.bytes.extend_from_slice(piece);
                while let Some(frame) = frames.next() {
                    found.push((frame.opcode, frame.payload));
                }
            }
            let expected = [
                (TEXT, b"hi".to_vec()),
                (BINARY, vec![1; 3]),
                (BINARY, vec![7; 256]),
            ];
            assert_eq!(found, expected, "pieces of {piece}");
        }
    }
}
