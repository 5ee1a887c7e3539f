//! The sound system of Linux: PulseAudio or PipeWire, or else ALSA.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use inturn_client_core::problem::MicrophoneFailure;

use super::{
    arecord::Arecord,
    device::{DeviceInfo, Wanted},
    pulse::{Address, Pulse},
};
use crate::source::{AudioStream, OpenError};

/// Where the system's sound comes from.
#[derive(Clone, Debug)]
pub struct SoundSystem {
    address: Address,
    arecord: Arecord,
    buffer: Duration,
    /// Whether the server has answered once.
    has_server: Arc<AtomicBool>,
}

impl SoundSystem {
    /// The sound system of the person who runs this program: the server that `PULSE_SERVER` or
    /// `XDG_RUNTIME_DIR` leads to, or else `arecord` on `PATH`.
    pub fn from_env() -> Self {
        Self {
            address: Address::from_env(),
            arecord: Arecord::new("arecord".into()),
            buffer: SERVER_BUFFER,
            has_server: Arc::default(),
        }
    }

    /// Uses the PulseAudio or PipeWire server at this socket only.
    #[must_use]
    pub fn with_socket(mut self, socket: impl Into<PathBuf>) -> Self {
        self.address.sockets = vec![socket.into()];
        self
    }

    /// Uses this program as `arecord`, where there is no server.
    #[must_use]
    pub fn with_arecord(mut self, program: impl Into<PathBuf>) -> Self {
        self.arecord = Arecord::new(program.into());
        self
    }

    /// Sets how much sound the server keeps while this program is stopped. The default is 10 s.
    /// More is lost, and reported as [`Piece::Overrun`](crate::Piece::Overrun).
    #[must_use]
    pub fn with_buffer(mut self, buffer: Duration) -> Self {
        self.buffer = buffer;
        self
    }

    /// Lists the devices: microphones first, then the monitors of outputs.
    ///
    /// # Errors
    ///
    /// [`OpenError`] if there is no sound system, or it doesn't answer.
    pub async fn devices(&self) -> Result<Vec<DeviceInfo>, OpenError> {
        match self.connect().await? {
            Some(pulse) => Ok(pulse.devices()),
            None => self.arecord.devices().await,
        }
    }

    /// Starts to record. Returns the stream and its device.
    pub(crate) async fn record(
        &self,
        wanted: Wanted<'_>,
    ) -> Result<(AudioStream, DeviceInfo), OpenError> {
        match self.connect().await? {
            Some(pulse) => pulse.record(wanted, self.buffer).await,
            None => self.arecord.record(wanted).await,
        }
    }

    /// Connects to the server. Returns `None` if there has never been one: `arecord` would keep
    /// the card from a server that starts again.
    async fn connect(&self) -> Result<Option<Pulse>, OpenError> {
        let pulse = Pulse::connect(&self.address).await?;
        if pulse.is_some() {
            self.has_server.store(true, Ordering::Relaxed);
        } else if self.has_server.load(Ordering::Relaxed) {
            return Err(OpenError {
                failure: MicrophoneFailure::Missing,
                message: "The sound server has ended.".into(),
            });
        }
        Ok(pulse)
    }
}

/// The most that PulseAudio keeps is 4 MB, which is 11 s of stereo at 48 kHz.
const SERVER_BUFFER: Duration = Duration::from_secs(10);
