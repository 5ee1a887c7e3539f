//! Compressed audio in its container.

use std::{collections::VecDeque, io};

use symphonia::core::{
    codecs::audio::{AudioDecoder, AudioDecoderOptions, well_known::CODEC_ID_OPUS},
    errors::Error,
    formats::{FormatOptions, FormatReader, Track, TrackType, probe::Hint},
    io::{MediaSource, MediaSourceStream, MediaSourceStreamOptions},
    meta::MetadataOptions,
    packet::Packet,
    units::{Duration, TimeBase},
};

use super::decoded::{DecodeError, Decoded};

/// Decodes the first audio track of a file.
pub(super) struct ContainerReader {
    format: Box<dyn FormatReader>,
    track: AudioTrack,
    rate_hz: u32,
    channels: usize,
    promised_frames: Option<u64>,
    /// What was decoded in advance.
    ready: VecDeque<Decoded>,
    /// Where the next packet begins if none is missing.
    next_start: Option<i64>,
}

struct AudioTrack {
    id: u32,
    time_base: Option<TimeBase>,
    decoder: Box<dyn AudioDecoder>,
}

/// Why a file can't be decoded at all.
#[derive(Debug, thiserror::Error)]
pub(super) enum ContainerError {
    #[error("its format is unknown")]
    UnknownFormat,
    #[error("it has no audio track")]
    NoAudio,
    #[error("its codec, {0}, is not supported")]
    Codec(&'static str),
    #[error("{0}")]
    Read(io::Error),
    #[error("it is damaged ({0})")]
    Damaged(Error),
}

impl ContainerReader {
    /// Finds the audio track, and decodes its beginning.
    pub(super) fn open(
        source: Box<dyn MediaSource>,
        extension: Option<&str>,
    ) -> Result<Self, ContainerError> {
        let mut hint = Hint::new();
        if let Some(extension) = extension {
            hint.with_extension(extension);
        }
        let stream = MediaSourceStream::new(source, MediaSourceStreamOptions::default());
        let format = symphonia::default::get_probe()
            .probe(
                &hint,
                stream,
                FormatOptions::default(),
                MetadataOptions::default(),
            )
            .map_err(|error| match error {
                Error::IoError(error) if error.kind() != io::ErrorKind::UnexpectedEof => {
                    ContainerError::Read(error)
                }
                Error::DecodeError(_) => ContainerError::Damaged(error),
                _ => ContainerError::UnknownFormat,
            })?;
        let track = AudioTrack::find(format.as_ref())?;
        let promised_frames = None;
        let mut reader = Self {
            format,
            track,
            rate_hz: 0,
            channels: 0,
            promised_frames,
            ready: VecDeque::new(),
            next_start: None,
        };
        reader.decode_beginning()?;
        let track = reader.format.default_track(TrackType::Audio);
        reader.promised_frames = track.and_then(|track| promised_frames_of(track, reader.rate_hz));
        Ok(reader)
    }

    pub(super) fn rate_hz(&self) -> u32 {
        self.rate_hz
    }

    pub(super) fn promised_frames(&self) -> Option<u64> {
        self.promised_frames
    }

    /// Returns the next samples, or `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<Decoded>, DecodeError> {
        match self.ready.pop_front() {
            Some(decoded) => Ok(Some(decoded)),
            None => self.decode_packet(),
        }
    }

    /// Decodes until rate and channels are known. Headers may lack both.
    fn decode_beginning(&mut self) -> Result<(), ContainerError> {
        while self.rate_hz == 0 {
            match self.decode_packet() {
                Ok(Some(decoded)) => self.ready.push_back(decoded),
                Ok(None) => return Err(ContainerError::NoAudio),
                Err(DecodeError::Read(error)) => return Err(ContainerError::Read(error)),
                Err(DecodeError::Decode(error)) => return Err(ContainerError::Damaged(error)),
                Err(DecodeError::RateChanged(..)) => return Err(ContainerError::UnknownFormat),
            }
        }
        Ok(())
    }

    fn decode_packet(&mut self) -> Result<Option<Decoded>, DecodeError> {
        loop {
            let packet = match self.format.next_packet() {
                Ok(Some(packet)) => packet,
                Ok(None) => return Ok(None),
                Err(Error::IoError(error)) if error.kind() == io::ErrorKind::UnexpectedEof => {
                    return Ok(None);
                }
                // The next stream of several in one file.
                Err(Error::ResetRequired) => {
                    match AudioTrack::find(self.format.as_ref()) {
                        Ok(track) => {
                            self.track = track;
                            self.next_start = None;
                        }
                        Err(_) => return Ok(None),
                    }
                    continue;
                }
                Err(Error::IoError(error)) => return Err(DecodeError::Read(error)),
                Err(error) => return Err(DecodeError::Decode(error)),
            };
            if packet.track_id != self.track.id {
                continue;
            }
            let missing = self.missing_before(&packet);
            let decoded = self.decode(&packet)?;
            if let Some(missing) = missing {
                self.ready.push_back(decoded);
                return Ok(Some(missing));
            }
            return Ok(Some(decoded));
        }
    }

    fn decode(&mut self, packet: &Packet) -> Result<Decoded, DecodeError> {
        let damage = match self.track.decoder.decode(packet) {
            Ok(samples) => {
                let rate_hz = samples.spec().rate();
                if self.rate_hz != 0 && rate_hz != self.rate_hz {
                    return Err(DecodeError::RateChanged(self.rate_hz, rate_hz));
                }
                let decoded = Decoded::from_samples(&samples);
                if decoded.frames() > 0 {
                    self.rate_hz = rate_hz;
                    self.channels = decoded.planes.len();
                }
                return Ok(decoded);
            }
            Err(Error::DecodeError(cause)) => cause,
            Err(Error::IoError(_)) => "a part is missing",
            Err(error) => return Err(DecodeError::Decode(error)),
        };
        // So that all that follows stays in its place.
        Ok(self.silence(packet.dur, damage))
    }

    /// Returns silence for packets that the container's reader has skipped because of damage.
    fn missing_before(&mut self, packet: &Packet) -> Option<Decoded> {
        let start = packet.pts.get();
        let expected = self
            .next_start
            .replace(start.saturating_add_unsigned(packet.dur.get()));
        let missing = u64::try_from(start.checked_sub(expected?)?).ok()?;
        let silence = self.silence(Duration::new(missing), "a part can't be read");
        // Times in containers are rounded.
        (silence.frames() > self.rate_hz as usize / MIN_GAPS_PER_SECOND).then_some(silence)
    }

    fn silence(&self, length: Duration, damage: &'static str) -> Decoded {
        let time_base = self.track.time_base;
        let time = time_base.and_then(|time_base| time_base.calc_duration(length));
        let frames = time.map_or(0, |time| frames_in(time.as_micros(), self.rate_hz));
        // A damaged time must not claim hours.
        let frames = frames.min(u64::from(self.rate_hz) * MAX_SILENCE_SECS) as usize;
        Decoded {
            planes: vec![vec![0.0; frames]; self.channels],
            damage: Some(damage),
        }
    }
}

impl AudioTrack {
    fn find(format: &dyn FormatReader) -> Result<Self, ContainerError> {
        let track = format.default_track(TrackType::Audio);
        let track = track.ok_or(ContainerError::NoAudio)?;
        let parameters = track.codec_params.as_ref().and_then(|codec| codec.audio());
        let parameters = parameters.ok_or(ContainerError::NoAudio)?;
        let decoder = symphonia::default::get_codecs()
            .make_audio_decoder(parameters, &AudioDecoderOptions::default())
            .map_err(|error| match error {
                Error::Unsupported(_) if parameters.codec == CODEC_ID_OPUS => {
                    ContainerError::Codec("Opus")
                }
                Error::Unsupported(cause) => ContainerError::Codec(cause),
                error => ContainerError::Damaged(error),
            })?;
        Ok(Self {
            id: track.id,
            time_base: track.time_base,
            decoder,
        })
    }
}

fn promised_frames_of(track: &Track, rate_hz: u32) -> Option<u64> {
    let time = track.time_base?.calc_duration(track.duration?)?;
    Some(frames_in(time.as_micros(), rate_hz))
}

fn frames_in(micros: i128, rate_hz: u32) -> u64 {
    let frames = micros * i128::from(rate_hz) / 1_000_000;
    u64::try_from(frames).unwrap_or(0)
}

/// Shorter gaps, below 20 ms, are no damage.
const MIN_GAPS_PER_SECOND: usize = 50;
const MAX_SILENCE_SECS: u64 = 60;
