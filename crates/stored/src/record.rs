//! The records of a file.

use inturn_page_core::{Kind, messages};
use inturn_transcript::{Change, RecordingInfo};
use serde::Serialize;

use crate::frame;

/// A record: one change of a recording.
#[derive(Clone, Debug, PartialEq)]
pub enum Record {
    /// The recording began.
    Began(RecordingInfo),
    /// The transcript changed.
    Changed(Change),
    /// A turn changed that had not ended.
    Draft(Change),
    /// The recording ended, and was not interrupted. It has the length in milliseconds, if that is
    /// known: not in version 1, and not if a person has settled an interrupted recording.
    Ended(Option<u32>),
    /// A person has given it a title. An empty one removes the title.
    Titled(String),
}

impl Record {
    /// Appends the record to the bytes of a file.
    pub fn append(&self, file: &mut Vec<u8>) {
        let record = match self {
            Self::Began(info) => encode(Kind::Began, info),
            Self::Changed(change) => encode(Kind::Changed, change),
            Self::Draft(change) => encode(Kind::Draft, change),
            Self::Ended(length_ms) => encode(Kind::Ended, length_ms),
            Self::Titled(title) => encode(Kind::Titled, title),
        };
        frame::append(file, &record);
    }

    /// Decodes a record of any version so far. Returns `None` if its kind is unknown.
    pub(crate) fn decode(record: &[u8]) -> Option<Self> {
        let (kind, body) = record.split_first()?;
        match Kind::from_byte(*kind)? {
            Kind::Began => messages::decode(body).map(Self::Began),
            Kind::Changed => messages::decode(body).map(Self::Changed),
            Kind::Draft => messages::decode(body).map(Self::Draft),
            // In version 1 it has no content, or a zero, which is `None` too.
            Kind::Ended => Some(Self::Ended(messages::decode(body).unwrap_or_default())),
            Kind::Titled => messages::decode(body).map(Self::Titled),
        }
    }
}

fn encode<T: Serialize>(kind: Kind, body: &T) -> Vec<u8> {
    let mut record = vec![kind as u8];
    // Encoding can't fail for these types.
    record.extend(messages::encode(body).unwrap_or_default());
    record
}
