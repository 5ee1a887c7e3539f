//! A relay on loopback between the browser and the service, which notes when each message passes.

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

/// A running relay; it ends with this value.
pub(super) struct Relay {
    /// Where the service seems to be, without a slash at its end.
    pub(super) url: String,
    shared: Arc<Mutex<Shared>>,
    task: JoinHandle<()>,
}

/// What passed through one socket. Moments are in milliseconds of [`clock`].
#[derive(Clone, Debug, Default)]
pub(super) struct Passed {
    /// When each binary frame of the browser was there, with its length in bytes.
    pub(super) frames: Vec<(f64, usize)>,
    /// When each text of the service went out.
    pub(super) texts: Vec<(f64, String)>,
}

#[derive(Default)]
struct Shared {
    service: Option<SocketAddr>,
    held: Duration,
    sockets: Vec<Passed>,
}

impl Relay {
    /// Listens; whoever connects waits until it is known where the service is.
    pub(super) async fn start() -> io::Result<Self> {
        let listener = TcpListener::bind(stage::loopback()).await?;
        let address = listener.local_addr()?;
        let shared: Arc<Mutex<Shared>> = Arc::default();
        let noted = Arc::clone(&shared);
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let noted = Arc::clone(&noted);
                tokio::spawn(async move {
                    // Whoever goes away in between is missed by what is measured.
                    let _ = pass_on(client, &noted).await;
                });
            }
        });
        Ok(Self {
            url: format!("http://{address}"),
            shared,
            task,
        })
    }

    /// Where the service is.
    pub(super) fn lead_to(&self, service: SocketAddr) {
        locked(&self.shared).service = Some(service);
    }

    /// Holds every request and every socket back for so long.
    pub(super) fn hold(&self, time: Duration) {
        locked(&self.shared).held = time;
    }

    /// What passed through the last socket.
    pub(super) fn last(&self) -> Passed {
        locked(&self.shared)
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

async fn pass_on(mut client: TcpStream, shared: &Arc<Mutex<Shared>>) -> io::Result<()> {
    let mut head = Vec::new();
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        if client.read_buf(&mut head).await? == 0 {
            return Ok(());
        }
    }
    let (service, held) = {
        let shared = locked(shared);
        (shared.service, shared.held)
    };
    let service = service.ok_or(io::ErrorKind::NotConnected)?;
    tokio::time::sleep(held).await;
    let mut server = TcpStream::connect(service).await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    server.write_all(&head).await?;
    let is_socket = String::from_utf8_lossy(&head)
        .to_ascii_lowercase()
        .contains("\r\nupgrade: websocket");
    if !is_socket {
        copy_bidirectional(&mut client, &mut server).await?;
        return Ok(());
    }

    let number = {
        let mut shared = locked(shared);
        shared.sockets.push(Passed::default());
        shared.sockets.len() - 1
    };
    let (client_reads, client_writes) = client.into_split();
    let (server_reads, server_writes) = server.into_split();
    let up = pump(
        client_reads,
        server_writes,
        Frames::default(),
        |at, frame| {
            if frame.opcode == BINARY {
                locked(shared).sockets[number]
                    .frames
                    .push((at, frame.payload.len()));
            }
        },
    );
    let down = pump(
        server_reads,
        client_writes,
        Frames::behind_a_head(),
        |at, frame| {
            if frame.opcode == TEXT {
                let text = String::from_utf8_lossy(&frame.payload).into_owned();
                locked(shared).sockets[number].texts.push((at, text));
            }
        },
    );
    let (up, down) = tokio::join!(up, down);
    up.and(down)
}

/// Notes a frame when its last byte is there, before it is passed on.
async fn pump(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut frames: Frames,
    mut note: impl FnMut(f64, Frame),
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
            note(at, frame);
        }
        to.write_all(&bytes[..count]).await?;
    }
}

/// The frames of one direction of a WebSocket (RFC 6455, section 5.2).
#[derive(Default)]
struct Frames {
    bytes: Vec<u8>,
    head_awaited: bool,
}

struct Frame {
    opcode: u8,
    payload: Vec<u8>,
}

impl Frames {
    fn behind_a_head() -> Self {
        Self {
            bytes: Vec::new(),
            head_awaited: true,
        }
    }

    fn next(&mut self) -> Option<Frame> {
        if self.head_awaited {
            let end = self.bytes.windows(4).position(|end| end == b"\r\n\r\n")?;
            self.bytes.drain(..end + 4);
            self.head_awaited = false;
        }
        let (&first, &second) = (self.bytes.first()?, self.bytes.get(1)?);
        let (len, behind_len) = match second & 0x7f {
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
        let start = behind_len + if second & 0x80 == 0 { 0 } else { 4 };
        let mask: Vec<u8> = self.bytes.get(behind_len..start)?.to_vec();
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
    fn frames_are_found_however_the_bytes_are_cut() {
        let mut bytes = b"HTTP/1.1 101 Switching Protocols\r\n\r\n".to_vec();
        bytes.extend([0x81, 0x02, b'h', b'i']);
        bytes.extend([0x82, 0x83, 1, 2, 3, 4, 1 ^ 1, 1 ^ 2, 1 ^ 3]);
        bytes.extend([0x82, 126, 1, 0]);
        bytes.extend([7; 256]);
        for piece in [1, 3, 7, 1_000] {
            let mut frames = Frames::behind_a_head();
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
