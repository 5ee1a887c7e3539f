//! A connection to PulseAudio or PipeWire.

use std::{
    env,
    ffi::CString,
    fs,
    io::{self, Cursor},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use pulseaudio::protocol::{
    AuthParams, AuthReply, Command, CommandReply, DESCRIPTOR_SIZE, MAX_VERSION, Prop, Props,
    ProtocolError, PulseError, SetClientNameReply, encode_command_message, read_descriptor,
    read_reply_message,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::UnixStream,
};

/// Where the server may be, in order of preference.
#[derive(Clone, Debug)]
pub(in crate::capture) struct Address {
    /// Empty if `PULSE_SERVER` names servers on the network only.
    pub(in crate::capture) sockets: Vec<PathBuf>,
    pub(in crate::capture) cookies: Vec<PathBuf>,
}

impl Address {
    /// The places where libpulse looks:
    /// <https://www.freedesktop.org/wiki/Software/PulseAudio/Documentation/User/ServerStrings/>.
    pub(in crate::capture) fn from_env() -> Self {
        let folder = |variable| env::var_os(variable).map(PathBuf::from);
        let servers = env::var_os("PULSE_SERVER").unwrap_or_default();
        let home = folder("HOME").unwrap_or_default();
        // Servers that run for all persons, or in a session that this process isn't part of.
        let uid = fs::metadata("/proc/self").map_or(0, |process| process.uid());
        let usual = folder("PULSE_RUNTIME_PATH")
            .map(|folder| folder.join("native"))
            .into_iter()
            .chain(folder("XDG_RUNTIME_DIR").map(|folder| folder.join("pulse/native")))
            .chain([
                PathBuf::from(format!("/run/user/{uid}/pulse/native")),
                PathBuf::from("/var/run/pulse/native"),
            ]);
        let cookies = folder("PULSE_COOKIE").into_iter().chain([
            home.join(".config/pulse/cookie"),
            home.join(".pulse-cookie"),
        ]);
        Self {
            sockets: sockets(&servers.to_string_lossy(), usual),
            cookies: cookies.collect(),
        }
    }

    fn cookie(&self) -> Vec<u8> {
        let mut cookies = self.cookies.iter().filter_map(|path| fs::read(path).ok());
        // Servers without a cookie ignore its value, but PulseAudio insists on its length.
        cookies.next().unwrap_or_else(|| vec![0; COOKIE_BYTES])
    }
}

/// Returns the sockets of the servers in `PULSE_SERVER`, or the usual ones if it names none.
fn sockets(servers: &str, usual: impl IntoIterator<Item = PathBuf>) -> Vec<PathBuf> {
    if servers.trim().is_empty() {
        usual.into_iter().collect()
    } else {
        unix_sockets(servers)
    }
}

/// Returns the paths in a value of `PULSE_SERVER`. Servers on the network are left out.
fn unix_sockets(servers: &str) -> Vec<PathBuf> {
    let path = |server: &str| {
        // `{id}` limits an address to one machine.
        let server = server.rsplit_once('}').map_or(server, |(_, rest)| rest);
        let path = server.strip_prefix("unix:").unwrap_or(server);
        path.starts_with('/').then(|| PathBuf::from(path))
    };
    servers.split_whitespace().filter_map(path).collect()
}

/// An open connection.
#[derive(Debug)]
pub(super) struct Connection {
    socket: UnixStream,
    version: u16,
    next_tag: u32,
    incoming: Vec<u8>,
}

/// A message of the server, with its header.
#[derive(Debug)]
pub(super) struct Frame {
    /// The stream that the samples are for; `None` for a command.
    pub(super) stream: Option<u32>,
    bytes: Vec<u8>,
}

/// Why a connection ends.
#[derive(Debug, thiserror::Error)]
pub(super) enum ConnectionError {
    #[error("PULSE_SERVER names no server on this machine; network servers are not supported")]
    OnNetwork,
    #[error("the sound server has ended")]
    Closed,
    #[error("the connection to the sound server failed: {0}")]
    Io(#[from] io::Error),
    #[error("the sound server sent a message that can't be read: {0}")]
    Protocol(ProtocolError),
    #[error("the sound server refuses: {0}")]
    Refused(PulseError),
}

impl From<ProtocolError> for ConnectionError {
    fn from(error: ProtocolError) -> Self {
        match error {
            ProtocolError::ServerError(error) => Self::Refused(error),
            ProtocolError::Io(error) => Self::Io(error),
            error => Self::Protocol(error),
        }
    }
}

impl Connection {
    /// Connects to the first server that listens. Returns `None` if there is none.
    pub(super) async fn connect(address: &Address) -> Result<Option<Self>, ConnectionError> {
        if address.sockets.is_empty() {
            return Err(ConnectionError::OnNetwork);
        }
        for path in &address.sockets {
            if let Some(socket) = connect(path).await? {
                let mut connection = Self {
                    socket,
                    version: MAX_VERSION,
                    next_tag: 0,
                    incoming: Vec::new(),
                };
                connection.sign_in(address.cookie()).await?;
                return Ok(Some(connection));
            }
        }
        Ok(None)
    }

    /// Sends a command. Returns the tag of its reply.
    pub(super) async fn send(&mut self, command: &Command) -> Result<u32, ConnectionError> {
        let tag = self.next_tag;
        self.next_tag = tag.wrapping_add(1);
        let mut message = Vec::new();
        encode_command_message(&mut message, tag, command, self.version)?;
        self.socket.write_all(&message).await?;
        Ok(tag)
    }

    /// Sends a command, and waits for its reply. Other messages are lost, so this is for the time
    /// before a stream is opened.
    pub(super) async fn request<R: CommandReply>(
        &mut self,
        command: &Command,
    ) -> Result<R, ConnectionError> {
        let tag = self.send(command).await?;
        let frame = self.wait_for(tag).await?;
        self.reply(&frame)
    }

    /// Reads the next message. Cancel-safe.
    pub(super) async fn read(&mut self) -> Result<Frame, ConnectionError> {
        loop {
            if let Some(frame) = self.take_frame()? {
                return Ok(frame);
            }
            if self.socket.read_buf(&mut self.incoming).await? == 0 {
                return Err(ConnectionError::Closed);
            }
        }
    }

    /// Reads the command of a message, and its tag.
    pub(super) fn command(&self, frame: &Frame) -> Result<(u32, Command), ConnectionError> {
        let mut payload = Cursor::new(frame.payload());
        Ok(Command::read_tag_prefixed(&mut payload, self.version)?)
    }

    /// Reads a reply.
    pub(super) fn reply<R: CommandReply>(&self, frame: &Frame) -> Result<R, ConnectionError> {
        let (_, reply) = read_reply_message(&mut Cursor::new(&frame.bytes), self.version)?;
        Ok(reply)
    }

    async fn sign_in(&mut self, cookie: Vec<u8>) -> Result<(), ConnectionError> {
        let auth = AuthParams {
            version: MAX_VERSION,
            supports_shm: false,
            supports_memfd: false,
            cookie,
        };
        let reply: AuthReply = self.request(&Command::Auth(auth)).await?;
        self.version = MAX_VERSION.min(reply.version);
        let mut properties = Props::new();
        properties.set(Prop::ApplicationName, CString::from(c"Inturn"));
        let name = Command::SetClientName(properties);
        let _: SetClientNameReply = self.request(&name).await?;
        Ok(())
    }

    async fn wait_for(&mut self, tag: u32) -> Result<Frame, ConnectionError> {
        loop {
            let frame = self.read().await?;
            if frame.tag() == Some(tag) {
                return Ok(frame);
            }
        }
    }

    fn take_frame(&mut self) -> Result<Option<Frame>, ConnectionError> {
        if self.incoming.len() < DESCRIPTOR_SIZE {
            return Ok(None);
        }
        let header = read_descriptor(&mut Cursor::new(&self.incoming))?;
        let bytes = DESCRIPTOR_SIZE + header.length as usize;
        if bytes > MAX_FRAME_BYTES {
            return Err(ConnectionError::Protocol(ProtocolError::Invalid(
                "too long".into(),
            )));
        }
        if self.incoming.len() < bytes {
            return Ok(None);
        }
        let rest = self.incoming.split_off(bytes);
        Ok(Some(Frame {
            stream: (header.channel != COMMAND_CHANNEL).then_some(header.channel),
            bytes: std::mem::replace(&mut self.incoming, rest),
        }))
    }
}

impl Frame {
    /// The message without its header.
    pub(super) fn payload(&self) -> &[u8] {
        &self.bytes[DESCRIPTOR_SIZE..]
    }

    /// The tag of a reply or an error: a command's second value. Each value has a type's letter
    /// before its four bytes.
    fn tag(&self) -> Option<u32> {
        if self.stream.is_some() {
            return None;
        }
        let tag = self.payload().get(6..10)?;
        Some(u32::from_be_bytes(tag.try_into().ok()?))
    }
}

/// Connects to a socket. Returns `None` if no server is there.
async fn connect(path: &Path) -> Result<Option<UnixStream>, ConnectionError> {
    match UnixStream::connect(path).await {
        Ok(socket) => Ok(Some(socket)),
        Err(error) => match error.kind() {
            io::ErrorKind::NotFound
            | io::ErrorKind::NotADirectory
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::PermissionDenied => Ok(None),
            _ => Err(error.into()),
        },
    }
}

/// The channel of commands and replies.
const COMMAND_CHANNEL: u32 = u32::MAX;
/// PulseAudio's `FRAME_SIZE_MAX_ALLOW`.
const MAX_FRAME_BYTES: usize = 16 * 1024 * 1024 + DESCRIPTOR_SIZE;
/// PulseAudio's `PA_NATIVE_COOKIE_LENGTH`.
const COOKIE_BYTES: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sockets_are_found_in_each_form_of_the_variable() {
        let sockets = unix_sockets("{3f2}unix:/run/a tcp:host:4713 /run/b unix:/run/c host");
        assert_eq!(sockets, ["/run/a", "/run/b", "/run/c"].map(PathBuf::from));
    }

    #[test]
    fn the_variable_decides_if_it_is_set() {
        let usual = || [PathBuf::from("/run/usual")];
        for (servers, expected) in [
            ("", vec!["/run/usual"]),
            (" ", vec!["/run/usual"]),
            ("unix:/run/a tcp:host", vec!["/run/a"]),
            ("tcp:host:4713", vec![]),
        ] {
            let expected: Vec<_> = expected.into_iter().map(PathBuf::from).collect();
            assert_eq!(sockets(servers, usual()), expected, "{servers:?}");
        }
    }

    #[tokio::test]
    async fn a_server_on_the_network_is_an_error() {
        let address = Address {
            sockets: Vec::new(),
            cookies: Vec::new(),
        };
        let error = Connection::connect(&address).await.unwrap_err();
        assert!(matches!(error, ConnectionError::OnNetwork), "{error}");
    }
}
