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
    /// The recording ended, and was not interrupted.
    Ended,
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
            Self::Ended => encode(Kind::Ended, &()),
            Self::Titled(title) => encode(Kind::Titled, title),
        };
        frame::append(file, &record);
    }

    /// Decodes a record of version 1. Returns `None` if its kind is unknown.
    pub(crate) fn decode(record: &[u8]) -> Option<Self> {
        let (kind, body) = record.split_first()?;
        match Kind::from_byte(*kind)? {
            Kind::Began => messages::decode(body).map(Self::Began),
            Kind::Changed => messages::decode(body).map(Self::Changed),
            Kind::Draft => messages::decode(body).map(Self::Draft),
            Kind::Ended => Some(Self::Ended),
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
