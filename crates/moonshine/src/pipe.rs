//! The messages: audio in one direction, one line of JSON for each in the other.
//!
//! The process writes [`Reply::Ready`] once it can recognise, or [`Reply::Failed`]. Then it answers
//! each piece of audio, in order. A piece is its number of samples (u32), then the samples (i16),
//! all little-endian.

use std::io::{self, BufRead, ErrorKind, Read, Write};

use serde::{Deserialize, Serialize};

use crate::SAMPLE_RATE_HZ;

/// Longest piece of audio: 30 s. The library needs far too much time for more, and misses words.
pub const MAX_SAMPLES: usize = 30 * SAMPLE_RATE_HZ as usize;

/// A message of the process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reply {
    /// The model is loaded. The first message.
    Ready,
    /// The words of a piece of audio, in order of time.
    Lines(Vec<Line>),
    /// The reason why the model can't be loaded, or why a piece can't be recognised.
    Failed(String),
}

/// Words that the library recognised in a stretch of speech.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// The words with punctuation, separated by spaces.
    pub text: String,
    /// Start of the speech, in milliseconds from the start of the piece.
    pub start_ms: u32,
    /// End of the speech.
    pub end_ms: u32,
}

/// Writes a piece of audio at [`SAMPLE_RATE_HZ`].
///
/// # Errors
///
/// If it is longer than [`MAX_SAMPLES`], or the process has ended.
pub fn write_audio(to: &mut impl Write, samples: &[i16]) -> io::Result<()> {
    let count = checked(samples.len())?;
    let mut bytes = Vec::with_capacity(4 + 2 * samples.len());
    bytes.extend(count.to_le_bytes());
    bytes.extend(samples.iter().flat_map(|sample| sample.to_le_bytes()));
    to.write_all(&bytes)?;
    to.flush()
}

/// Reads a piece of audio. Returns `None` at the end of the input.
///
/// # Errors
///
/// If it is longer than [`MAX_SAMPLES`], or the input can't be read or ends within a piece.
pub fn read_audio(from: &mut impl Read) -> io::Result<Option<Vec<i16>>> {
    let mut head = [0; 4];
    if let Err(error) = from.read_exact(&mut head) {
        let has_ended = error.kind() == ErrorKind::UnexpectedEof;
        return if has_ended { Ok(None) } else { Err(error) };
    }
    let count = u32::from_le_bytes(head) as usize;
    checked(count)?;
    let mut bytes = vec![0; 2 * count];
    from.read_exact(&mut bytes)?;
    let (pairs, _) = bytes.as_chunks::<2>();
    let samples = pairs.iter().map(|pair| i16::from_le_bytes(*pair));
    Ok(Some(samples.collect()))
}

/// Writes a message of the process.
///
/// # Errors
///
/// If the program that started the process has ended.
pub fn write_reply(to: &mut impl Write, reply: &Reply) -> io::Result<()> {
    let mut line = serde_json::to_vec(reply)?;
    line.push(b'\n');
    to.write_all(&line)?;
    to.flush()
}

/// Reads a message of the process.
///
/// # Errors
///
/// If the process has ended, or writes anything else.
pub fn read_reply(from: &mut impl BufRead) -> io::Result<Reply> {
    let mut line = String::new();
    if from.read_line(&mut line)? == 0 {
        return Err(ErrorKind::UnexpectedEof.into());
    }
    Ok(serde_json::from_str(&line)?)
}

fn checked(samples: usize) -> io::Result<u32> {
    if samples > MAX_SAMPLES {
        return Err(io::Error::new(
            ErrorKind::InvalidInput,
            format!("a piece of {samples} samples is longer than {MAX_SAMPLES}"),
        ));
    }
    Ok(samples as u32)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn pieces_arrive_as_they_were_sent(
            pieces in prop::collection::vec(prop::collection::vec(any::<i16>(), 0..200), 0..5),
        ) {
            let mut bytes = Vec::new();
            for piece in &pieces {
                write_audio(&mut bytes, piece).expect("memory can be written");
            }
            let mut input = bytes.as_slice();
            for piece in &pieces {
                let read = read_audio(&mut input).expect("a piece");
                prop_assert_eq!(read.as_ref(), Some(piece));
            }
            prop_assert_eq!(read_audio(&mut input).expect("the end"), None);
        }
    }

    #[test]
    fn a_piece_that_is_cut_off_is_an_error() {
        let mut bytes = Vec::new();
        write_audio(&mut bytes, &[1, 2, 3]).expect("memory can be written");
        bytes.pop();
        let error = read_audio(&mut bytes.as_slice()).expect_err("a byte is missing");
        assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
    }

    #[test]
    fn a_piece_that_is_too_long_is_neither_written_nor_read() {
        let long = vec![0; MAX_SAMPLES + 1];
        assert!(write_audio(&mut Vec::new(), &long).is_err());
        let mut head = &(MAX_SAMPLES as u32 + 1).to_le_bytes()[..];
        assert!(read_audio(&mut head).is_err());
    }

    #[test]
    fn replies_are_lines_of_json() {
        let replies = [
            Reply::Ready,
            Reply::Lines(vec![Line {
                text: "Really?\nYes.".to_owned(),
                start_ms: 100,
                end_ms: 900,
            }]),
            Reply::Failed("no model".to_owned()),
        ];
        let mut bytes = Vec::new();
        for reply in &replies {
            write_reply(&mut bytes, reply).expect("memory can be written");
        }
        assert_eq!(bytes.iter().filter(|byte| **byte == b'\n').count(), 3);
        let mut input = bytes.as_slice();
        for reply in &replies {
            assert_eq!(&read_reply(&mut input).expect("a reply"), reply);
        }
        assert!(read_reply(&mut input).is_err(), "the process has ended");
    }
}
