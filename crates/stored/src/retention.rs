//! The list of stored recordings, and how long they are kept.

use inturn_transcript::{Document, RecordingInfo};

/// A stored recording, as a list shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The recording.
    pub info: RecordingInfo,
    /// The person's title, or an empty text.
    pub title: String,
    /// Its length, in milliseconds.
    pub length_ms: u32,
    /// Whether it has a turn or a gap.
    pub is_empty: bool,
    /// What is known about its end.
    pub usage: Use,
    /// Length of the audio that was kept, in bytes; 0 if there is none.
    pub audio_bytes: u64,
}

/// What is known about the end of a stored recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// A tab records it now, or has its file open for another reason. Its file can't be changed.
    Recording,
    /// It was interrupted by a crash, by a reload, or by the end of the browser.
    Interrupted,
    /// It ended.
    Ended,
}

/// How long recordings are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// Days after the start of a recording. `None` keeps it until a person deletes it.
    pub days: Option<u32>,
}

impl Listed {
    /// Creates the entry of a recording. `is_locked` says whether a tab has the file open.
    pub fn new(
        info: RecordingInfo,
        document: &Document,
        is_locked: bool,
        audio_bytes: u64,
    ) -> Self {
        let part = document.part(info.id);
        let usage = match (is_locked, document.is_complete()) {
            (true, _) => Use::Recording,
            (false, false) => Use::Interrupted,
            (false, true) => Use::Ended,
        };
        Self {
            info,
            title: document.title().to_owned(),
            length_ms: part.map_or(0, |part| part.length_ms()),
            is_empty: document.is_empty(),
            usage,
            audio_bytes,
        }
    }

    /// Returns `true` if there is nothing to keep: neither turn, gap nor audio.
    pub fn has_nothing(&self) -> bool {
        self.is_empty && self.audio_bytes == 0
    }

    /// Returns `true` if it was interrupted, and no tab records it.
    pub fn is_interrupted(&self) -> bool {
        self.usage == Use::Interrupted
    }

    /// Adds the recording to a list, in which the latest is the first. Returns its index. The
    /// standard library's sorts would add 4 kB to the page.
    pub fn insert_into(self, list: &mut Vec<Self>) -> usize {
        let key = |it: &Self| (u64::MAX - it.info.started_unix_ms, it.info.id);
        let at = list.partition_point(|it| key(it) <= key(&self));
        list.insert(at, self);
        at
    }
}

impl Default for Retention {
    /// Returns 30 days. Transcripts are personal data, so they are not kept for ever by default; a
    /// month covers the work that follows a meeting, until the next one of a monthly series.
    fn default() -> Self {
        Self { days: Some(30) }
    }
}

impl Retention {
    /// Returns `true` if a recording is to be deleted now: because it is old, or because it has
    /// neither turn, gap nor audio. One that goes on is kept. So is one whose start is in the
    /// future, because a clock was wrong.
    pub fn has_expired(self, listed: &Listed, now_unix_ms: u64) -> bool {
        if listed.usage == Use::Recording {
            return false;
        }
        self.is_over(listed.info, now_unix_ms) || listed.has_nothing()
    }

    /// Returns `true` if a recording is older than it is kept.
    pub fn is_over(self, info: RecordingInfo, now_unix_ms: u64) -> bool {
        let age_ms = now_unix_ms.saturating_sub(info.started_unix_ms);
        self.days
            .is_some_and(|days| age_ms > u64::from(days) * DAY_MS)
    }
}

const DAY_MS: u64 = 24 * 60 * 60 * 1_000;
