//! Capture by ALSA's program `arecord`, for systems without a sound server.
//!
//! A process of its own needs no C library here, and a driver that hangs can't hang this program.

use std::{
    io,
    path::{Path, PathBuf},
    process::{Output, Stdio},
    time::Duration,
};

use inturn_client_core::problem::MicrophoneFailure;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, BufReader, Lines},
    process::{Child, ChildStderr, ChildStdout, Command},
    time::timeout,
};

use super::device::{DeviceInfo, OTHER_INPUT, Wanted, choose};
use crate::source::{AudioStream, AudioWriter, OpenError, Piece, StopRequested};

/// The program.
#[derive(Clone, Debug)]
pub(super) struct Arecord {
    program: PathBuf,
}

impl Arecord {
    pub(super) fn new(program: PathBuf) -> Self {
        Self { program }
    }

    /// Lists the default device and all sound cards.
    pub(super) async fn devices(&self) -> Result<Vec<DeviceInfo>, OpenError> {
        let mut command = command(&self.program);
        let list = command.arg("-l").output();
        let output: Output = match timeout(FIRST_SAMPLES_DEADLINE, list).await {
            Ok(Ok(output)) => output,
            Ok(Err(error)) if error.kind() == io::ErrorKind::NotFound => return Err(no_sound()),
            Ok(Err(error)) => return Err(failed(MicrophoneFailure::Other, &error.to_string())),
            Err(_) => return Err(failed(MicrophoneFailure::Other, "arecord doesn't answer")),
        };
        let devices = parse_list(&String::from_utf8_lossy(&output.stdout));
        if devices.is_empty() {
            return Err(no_sound());
        }
        Ok(devices)
    }

    /// Starts to record the chosen device. Returns the stream and its device.
    pub(super) async fn record(
        &self,
        wanted: Wanted<'_>,
    ) -> Result<(AudioStream, DeviceInfo), OpenError> {
        let devices = self.devices().await?;
        let device = choose(&devices, wanted)?;
        let mut process = self
            .spawn(&device.name)
            .map_err(|error| failed(MicrophoneFailure::Other, &error.to_string()))?;
        let mut first = vec![0; BLOCK_BYTES];
        match timeout(FIRST_SAMPLES_DEADLINE, process.read(&mut first)).await {
            Ok(Ok(count)) if count > 0 => first.truncate(count),
            Ok(_) => return Err(process.failure().await),
            Err(_) => {
                let silent = format!("{} delivers no sound", device.description);
                return Err(failed(MicrophoneFailure::Other, &silent));
            }
        }
        let (writer, stream) = AudioStream::channel(RATE_HZ, STREAM_PIECES);
        tokio::spawn(process.run(first, writer));
        Ok((stream, device.clone()))
    }

    fn spawn(&self, device: &str) -> io::Result<Process> {
        let mut child = command(&self.program)
            .args(["-q", "-t", "raw", "-f", "S16_LE", "-c", "1"])
            .args(["-r", &RATE_HZ.to_string()])
            .args(["-F", &PERIOD_MICROS.to_string()])
            .args(["-B", &BUFFER_MICROS.to_string()])
            .args(["-D", device])
            .stdout(Stdio::piped())
            .spawn()?;
        let (Some(stdout), Some(stderr)) = (child.stdout.take(), child.stderr.take()) else {
            return Err(io::Error::other("its output is not a pipe"));
        };
        Ok(Process {
            child,
            stdout,
            messages: Messages {
                lines: BufReader::new(stderr).lines(),
                last: String::new(),
                is_open: true,
            },
        })
    }
}

fn command(program: &Path) -> Command {
    let mut command = Command::new(program);
    command
        // Its messages are read below.
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        // The terminal's Ctrl+C is for this program, which ends it when the recording stops.
        .process_group(0)
        .kill_on_drop(true);
    command
}

/// A running `arecord`. Dropping it kills it.
struct Process {
    child: Child,
    stdout: ChildStdout,
    messages: Messages,
}

/// What it writes to its error output.
struct Messages {
    lines: Lines<BufReader<ChildStderr>>,
    last: String,
    is_open: bool,
}

impl Process {
    /// Reads samples. Returns 0 at the end.
    async fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.stdout.read(buffer).await
    }

    /// Passes samples on until the recording stops or the process ends.
    async fn run(mut self, first: Vec<u8>, writer: AudioWriter) {
        let Ok(()) = self.pass_on(first, &writer).await else {
            // The recording is gone: the drop kills the process, and tokio reaps it.
            return;
        };
        let _ = self.child.start_kill();
        let _ = self.child.wait().await;
        // Another process may hold the pipe open.
        let last_messages = self.last_messages(&writer);
        if let Ok(Err(StopRequested)) = timeout(LAST_MESSAGES_DEADLINE, last_messages).await {
            return;
        }
        if !writer.is_stopped() {
            let cause = if self.messages.last.is_empty() {
                "arecord has ended".into()
            } else {
                format!("arecord: {}", self.messages.last)
            };
            // Without a recording, a loss means nothing.
            let _ = writer.send(Piece::Lost { cause }).await;
        }
    }

    async fn pass_on(&mut self, first: Vec<u8>, writer: &AudioWriter) -> Result<(), StopRequested> {
        let mut bytes = first;
        let mut buffer = vec![0; BLOCK_BYTES];
        let mut is_stopping = false;
        loop {
            // A read may end within a sample.
            let whole = bytes.len() - bytes.len() % SAMPLE_BYTES;
            if whole > 0 {
                let planar = samples(&bytes[..whole]);
                writer
                    .send(Piece::Block {
                        planar,
                        channels: 1,
                    })
                    .await?;
                bytes.drain(..whole);
            }
            tokio::select! {
                read = self.stdout.read(&mut buffer) => match read {
                    Ok(count) if count > 0 => bytes.extend_from_slice(&buffer[..count]),
                    _ => return Ok(()),
                },
                overrun = self.messages.next(), if self.messages.is_open => {
                    if let Some(samples) = overrun {
                        writer.send(Piece::Overrun { samples }).await?;
                    }
                }
                () = writer.stopped(), if !is_stopping => {
                    // What it has written into the pipe can still be read.
                    is_stopping = true;
                    let _ = self.child.start_kill();
                }
            }
        }
    }

    /// Reads the messages that it left.
    async fn last_messages(&mut self, writer: &AudioWriter) -> Result<(), StopRequested> {
        while self.messages.is_open {
            if let Some(samples) = self.messages.next().await {
                writer.send(Piece::Overrun { samples }).await?;
            }
        }
        Ok(())
    }

    /// Says why it has ended without a sample.
    async fn failure(mut self) -> OpenError {
        let _ = self.child.start_kill();
        let _ = self.child.wait().await;
        let mut text = String::new();
        let read = async {
            while self.messages.is_open {
                self.messages.next().await;
                text.push_str(&self.messages.last);
                text.push('\n');
            }
        };
        // After the deadline, the messages so far have to do.
        let _ = timeout(LAST_MESSAGES_DEADLINE, read).await;
        failed(failure_of(&text), &self.messages.last)
    }
}

impl Messages {
    /// Reads a line. Returns the lost samples, if the line is about that.
    async fn next(&mut self) -> Option<u64> {
        let Ok(Some(line)) = self.lines.next_line().await else {
            self.is_open = false;
            return None;
        };
        let lost = lost_samples(&line);
        if lost.is_none() && !line.trim().is_empty() {
            self.last = line;
        }
        lost
    }
}

fn failure_of(messages: &str) -> MicrophoneFailure {
    let says = |text| messages.contains(text);
    if says("Device or resource busy") {
        MicrophoneFailure::Busy
    } else if says("Permission denied") {
        MicrophoneFailure::Denied
    } else if says("No such file or directory") || says("No such device") {
        MicrophoneFailure::Missing
    } else {
        MicrophoneFailure::Other
    }
}

/// Reads `overrun!!! (at least 12.345 ms long)`.
fn lost_samples(line: &str) -> Option<u64> {
    let (_, rest) = line.split_once("overrun!!! (at least ")?;
    let (ms, _) = rest.split_once(" ms long")?;
    let ms: f64 = ms.trim().parse().ok()?;
    Some((ms.max(0.0) * f64::from(RATE_HZ) / 1_000.0) as u64)
}

/// Reads the output of `arecord -l`.
fn parse_list(output: &str) -> Vec<DeviceInfo> {
    let mut cards: Vec<_> = output.lines().filter_map(parse_card).collect();
    if !cards.is_empty() {
        cards.insert(0, ("default".into(), "Default of ALSA".into()));
    }
    let device = |(index, (name, description))| DeviceInfo {
        index,
        name,
        description,
        is_default: index == 0,
        monitor_of: None,
        is_system_sound: false,
    };
    cards.into_iter().enumerate().map(device).collect()
}

/// Reads `card 0: PCH [HDA Intel PCH], device 0: ALC257 [ALC257 Analog]`.
fn parse_card(line: &str) -> Option<(String, String)> {
    let (card, device) = line.strip_prefix("card ")?.split_once(", device ")?;
    let (_, card) = card.split_once(": ")?;
    let (id, card) = card.split_once(" [")?;
    let (number, device) = device.split_once(": ")?;
    let (_, device) = device.rsplit_once('[')?;
    let name = format!("plughw:CARD={id},DEV={number}");
    let description = format!(
        "{}, {}",
        card.trim_end_matches(']'),
        device.trim_end_matches(']')
    );
    Some((name, description))
}

fn samples(bytes: &[u8]) -> Vec<f32> {
    let samples = bytes.as_chunks().0.iter();
    samples
        .map(|sample| f32::from(i16::from_le_bytes(*sample)) / 32_768.0)
        .collect()
}

fn no_sound() -> OpenError {
    OpenError {
        failure: MicrophoneFailure::Missing,
        message: format!(
            "No microphone: there is no PulseAudio or PipeWire, and arecord finds no sound card. \
             Connect one, or {OTHER_INPUT}."
        ),
    }
}

fn failed(failure: MicrophoneFailure, cause: &str) -> OpenError {
    OpenError {
        failure,
        message: format!("The microphone can't be opened: {cause}."),
    }
}

/// ALSA converts to it if the card has another rate.
const RATE_HZ: u32 = 48_000;
const SAMPLE_BYTES: usize = 2;
/// 20 ms.
const BLOCK_BYTES: usize = RATE_HZ as usize / 50 * SAMPLE_BYTES;
/// The card delivers in steps of this length, so that words appear soon.
const PERIOD_MICROS: u32 = 20_000;
/// What the card keeps while `arecord` is stopped. Longer ones aren't offered by all cards.
const BUFFER_MICROS: u32 = 500_000;
/// A card delivers its first samples within a second, some webcams after two.
const FIRST_SAMPLES_DEADLINE: Duration = Duration::from_secs(5);
/// The last messages of a process that has ended are there already.
const LAST_MESSAGES_DEADLINE: Duration = Duration::from_secs(1);
/// The pieces that wait for the recording. The pipe keeps the rest.
const STREAM_PIECES: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cards_are_listed_after_the_default() {
        let output = "**** List of CAPTURE Hardware Devices ****\n\
            card 0: PCH [HDA Intel PCH], device 0: ALC257 Analog [ALC257 Analog]\n  \
            Subdevices: 1/1\n  Subdevice #0: subdevice #0\n\
            card 2: Webcam [HD Webcam: C270], device 0: USB Audio [USB Audio]\n";
        let devices: Vec<_> = parse_list(output)
            .into_iter()
            .map(|device| (device.index, device.name, device.description))
            .collect();
        let expected = [
            (0, "default", "Default of ALSA"),
            (1, "plughw:CARD=PCH,DEV=0", "HDA Intel PCH, ALC257 Analog"),
            (2, "plughw:CARD=Webcam,DEV=0", "HD Webcam: C270, USB Audio"),
        ];
        let expected = expected.map(|(index, name, text)| (index, name.into(), text.into()));
        assert_eq!(devices, expected);
    }

    #[test]
    fn no_card_is_no_device() {
        assert_eq!(
            parse_list("**** List of CAPTURE Hardware Devices ****\n"),
            []
        );
    }

    #[test]
    fn an_overrun_is_counted_in_samples() {
        let line = "overrun!!! (at least 12.500 ms long)";
        assert_eq!(lost_samples(line), Some(600));
        assert_eq!(lost_samples("arecord: main:831: audio open error"), None);
    }

    #[test]
    fn each_failure_has_its_kind() {
        for (message, failure) in [
            (
                "audio open error: Device or resource busy",
                MicrophoneFailure::Busy,
            ),
            (
                "audio open error: Permission denied",
                MicrophoneFailure::Denied,
            ),
            (
                "audio open error: No such file or directory",
                MicrophoneFailure::Missing,
            ),
            (
                "set_params: Sample format non available",
                MicrophoneFailure::Other,
            ),
        ] {
            assert_eq!(failure_of(message), failure);
        }
    }
}
