//! The sound system of macOS and Windows.

use std::{
    io,
    sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel},
    thread,
    time::Duration,
};

use cpal::{
    Device, Error, ErrorKind, FromSample, SampleFormat, SizedSample, Stream, SupportedStreamConfig,
    traits::{DeviceTrait, HostTrait, StreamTrait},
};
use inturn_client_core::problem::MicrophoneFailure;
use tokio::sync::oneshot;

use super::{
    device::{DeviceInfo, Wanted, choose},
    planar::planar,
};
use crate::source::{AudioStream, AudioWriter, OpenError, Piece, StopRequested};

/// Where the system's sound comes from.
#[derive(Clone, Debug)]
pub struct SoundSystem(());

impl SoundSystem {
    /// The system's own sound.
    pub fn from_env() -> Self {
        Self(())
    }

    /// Lists the devices: microphones first, then the outputs, whose sound can be recorded too.
    ///
    /// # Errors
    ///
    /// [`OpenError`] if the system doesn't list its devices.
    pub async fn devices(&self) -> Result<Vec<DeviceInfo>, OpenError> {
        on_thread(|| Ok(list()?.into_iter().map(|(info, _)| info).collect())).await
    }

    /// Starts to record. Returns the stream and its device.
    pub(crate) async fn record(
        &self,
        wanted: Wanted<'_>,
    ) -> Result<(AudioStream, DeviceInfo), OpenError> {
        let devices = self.devices().await?;
        let info = choose(&devices, wanted)?.clone();
        let device = info.clone();
        let (reply, opened) = oneshot::channel();
        spawn(move || {
            let recording = match Recording::open(&info) {
                Ok((recording, stream)) => {
                    let _ = reply.send(Ok(stream));
                    recording
                }
                Err(error) => {
                    let _ = reply.send(Err(error));
                    return;
                }
            };
            recording.run();
        })?;
        let stream = opened.await.map_err(|_| crashed())??;
        Ok((stream, device))
    }
}

/// An open device. It stays on the thread that opened it.
struct Recording {
    stream: Stream,
    channels: usize,
    events: Receiver<Event>,
    writer: AudioWriter,
}

/// What the system's callbacks pass on.
enum Event {
    /// Interleaved samples, and the frames that were lost before them.
    Samples {
        samples: Vec<f32>,
        lost: u64,
    },
    Error(Error),
}

impl Recording {
    fn open(info: &DeviceInfo) -> Result<(Self, AudioStream), OpenError> {
        let devices = list()?;
        let found = devices
            .into_iter()
            .find(|(device, _)| device.name == info.name);
        let Some((_, device)) = found else {
            return Err(OpenError {
                failure: MicrophoneFailure::Missing,
                message: format!("{} was disconnected.", info.description),
            });
        };
        let is_output = info.monitor_of.is_some();
        let config = if is_output {
            device.default_output_config()
        } else {
            device.default_input_config()
        };
        let config = config.map_err(|error| failed(&error))?;
        let (sender, events) = sync_channel(EVENTS_AHEAD);
        let stream = build(&device, &config, sender).map_err(|error| failed(&error))?;
        stream.play().map_err(|error| failed(&error))?;
        let (writer, audio) = AudioStream::channel(config.sample_rate(), STREAM_PIECES);
        let recording = Self {
            stream,
            channels: config.channels().into(),
            events,
            writer,
        };
        Ok((recording, audio))
    }

    /// Passes on samples until the recording stops or the device is lost.
    fn run(self) {
        let Self {
            stream,
            channels,
            events,
            writer,
        } = self;
        while !writer.is_stopped() {
            match events.recv_timeout(STOP_INTERVAL) {
                Ok(event) => {
                    if pass_on(event, channels, &writer).is_err() {
                        return;
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        // The device is closed, but what it has delivered counts.
        drop(stream);
        while let Ok(event) = events.try_recv() {
            if pass_on(event, channels, &writer).is_err() {
                return;
            }
        }
    }
}

fn pass_on(event: Event, channels: usize, writer: &AudioWriter) -> Result<(), StopRequested> {
    match event {
        Event::Samples { samples, lost } => {
            if lost > 0 {
                writer.blocking_send(Piece::Overrun { samples: lost })?;
            }
            let planar = planar(&samples, channels);
            writer.blocking_send(Piece::Block { planar, channels })
        }
        Event::Error(error) => match error.kind() {
            ErrorKind::DeviceChanged => writer.blocking_send(Piece::DevicesChanged),
            ErrorKind::Xrun => {
                tracing::warn!(
                    target: "inturn_client",
                    "the system has lost sound, but doesn't say how much"
                );
                Ok(())
            }
            ErrorKind::RealtimeDenied => Ok(()),
            _ => {
                let cause = error.to_string();
                writer.blocking_send(Piece::Lost { cause })?;
                Err(StopRequested)
            }
        },
    }
}

fn build(
    device: &Device,
    config: &SupportedStreamConfig,
    events: SyncSender<Event>,
) -> Result<Stream, Error> {
    match config.sample_format() {
        SampleFormat::I16 => build_with::<i16>(device, config, events),
        SampleFormat::I32 => build_with::<i32>(device, config, events),
        SampleFormat::U8 => build_with::<u8>(device, config, events),
        // The system's usual format. Others fail with a cause.
        _ => build_with::<f32>(device, config, events),
    }
}

fn build_with<T>(
    device: &Device,
    config: &SupportedStreamConfig,
    events: SyncSender<Event>,
) -> Result<Stream, Error>
where
    T: SizedSample,
    f32: FromSample<T>,
{
    let channels = u64::from(config.channels().max(1));
    let errors = events.clone();
    let mut lost = 0;
    let on_samples = move |samples: &[T], _: &_| {
        let frames = samples.len() as u64 / channels;
        let samples = samples.iter().map(|sample| sample.to_sample()).collect();
        // The system's thread must not wait.
        match events.try_send(Event::Samples { samples, lost }) {
            Ok(()) => lost = 0,
            Err(_) => lost += frames,
        }
    };
    let on_error = move |error| {
        // A full queue means that the recording has stopped reading.
        let _ = errors.try_send(Event::Error(error));
    };
    device.build_input_stream(config.config(), on_samples, on_error, Some(OPEN_DEADLINE))
}

/// Lists microphones, then outputs.
fn list() -> Result<Vec<(DeviceInfo, Device)>, OpenError> {
    let host = cpal::default_host();
    let default_input = id_of(host.default_input_device());
    let default_output = id_of(host.default_output_device());
    let inputs = host.input_devices().map_err(|error| failed(&error))?;
    let outputs = host.output_devices().map_err(|error| failed(&error))?;
    let inputs = inputs.map(|device| (device, false));
    let outputs = outputs.map(|device| (device, true));
    let mut list = Vec::new();
    for (device, is_output) in inputs.chain(outputs) {
        // Devices that were disconnected in the meantime have no name.
        let (Ok(id), Ok(description)) = (device.id(), device.description()) else {
            continue;
        };
        let (id, text) = (id.to_string(), description.name().to_owned());
        let info = DeviceInfo {
            index: list.len(),
            is_default: !is_output && default_input.as_ref() == Some(&id),
            is_system_sound: is_output && default_output.as_ref() == Some(&id),
            monitor_of: is_output.then(|| text.clone()),
            name: if is_output {
                format!("{id}.monitor")
            } else {
                id
            },
            description: if is_output {
                format!("Monitor of {text}")
            } else {
                text
            },
        };
        list.push((info, device));
    }
    Ok(list)
}

fn id_of(device: Option<Device>) -> Option<String> {
    Some(device?.id().ok()?.to_string())
}

/// Runs work that may block on a thread of its own.
async fn on_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, OpenError> + Send + 'static,
) -> Result<T, OpenError> {
    let (reply, result) = oneshot::channel();
    spawn(move || {
        // Without a caller, the result means nothing.
        let _ = reply.send(work());
    })?;
    result.await.map_err(|_| crashed())?
}

fn spawn(work: impl FnOnce() + Send + 'static) -> Result<(), OpenError> {
    let thread = thread::Builder::new().name("inturn-microphone".into());
    let spawned: io::Result<_> = thread.spawn(work);
    spawned.map(drop).map_err(|error| OpenError {
        failure: MicrophoneFailure::Other,
        message: format!("The microphone can't be opened: {error}."),
    })
}

fn crashed() -> OpenError {
    OpenError {
        failure: MicrophoneFailure::Other,
        message: "The microphone can't be opened: the system's sound library has crashed.".into(),
    }
}

fn failed(error: &Error) -> OpenError {
    let failure = match error.kind() {
        ErrorKind::PermissionDenied => MicrophoneFailure::Denied,
        ErrorKind::DeviceBusy => MicrophoneFailure::Busy,
        ErrorKind::DeviceNotAvailable | ErrorKind::HostUnavailable => MicrophoneFailure::Missing,
        _ => MicrophoneFailure::Other,
    };
    let remedy = match failure {
        MicrophoneFailure::Denied => " Allow it in the system's privacy settings.",
        _ => "",
    };
    OpenError {
        failure,
        message: format!("The microphone can't be opened: {error}{remedy}"),
    }
}

/// How often a stop is looked for while the device is silent.
const STOP_INTERVAL: Duration = Duration::from_millis(50);
/// How long the system may take to open a device. It may ask the person for permission meanwhile.
const OPEN_DEADLINE: Duration = Duration::from_secs(60);
/// The deliveries of about 10 ms that wait for the recording: 10 s.
const EVENTS_AHEAD: usize = 1_000;
const STREAM_PIECES: usize = 8;
