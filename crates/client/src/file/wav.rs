//! The header of WAV files, as files and as programs write it into pipes.
//!
//! <https://learn.microsoft.com/en-us/windows/win32/xaudio2/resource-interchange-file-format--riff->,
//! and for files above 4 GB <https://tech.ebu.ch/docs/tech/tech3306.pdf>.

use std::io::{self, Read};

use super::pcm::{Encoding, RawFormat};

/// What the header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct WavHeader {
    pub(super) format: RawFormat,
    /// The bytes of the samples. `None` if they last until the end of the input.
    pub(super) data_bytes: Option<u64>,
}

/// Why it can't be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum WavError {
    #[error("it ends within its header")]
    Truncated,
    #[error("its samples come before their format")]
    NoFormat,
    #[error("its encoding number {tag} with {bits} bits is not supported")]
    Encoding { tag: u16, bits: u32 },
    #[error("its header says that it has no channels")]
    NoChannels,
    #[error("{0}")]
    Read(io::Error),
}

/// Whether a file that begins with `head` is a WAV file.
pub(super) fn is_wav(head: &[u8]) -> bool {
    let has_id = head.starts_with(b"RIFF") || head.starts_with(b"RF64");
    has_id && head.get(8..12) == Some(b"WAVE")
}

/// Reads the header, up to the first sample. `file_bytes` is the size of the file, if it is one.
pub(super) fn read_header(
    reader: &mut impl Read,
    file_bytes: Option<u64>,
) -> Result<WavHeader, WavError> {
    read_array::<12>(reader)?;
    let mut position = 12_u64;
    let mut format = None;
    let mut long_data_bytes = None;
    loop {
        let [a, b, c, d, size @ ..] = read_array::<8>(reader)?;
        let size = u64::from(u32::from_le_bytes(size));
        position += 8;
        if [a, b, c, d] == *b"data" {
            let bytes = long_data_bytes.unwrap_or(size);
            let is_known = match file_bytes {
                Some(file_bytes) => {
                    let rest = file_bytes.saturating_sub(position);
                    bytes > 0 && (bytes < STREAM_BYTES || bytes <= rest)
                }
                None => {
                    let is_long = long_data_bytes.is_some_and(|it| it != u64::MAX);
                    bytes > 0 && (bytes < STREAM_BYTES || is_long)
                }
            };
            return Ok(WavHeader {
                format: format.ok_or(WavError::NoFormat)?,
                data_bytes: is_known.then_some(bytes),
            });
        }
        // Chunks begin at even places.
        let padded = size + size % 2;
        let mut chunk = reader.take(padded);
        match &[a, b, c, d] {
            b"fmt " => format = Some(read_format(&mut chunk)?),
            b"ds64" => {
                let [.., a, b, c, d, e, f, g, h] = read_array::<16>(&mut chunk)?;
                long_data_bytes = Some(u64::from_le_bytes([a, b, c, d, e, f, g, h]));
            }
            _ => {}
        }
        io::copy(&mut chunk, &mut io::sink()).map_err(WavError::Read)?;
        if chunk.limit() > 0 {
            return Err(WavError::Truncated);
        }
        position += padded;
    }
}

/// Reads the chunk `fmt `.
fn read_format(chunk: &mut impl Read) -> Result<RawFormat, WavError> {
    let fixed = read_array::<16>(chunk)?;
    let u16_at = |at: usize| u16::from_le_bytes([fixed[at], fixed[at + 1]]);
    let mut tag = u16_at(0);
    let channels = u16_at(2);
    let rate_hz = u32::from_le_bytes([fixed[4], fixed[5], fixed[6], fixed[7]]);
    let frame_bytes = u16_at(12);
    if channels == 0 {
        return Err(WavError::NoChannels);
    }
    if tag == EXTENSIBLE {
        let extension = read_array::<10>(chunk)?;
        tag = u16::from_le_bytes([extension[8], extension[9]]);
    }
    // The bits of the container: 20 bits in 3 bytes are as loud as 24 bits.
    let bits = u32::from(frame_bytes / channels) * 8;
    let encoding = match (tag, bits) {
        (1, 8) => Encoding::U8,
        (1, 16) => Encoding::S16Le,
        (1, 24) => Encoding::S24Le,
        (1, 32) => Encoding::S32Le,
        (3, 32) => Encoding::F32Le,
        (3, 64) => Encoding::F64Le,
        (6, 8) => Encoding::ALaw,
        (7, 8) => Encoding::MuLaw,
        _ => return Err(WavError::Encoding { tag, bits }),
    };
    Ok(RawFormat {
        rate_hz,
        channels,
        encoding,
    })
}

fn read_array<const N: usize>(reader: &mut impl Read) -> Result<[u8; N], WavError> {
    let mut bytes = [0; N];
    reader
        .read_exact(&mut bytes)
        .map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => WavError::Truncated,
            _ => WavError::Read(error),
        })?;
    Ok(bytes)
}

/// The format's number is in the extension of the chunk.
const EXTENSIBLE: u16 = 0xFFFE;
/// From this size on, a size is taken for "unknown" unless the file is that long. Programs that
/// write to a pipe put there: ffmpeg 0xFFFFFFFF, sox 0x7FFFF000 and arecord about 0x7FFFFFFF.
const STREAM_BYTES: u64 = 0x7FFF_0000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_header_gives_format_and_size() {
        let bytes = header(&[format_chunk(1, 2, 44_100, 16)], 400);
        let read = read_header(&mut &bytes[..], None).unwrap();
        let format = RawFormat {
            rate_hz: 44_100,
            channels: 2,
            encoding: Encoding::S16Le,
        };
        assert_eq!(
            read,
            WavHeader {
                format,
                data_bytes: Some(400)
            }
        );
    }

    #[test]
    fn each_encoding_is_known() {
        for (tag, bits, encoding) in [
            (1, 8, Encoding::U8),
            (1, 24, Encoding::S24Le),
            (1, 32, Encoding::S32Le),
            (3, 32, Encoding::F32Le),
            (3, 64, Encoding::F64Le),
            (6, 8, Encoding::ALaw),
            (7, 8, Encoding::MuLaw),
        ] {
            let bytes = header(&[format_chunk(tag, 1, 16_000, bits)], 8);
            let read = read_header(&mut &bytes[..], None).unwrap();
            assert_eq!(read.format.encoding, encoding);
        }
    }

    #[test]
    fn other_chunks_are_skipped_with_their_padding() {
        let list = chunk(b"LIST", &[1, 2, 3]);
        let bytes = header(&[list.clone(), format_chunk(1, 1, 8_000, 16), list], 2);
        assert_eq!(
            read_header(&mut &bytes[..], None).unwrap().data_bytes,
            Some(2)
        );
    }

    #[test]
    fn sizes_that_programs_write_into_pipes_mean_until_the_end() {
        for size in [0, 0xFFFF_FFFF, 0x7FFF_F000, 0x7FFF_FFDB, 0x8000_0000] {
            let bytes = header(&[format_chunk(1, 1, 16_000, 16)], size);
            let read = read_header(&mut &bytes[..], None).unwrap();
            assert_eq!(read.data_bytes, None, "{size:#x}");
        }
    }

    #[test]
    fn a_long_file_has_its_size() {
        let bytes = header(&[format_chunk(1, 1, 16_000, 16)], 0x9000_0000);
        let read = read_header(&mut &bytes[..], Some(0x9000_1000)).unwrap();
        assert_eq!(read.data_bytes, Some(0x9000_0000));
    }

    #[test]
    fn the_size_of_a_file_above_4_gb_is_in_a_chunk_of_its_own() {
        let bytes = long_header(5_000_000_000);
        let read = read_header(&mut &bytes[..], None).unwrap();
        assert_eq!(read.data_bytes, Some(5_000_000_000));
    }

    #[test]
    fn the_greatest_size_of_all_means_until_the_end() {
        let bytes = long_header(u64::MAX);
        for file_bytes in [None, Some(100), Some(u64::MAX)] {
            let read = read_header(&mut &bytes[..], file_bytes).unwrap();
            assert_eq!(read.data_bytes, None, "{file_bytes:?}");
        }
    }

    #[test]
    fn a_frame_of_any_size_is_an_encoding_or_an_error() {
        let mut chunk = format_chunk(1, 1, 16_000, 16);
        // The bytes of a frame.
        chunk[20..22].copy_from_slice(&u16::MAX.to_le_bytes());
        let bytes = header(&[chunk], 2);
        let error = read_header(&mut &bytes[..], None).unwrap_err();
        assert_eq!(
            error.to_string(),
            "its encoding number 1 with 524280 bits is not supported"
        );
    }

    #[test]
    fn a_header_that_makes_no_sense_is_an_error() {
        let no_format = header(&[], 2);
        let no_channels = header(&[format_chunk(1, 0, 16_000, 16)], 2);
        let adpcm = header(&[format_chunk(2, 1, 16_000, 8)], 2);
        for (bytes, error) in [
            (&no_format[..], "its samples come before their format"),
            (&no_channels[..], "its header says that it has no channels"),
            (
                &adpcm[..],
                "its encoding number 2 with 8 bits is not supported",
            ),
            (&no_format[..15], "it ends within its header"),
            (&no_channels[..25], "it ends within its header"),
        ] {
            let result = read_header(&mut &bytes[..], None);
            assert_eq!(result.unwrap_err().to_string(), error);
        }
    }

    fn header(chunks: &[Vec<u8>], data_bytes: u32) -> Vec<u8> {
        let mut bytes = b"RIFF\0\0\0\0WAVE".to_vec();
        bytes.extend(chunks.concat());
        bytes.extend(b"data");
        bytes.extend(data_bytes.to_le_bytes());
        bytes
    }

    /// A header with a chunk for the sizes of files above 4 GB.
    fn long_header(data_bytes: u64) -> Vec<u8> {
        let mut sizes = vec![0; 28];
        sizes[8..16].copy_from_slice(&data_bytes.to_le_bytes());
        let chunks = [chunk(b"ds64", &sizes), format_chunk(1, 1, 16_000, 16)];
        header(&chunks, u32::MAX)
    }

    fn format_chunk(tag: u16, channels: u16, rate_hz: u32, bits: u16) -> Vec<u8> {
        let frame_bytes = channels * bits / 8;
        let mut body = [tag, channels].map(u16::to_le_bytes).concat();
        body.extend(rate_hz.to_le_bytes());
        body.extend((rate_hz * u32::from(frame_bytes)).to_le_bytes());
        body.extend([frame_bytes, bits].map(u16::to_le_bytes).concat());
        chunk(b"fmt ", &body)
    }

    fn chunk(id: &[u8; 4], body: &[u8]) -> Vec<u8> {
        let mut bytes = id.to_vec();
        bytes.extend(u32::try_from(body.len()).unwrap().to_le_bytes());
        bytes.extend(body);
        bytes.extend(vec![0; body.len() % 2]);
        bytes
    }
}
