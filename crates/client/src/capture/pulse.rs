//! Capture from PulseAudio and PipeWire, which speak the same protocol.

mod connection;
mod losses;
mod recording;

use std::{ffi::CStr, time::Duration};

use inturn_client_core::{
    audio::{MAX_INPUT_RATE_HZ, MIN_INPUT_RATE_HZ},
    problem::MicrophoneFailure,
};
use pulseaudio::protocol::{
    ChannelMap, ChannelVolume, Command, CreateRecordStreamReply, PulseError, RecordStreamParams,
    SampleFormat, SampleSpec, ServerInfo, SourceInfo,
    stream::{BufferAttr, StreamFlags},
};
use tokio::time::timeout;

pub(super) use self::connection::Address;
use self::{
    connection::{Connection, ConnectionError},
    recording::{Format, Recording},
};
use super::device::{DeviceChoice, DeviceInfo, Wanted, choose};
use crate::source::{AudioStream, OpenError};

/// A sound server that answers, with its devices.
pub(super) struct Pulse {
    connection: Connection,
    server: ServerInfo,
    sources: Vec<SourceInfo>,
}

impl Pulse {
    /// Connects to the server. Returns `None` if there is none.
    pub(super) async fn connect(address: &Address) -> Result<Option<Self>, OpenError> {
        in_time(async {
            let Some(mut connection) = Connection::connect(address).await? else {
                return Ok(None);
            };
            let server = connection.request(&Command::GetServerInfo).await?;
            let list = Command::GetSourceInfoList;
            let mut sources: Vec<SourceInfo> = connection.request(&list).await?;
            // Microphones before outputs.
            sources.sort_by_key(|source| (source.monitor_of_sink_name.is_some(), source.index));
            Ok(Some(Self {
                connection,
                server,
                sources,
            }))
        })
        .await
    }

    pub(super) fn devices(&self) -> Vec<DeviceInfo> {
        let sources = self.sources.iter().enumerate();
        let device = |(index, source): (usize, &SourceInfo)| {
            let description = source
                .description
                .as_deref()
                .map_or_else(|| text(&source.name), text);
            let sink = source.monitor_of_sink_name.as_ref();
            DeviceInfo {
                index,
                name: text(&source.name),
                is_default: self.server.default_source_name.as_ref() == Some(&source.name),
                is_system_sound: sink.is_some() && sink == self.server.default_sink_name.as_ref(),
                monitor_of: sink.map(|sink| {
                    // The server's own descriptions begin like this.
                    let output = description.strip_prefix("Monitor of ");
                    output.map_or_else(|| text(sink), str::to_owned)
                }),
                description,
            }
        };
        sources.map(device).collect()
    }

    /// Starts to record the chosen device. Returns the stream and its device.
    pub(super) async fn record(
        mut self,
        wanted: Wanted<'_>,
        buffer: Duration,
    ) -> Result<(AudioStream, DeviceInfo), OpenError> {
        let devices = self.devices();
        let device = choose(&devices, wanted)?;
        let source = &self.sources[device.index];
        let format = Format {
            rate_hz: rate_of(source),
            channels: source.sample_spec.channels.max(1).into(),
        };
        // A stream that the person didn't bind to a device may be moved to another one.
        let may_move = wanted == Wanted::Choice(&DeviceChoice::Default);
        let command = Command::CreateRecordStream(parameters(source, format, buffer, may_move));
        let opened: CreateRecordStreamReply = in_time(self.connection.request(&command)).await?;
        let output = (wanted == Wanted::Choice(&DeviceChoice::SystemSound))
            .then(|| source.monitor_of_sink_name.clone())
            .flatten();
        let (writer, stream) = AudioStream::channel(format.rate_hz, STREAM_PIECES);
        let recording = Recording::new(self.connection, &opened, source, format, output, writer);
        tokio::spawn(recording.run());
        Ok((stream, device.clone()))
    }
}

/// The device's own rate, so that only our resampler changes it.
fn rate_of(source: &SourceInfo) -> u32 {
    let rate_hz = source.sample_spec.sample_rate;
    let is_usable = (MIN_INPUT_RATE_HZ..=MAX_INPUT_RATE_HZ).contains(&rate_hz);
    if is_usable { rate_hz } else { FALLBACK_RATE_HZ }
}

fn parameters(
    source: &SourceInfo,
    format: Format,
    buffer: Duration,
    may_move: bool,
) -> RecordStreamParams {
    let channels = source.sample_spec.channels.max(1);
    let is_mapped = source.channel_map.num_channels() == channels;
    let bytes_in = |time: Duration| {
        let frames = time.as_millis() * u128::from(format.rate_hz) / 1_000;
        u32::try_from(frames * format.frame_bytes() as u128).unwrap_or(u32::MAX)
    };
    RecordStreamParams {
        sample_spec: SampleSpec {
            // Servers work with this format internally.
            format: SampleFormat::Float32Le,
            channels,
            sample_rate: format.rate_hz,
        },
        channel_map: if is_mapped {
            source.channel_map
        } else {
            ChannelMap::new((0..channels).map(|_| Default::default()))
        },
        source_name: Some(source.name.clone()),
        buffer_attr: BufferAttr {
            fragment_size: bytes_in(BLOCK),
            max_length: bytes_in(buffer),
            ..Default::default()
        },
        flags: StreamFlags {
            adjust_latency: true,
            no_move: !may_move,
            ..Default::default()
        },
        cvolume: Some(ChannelVolume::norm(channels)),
        ..Default::default()
    }
}

/// Waits for the server, but not for ever.
async fn in_time<T>(
    work: impl Future<Output = Result<T, ConnectionError>>,
) -> Result<T, OpenError> {
    let Ok(result) = timeout(ANSWER_DEADLINE, work).await else {
        return Err(OpenError {
            failure: MicrophoneFailure::Other,
            message: "The sound server (PulseAudio or PipeWire) doesn't answer. Restart it, for \
                      example with `systemctl --user restart pipewire-pulse` or `pulseaudio -k`."
                .into(),
        });
    };
    result.map_err(|error| OpenError {
        failure: failure_of(&error),
        message: format!("The microphone can't be opened: {error}."),
    })
}

fn failure_of(error: &ConnectionError) -> MicrophoneFailure {
    match error {
        ConnectionError::Refused(PulseError::AccessDenied | PulseError::AuthKey) => {
            MicrophoneFailure::Denied
        }
        ConnectionError::Refused(PulseError::NoEntity) => MicrophoneFailure::Missing,
        ConnectionError::Refused(PulseError::Busy) => MicrophoneFailure::Busy,
        _ => MicrophoneFailure::Other,
    }
}

fn text(name: &(impl AsRef<CStr> + ?Sized)) -> String {
    name.as_ref().to_string_lossy().into_owned()
}

/// The server delivers in steps of this length, so that words appear soon.
const BLOCK: Duration = Duration::from_millis(20);
/// For a device whose own rate can't be resampled.
const FALLBACK_RATE_HZ: u32 = 48_000;
/// A server on the same machine answers within milliseconds.
const ANSWER_DEADLINE: Duration = Duration::from_secs(5);
/// The pieces that wait for the recording. The server keeps the rest.
const STREAM_PIECES: usize = 8;

#[cfg(all(test, feature = "sound"))]
mod tests {
    use inturn_testkit::SoundServer;

    use super::*;
    use crate::source::Piece;

    #[tokio::test]
    async fn another_default_output_is_noticed_although_it_changed_before_the_recording() {
        let server = SoundServer::pulseaudio().await;
        let headset = ["load-module", "module-null-sink", "sink_name=headset"];
        server.pactl(&headset).await;
        server.pactl(&["set-default-sink", "speakers"]).await;
        let pulse = connect(&server).await;
        server.pactl(&["set-default-sink", "headset"]).await;
        let cause = "another output is the default now".into();
        let lost = event(pulse, &DeviceChoice::SystemSound).await;
        assert_eq!(lost, Some(Piece::Lost { cause }));
    }

    #[tokio::test]
    async fn a_device_that_was_muted_just_before_the_recording_is_held() {
        let server = SoundServer::pulseaudio().await;
        let pulse = connect(&server).await;
        let mute = ["set-source-mute", "speakers.monitor", "1"];
        server.pactl(&mute).await;
        let held = event(pulse, &DeviceChoice::Default).await;
        assert_eq!(held, Some(Piece::Held(true)));
    }

    async fn connect(server: &SoundServer) -> Pulse {
        let address = Address {
            sockets: vec![server.socket()],
            cookies: Vec::new(),
        };
        Pulse::connect(&address).await.unwrap().unwrap()
    }

    /// Records until something happens.
    async fn event(pulse: Pulse, choice: &DeviceChoice) -> Option<Piece> {
        let wanted = Wanted::Choice(choice);
        let (mut stream, _) = pulse.record(wanted, Duration::from_secs(1)).await.unwrap();
        let event = async {
            while let Some(piece) = stream.next().await {
                if !matches!(piece, Piece::Block { .. }) {
                    return Some(piece);
                }
            }
            None
        };
        timeout(Duration::from_secs(60), event).await.unwrap()
    }
}
