//! What identifies a recording.

use serde::{Deserialize, Serialize};

/// A globally unique id of a recording. The shell draws it at random.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RecordingId(pub u128);

/// Id and start time of a recording. The shell provides them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordingInfo {
    /// The id.
    pub id: RecordingId,
    /// Start on the wall clock, in milliseconds since 1970-01-01 UTC.
    pub started_unix_ms: u64,
    /// Offset of the person's local time from UTC at the start, in minutes; 60 for UTC+1.
    pub utc_offset_min: i16,
}
