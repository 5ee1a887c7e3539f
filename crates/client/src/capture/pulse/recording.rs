//! An open recording: passes on what the server sends, until one side ends it.

use std::{
    ffi::CString,
    time::{Duration, UNIX_EPOCH},
};

use pulseaudio::protocol::{
    Command, CreateRecordStreamReply, GetSourceInfo, LatencyParams, RecordLatency, ServerInfo,
    SourceInfo, SubscriptionEvent, SubscriptionEventFacility, SubscriptionEventType,
    SubscriptionMask,
};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

use super::{
    connection::{Connection, ConnectionError, Frame},
    losses::{Losses, Timing},
};
use crate::{
    capture::planar::planar,
    source::{AudioWriter, Piece, StopRequested},
};

/// The format of the samples: 32 bit floating point, interleaved.
#[derive(Clone, Copy, Debug)]
pub(super) struct Format {
    pub(super) rate_hz: u32,
    pub(super) channels: usize,
}

impl Format {
    pub(super) fn frame_bytes(self) -> usize {
        self.channels * size_of::<f32>()
    }
}

/// A stream that is being recorded.
pub(super) struct Recording {
    connection: Connection,
    stream: u32,
    source_index: u32,
    /// The output whose sound is recorded, as long as it is the default one.
    output: Option<CString>,
    format: Format,
    writer: AudioWriter,
    losses: Losses,
    started: Instant,
    is_suspended: bool,
    is_muted: bool,
    is_held: bool,
    timing_tag: Option<u32>,
    source_tag: Option<u32>,
    server_tag: Option<u32>,
    /// The captured bytes that are still awaited after a stop.
    last_byte: Option<u64>,
    is_stopping: bool,
}

/// Why a recording ends.
enum End {
    Stopped,
    Lost(String),
}

impl From<ConnectionError> for End {
    fn from(error: ConnectionError) -> Self {
        Self::Lost(error.to_string())
    }
}

impl From<StopRequested> for End {
    fn from(_: StopRequested) -> Self {
        Self::Stopped
    }
}

impl Recording {
    pub(super) fn new(
        connection: Connection,
        opened: &CreateRecordStreamReply,
        source: &SourceInfo,
        format: Format,
        output: Option<CString>,
        writer: AudioWriter,
    ) -> Self {
        Self {
            connection,
            stream: opened.channel,
            source_index: source.index,
            output,
            format,
            writer,
            losses: Losses::new(format.rate_hz, format.frame_bytes()),
            started: Instant::now(),
            is_suspended: opened.suspended,
            is_muted: source.muted,
            is_held: false,
            timing_tag: None,
            source_tag: None,
            server_tag: None,
            last_byte: None,
            is_stopping: false,
        }
    }

    /// Passes on samples and events until the recording stops or the device is lost.
    pub(super) async fn run(mut self) {
        if let End::Lost(cause) = self.pass_on().await {
            // Without a recording, a loss means nothing.
            let _ = self.writer.send(Piece::Lost { cause }).await;
        }
    }

    async fn pass_on(&mut self) -> End {
        match self.try_pass_on().await {
            Ok(end) | Err(end) => end,
        }
    }

    async fn try_pass_on(&mut self) -> Result<End, End> {
        let events = SubscriptionMask::SOURCE | SubscriptionMask::SERVER;
        self.connection.send(&Command::Subscribe(events)).await?;
        self.update_held().await?;
        // What has changed since the devices were listed was no event yet.
        self.ask_source().await?;
        self.ask_server().await?;
        let mut ticks = interval(TIMING_INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut deadline = Instant::now();
        loop {
            if self
                .last_byte
                .is_some_and(|last| self.losses.received_bytes() >= last)
            {
                return Ok(End::Stopped);
            }
            tokio::select! {
                // After a stop, samples that are there already count, however late they are read.
                biased;
                () = self.writer.stopped(), if !self.is_stopping => {
                    self.is_stopping = true;
                    deadline = Instant::now() + LAST_SAMPLES_DEADLINE;
                    self.timing_tag = None;
                    self.ask_timing().await?;
                }
                _ = ticks.tick(), if !self.is_stopping => self.ask_timing().await?,
                frame = self.connection.read() => {
                    self.handle(&frame?).await?;
                    deadline = Instant::now() + LAST_SAMPLES_DEADLINE;
                }
                () = sleep_until(deadline), if self.is_stopping => return Ok(End::Stopped),
            }
        }
    }

    async fn ask_timing(&mut self) -> Result<(), End> {
        if self.timing_tag.is_none() {
            let question = LatencyParams {
                channel: self.stream,
                now: UNIX_EPOCH,
            };
            let tag = self
                .connection
                .send(&Command::GetRecordLatency(question))
                .await?;
            self.timing_tag = Some(tag);
        }
        Ok(())
    }

    async fn handle(&mut self, frame: &Frame) -> Result<(), End> {
        match frame.stream {
            Some(stream) if stream == self.stream => self.samples(frame.payload()).await,
            Some(_) => Ok(()),
            None => self.command(frame).await,
        }
    }

    async fn samples(&mut self, bytes: &[u8]) -> Result<(), End> {
        if let Some(samples) = self.losses.before_samples(bytes.len()) {
            self.writer.send(Piece::Overrun { samples }).await?;
        }
        let planar = planar(&floats(bytes), self.format.channels);
        if !planar.is_empty() {
            let channels = self.format.channels;
            self.writer.send(Piece::Block { planar, channels }).await?;
        }
        Ok(())
    }

    async fn command(&mut self, frame: &Frame) -> Result<(), End> {
        // Events of newer servers that can't be read don't matter here.
        let Ok((tag, command)) = self.connection.command(frame) else {
            return Ok(());
        };
        match command {
            Command::Reply => self.replied(tag, frame).await,
            Command::Error(_) if Some(tag) == self.source_tag => {
                self.source_tag = None;
                Ok(())
            }
            Command::RecordStreamKilled(stream) if stream == self.stream => {
                Err(End::Lost("the device was disconnected".into()))
            }
            Command::RecordStreamSuspended(event) if event.stream_index == self.stream => {
                self.is_suspended = event.suspended;
                self.losses.restart();
                self.update_held().await
            }
            Command::RecordStreamMoved(event) if event.stream_index == self.stream => {
                self.source_index = event.device_index;
                self.is_suspended = event.device_suspended;
                self.losses.restart();
                self.writer.send(Piece::DevicesChanged).await?;
                self.ask_source().await
            }
            Command::SubscribeEvent(event) => self.changed(event).await,
            _ => Ok(()),
        }
    }

    async fn replied(&mut self, tag: u32, frame: &Frame) -> Result<(), End> {
        if self.timing_tag.take_if(|asked| *asked == tag).is_some() {
            let timing: RecordLatency = self.connection.reply(frame)?;
            if self.is_stopping {
                self.last_byte = Some(self.captured_bytes(&timing));
            } else if !self.is_suspended {
                self.losses.timing(Timing {
                    server: timing
                        .remote_time
                        .duration_since(UNIX_EPOCH)
                        .unwrap_or_default(),
                    local: self.started.elapsed(),
                    write_index: timing.write_offset,
                    read_index: timing.read_offset,
                });
            }
        } else if self.source_tag.take_if(|asked| *asked == tag).is_some() {
            let source: SourceInfo = self.connection.reply(frame)?;
            self.is_muted = source.muted;
            self.update_held().await?;
        } else if self.server_tag.take_if(|asked| *asked == tag).is_some() {
            let server: ServerInfo = self.connection.reply(frame)?;
            if self.output.is_some() && self.output != server.default_sink_name {
                return Err(End::Lost("another output is the default now".into()));
            }
        }
        Ok(())
    }

    /// The bytes that will have arrived when all sound up to now is here.
    fn captured_bytes(&self, timing: &RecordLatency) -> u64 {
        let unread = timing
            .write_offset
            .saturating_sub(timing.read_offset)
            .max(0);
        let in_device_frames = timing.source_usec * u64::from(self.format.rate_hz) / 1_000_000;
        let in_device = in_device_frames * self.format.frame_bytes() as u64;
        self.losses.received_bytes() + unread.cast_unsigned() + in_device
    }

    async fn changed(&mut self, event: SubscriptionEvent) -> Result<(), End> {
        match (event.event_facility, event.event_type) {
            (SubscriptionEventFacility::Source, SubscriptionEventType::Changed)
                if event.index == Some(self.source_index) =>
            {
                self.ask_source().await?;
            }
            (
                SubscriptionEventFacility::Source,
                SubscriptionEventType::New | SubscriptionEventType::Removed,
            ) => {
                self.writer.send(Piece::DevicesChanged).await?;
            }
            (SubscriptionEventFacility::Server, _) => self.ask_server().await?,
            _ => {}
        }
        Ok(())
    }

    async fn ask_source(&mut self) -> Result<(), End> {
        let question = Command::GetSourceInfo(GetSourceInfo {
            index: Some(self.source_index),
            name: None,
        });
        self.source_tag = Some(self.connection.send(&question).await?);
        Ok(())
    }

    async fn ask_server(&mut self) -> Result<(), End> {
        if self.output.is_some() {
            self.server_tag = Some(self.connection.send(&Command::GetServerInfo).await?);
        }
        Ok(())
    }

    async fn update_held(&mut self) -> Result<(), End> {
        let is_held = self.is_suspended || self.is_muted;
        if is_held != self.is_held {
            self.is_held = is_held;
            self.writer.send(Piece::Held(is_held)).await?;
        }
        Ok(())
    }
}

fn floats(bytes: &[u8]) -> Vec<f32> {
    let samples = bytes.as_chunks().0.iter();
    samples.map(|sample| f32::from_le_bytes(*sample)).collect()
}

/// How often the server is asked for its timing. A loss is noted within this time.
const TIMING_INTERVAL: Duration = Duration::from_millis(100);
/// How long the next of the last samples are awaited after a stop.
const LAST_SAMPLES_DEADLINE: Duration = Duration::from_millis(250);
