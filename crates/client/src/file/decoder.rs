//! Decodes any supported file to blocks of equal length.

use std::{
    fs::File,
    io::{BufReader, Cursor, Read, Seek},
    path::Path,
};

use inturn_client_core::audio::{MAX_INPUT_RATE_HZ, MIN_INPUT_RATE_HZ};
use symphonia::core::{
    errors::Error,
    io::{MediaSource, ReadOnlySource},
};

use super::{
    container::{ContainerError, ContainerReader},
    decoded::{DecodeError, Decoded},
    pcm::{PcmReader, RawFormat},
    wav,
};

/// A decoder for any supported file.
pub(super) enum Decoder {
    Pcm(PcmReader),
    Container(Box<ContainerReader>),
}

/// Why a file can't be decoded at all.
#[derive(Debug, thiserror::Error)]
pub(super) enum DecoderError {
    #[error("{0}")]
    Io(#[from] std::io::Error),
    #[error("it is empty")]
    Empty,
    #[error("{0}")]
    Wav(#[from] wav::WavError),
    #[error("{0}")]
    Container(#[from] ContainerError),
    #[error("the format of its samples is not supported ({0})")]
    Samples(Error),
    #[error("it has {0} channels, but 1 to {MAX_CHANNELS} are supported")]
    Channels(u16),
    #[error("its rate is {0} Hz, but {MIN_INPUT_RATE_HZ} to {MAX_INPUT_RATE_HZ} Hz are supported")]
    Rate(u32),
}

impl Decoder {
    /// Opens a regular file.
    pub(super) fn open_file(path: &Path, format: Option<RawFormat>) -> Result<Self, DecoderError> {
        let mut file = File::open(path)?;
        let file_bytes = file.metadata()?.len();
        if let Some(format) = format {
            return Self::raw(Box::new(BufReader::new(file)), format, None);
        }
        let head = read_head(&mut file)?;
        file.rewind()?;
        if wav::is_wav(&head) {
            return Self::wav(BufReader::new(file), Some(file_bytes));
        }
        let extension = path.extension().and_then(|extension| extension.to_str());
        match Self::container(Box::new(file), extension) {
            // A truncated M4A file: what is there can be read from front to back.
            Err(DecoderError::Container(ContainerError::Damaged(_))) => {
                let file = ReadOnlySource::new(File::open(path)?);
                Self::container(Box::new(file), extension)
            }
            result => result,
        }
    }

    /// Opens a pipe.
    pub(super) fn open_pipe(
        mut reader: impl Read + Send + Sync + 'static,
        format: Option<RawFormat>,
    ) -> Result<Self, DecoderError> {
        if let Some(format) = format {
            return Self::raw(Box::new(reader), format, None);
        }
        let head = read_head(&mut reader)?;
        let is_wav = wav::is_wav(&head);
        let reader = Cursor::new(head).chain(reader);
        if is_wav {
            return Self::wav(reader, None);
        }
        Self::container(Box::new(ReadOnlySource::new(reader)), None)
    }

    pub(super) fn rate_hz(&self) -> u32 {
        match self {
            Self::Pcm(reader) => reader.rate_hz(),
            Self::Container(reader) => reader.rate_hz(),
        }
    }

    /// The length that the file's header says.
    pub(super) fn promised_frames(&self) -> Option<u64> {
        match self {
            Self::Pcm(reader) => reader.promised_frames(),
            Self::Container(reader) => reader.promised_frames(),
        }
    }

    /// Returns the next samples, or `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<Decoded>, DecodeError> {
        match self {
            Self::Pcm(reader) => reader.next(),
            Self::Container(reader) => reader.next(),
        }
    }

    fn wav(
        mut reader: impl Read + Send + 'static,
        file_bytes: Option<u64>,
    ) -> Result<Self, DecoderError> {
        let header = wav::read_header(&mut reader, file_bytes)?;
        let samples = reader.take(header.data_bytes.unwrap_or(u64::MAX));
        Self::raw(Box::new(samples), header.format, header.data_bytes)
    }

    fn raw(
        reader: Box<dyn Read + Send>,
        format: RawFormat,
        promised_bytes: Option<u64>,
    ) -> Result<Self, DecoderError> {
        check_rate(format.rate_hz)?;
        if !(1..=MAX_CHANNELS).contains(&format.channels) {
            return Err(DecoderError::Channels(format.channels));
        }
        PcmReader::new(reader, format, promised_bytes)
            .map(Self::Pcm)
            .map_err(DecoderError::Samples)
    }

    fn container(
        source: Box<dyn MediaSource>,
        extension: Option<&str>,
    ) -> Result<Self, DecoderError> {
        let reader = ContainerReader::open(source, extension)?;
        check_rate(reader.rate_hz())?;
        Ok(Self::Container(Box::new(reader)))
    }
}

fn check_rate(rate_hz: u32) -> Result<(), DecoderError> {
    if (MIN_INPUT_RATE_HZ..=MAX_INPUT_RATE_HZ).contains(&rate_hz) {
        return Ok(());
    }
    Err(DecoderError::Rate(rate_hz))
}

/// Reads what tells a WAV file from others.
fn read_head(reader: &mut impl Read) -> Result<Vec<u8>, DecoderError> {
    let mut head = Vec::new();
    reader.take(12).read_to_end(&mut head)?;
    if head.is_empty() {
        return Err(DecoderError::Empty);
    }
    Ok(head)
}

/// More than any recorder has. A damaged header must not claim gigabytes.
const MAX_CHANNELS: u16 = 64;
