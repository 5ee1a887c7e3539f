//! Samples without a container.

use std::io::{self, Read};

use symphonia::core::{
    audio::Channels,
    codecs::audio::{
        AudioCodecId, AudioCodecParameters, AudioDecoder, AudioDecoderOptions, well_known as codec,
    },
    errors::Error,
    packet::PacketRef,
    units::{Duration, Timestamp},
};

use super::decoded::{DecodeError, Decoded};

/// The format of samples without a header. Channels are interleaved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RawFormat {
    /// Samples per second, for each channel.
    pub rate_hz: u32,
    /// The number of channels.
    pub channels: u16,
    /// How a sample is stored.
    pub encoding: Encoding,
}

/// How a sample is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// 8 bit, unsigned.
    U8,
    /// 16 bit, little-endian. The usual one.
    S16Le,
    /// 16 bit, big-endian.
    S16Be,
    /// 24 bit in three bytes, little-endian.
    S24Le,
    /// 32 bit, little-endian.
    S32Le,
    /// Floating point of 32 bit, little-endian.
    F32Le,
    /// Floating point of 64 bit, little-endian.
    F64Le,
    /// µ-law of ITU-T G.711, 8 bit: telephony in America and Japan.
    MuLaw,
    /// A-law of ITU-T G.711, 8 bit: telephony elsewhere.
    ALaw,
}

impl Encoding {
    /// The bytes of a sample.
    pub fn bytes(self) -> usize {
        match self {
            Self::U8 | Self::MuLaw | Self::ALaw => 1,
            Self::S16Le | Self::S16Be => 2,
            Self::S24Le => 3,
            Self::S32Le | Self::F32Le => 4,
            Self::F64Le => 8,
        }
    }

    fn codec(self) -> AudioCodecId {
        match self {
            Self::U8 => codec::CODEC_ID_PCM_U8,
            Self::S16Le => codec::CODEC_ID_PCM_S16LE,
            Self::S16Be => codec::CODEC_ID_PCM_S16BE,
            Self::S24Le => codec::CODEC_ID_PCM_S24LE,
            Self::S32Le => codec::CODEC_ID_PCM_S32LE,
            Self::F32Le => codec::CODEC_ID_PCM_F32LE,
            Self::F64Le => codec::CODEC_ID_PCM_F64LE,
            Self::MuLaw => codec::CODEC_ID_PCM_MULAW,
            Self::ALaw => codec::CODEC_ID_PCM_ALAW,
        }
    }
}

impl RawFormat {
    /// The bytes of one sample of each channel.
    pub(super) fn frame_bytes(self) -> usize {
        usize::from(self.channels) * self.encoding.bytes()
    }
}

/// Decodes samples from a reader to its end.
///
/// symphonia has a reader of WAV files too. It isn't used, because it loses the boundaries of
/// samples when a pipe delivers a part of one.
pub(super) struct PcmReader {
    reader: Box<dyn Read + Send>,
    format: RawFormat,
    decoder: Box<dyn AudioDecoder>,
    bytes: Vec<u8>,
    /// The frames that the header promises.
    promised_frames: Option<u64>,
}

impl PcmReader {
    /// Decodes all that `reader` has, in steps of 100 ms.
    ///
    /// # Errors
    ///
    /// Fails for formats that make no sense, such as no channels.
    pub(super) fn new(
        reader: Box<dyn Read + Send>,
        format: RawFormat,
        promised_bytes: Option<u64>,
    ) -> Result<Self, Error> {
        let mut parameters = AudioCodecParameters::new();
        parameters
            .for_codec(format.encoding.codec())
            .with_sample_rate(format.rate_hz)
            .with_channels(Channels::Discrete(format.channels));
        let decoder = symphonia::default::get_codecs()
            .make_audio_decoder(&parameters, &AudioDecoderOptions::default())?;
        let frames = (format.rate_hz / STEPS_PER_SECOND).max(1) as usize;
        Ok(Self {
            reader,
            format,
            decoder,
            bytes: vec![0; frames * format.frame_bytes()],
            promised_frames: promised_bytes.map(|bytes| bytes / format.frame_bytes() as u64),
        })
    }

    pub(super) fn rate_hz(&self) -> u32 {
        self.format.rate_hz
    }

    pub(super) fn promised_frames(&self) -> Option<u64> {
        self.promised_frames
    }

    /// Returns the next samples, or `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<Decoded>, DecodeError> {
        let read = read_full(&mut self.reader, &mut self.bytes)?;
        // The rest of an incomplete frame at the end is no sound.
        let whole = read - read % self.format.frame_bytes();
        if whole == 0 {
            return Ok(None);
        }
        let frames = (whole / self.format.frame_bytes()) as u64;
        let packet = PacketRef::new(
            0,
            Timestamp::new(0),
            Duration::new(frames),
            &self.bytes[..whole],
        );
        let samples = self.decoder.decode_ref(&packet)?;
        Ok(Some(Decoded::from_samples(&samples)))
    }
}

/// Reads until `buffer` is full or the input ends.
fn read_full(reader: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match reader.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            // What was read before the failure counts; the next call fails again.
            Err(_) if filled > 0 => break,
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// Samples are decoded in steps of 100 ms, so that a live pipe is heard soon.
const STEPS_PER_SECOND: u32 = 10;
