//! The versions of a file with a whole document, and when they are written.

use std::{
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use inturn_client_core::Moment;
use inturn_transcript::Document;

use super::{error::OutputError, format::Format, whole_file::WholeFile};

/// The versions of a file with a whole document.
#[derive(Debug)]
pub(super) struct Versions {
    path: PathBuf,
    file: WholeFile,
    written_at: Option<Moment>,
    /// Length of the last version, in bytes.
    last_bytes: usize,
    /// When the next version must be written; `None` if the file is up to date.
    due: Option<Moment>,
    has_failed: bool,
}

impl Versions {
    /// Checks that `path` can be written.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        Ok(Self {
            path: path.to_owned(),
            file: WholeFile::open(path)?,
            written_at: None,
            last_bytes: 0,
            due: None,
            has_failed: false,
        })
    }

    /// When the next version must be written; `None` if the file is up to date.
    pub(super) fn due(&self) -> Option<Moment> {
        self.due
    }

    /// Requests a version that contains what has changed at `now`, `delay` after the last version.
    /// After a long version it is later.
    pub(super) fn request(&mut self, now: Moment, delay: Duration) {
        let due = self
            .written_at
            .map_or(now, |it| now.max(it + delay.max(interval(self.last_bytes))));
        self.due = Some(self.due.map_or(due, |it| it.min(due)));
    }

    pub(super) fn write_if_due(
        &mut self,
        format: Format,
        document: &Document,
        now: Moment,
    ) -> Result<(), OutputError> {
        if document.is_empty() || self.due.is_none_or(|it| it > now) {
            return Ok(());
        }
        self.due = None;
        self.written_at = Some(now);
        let had_failed = self.has_failed;
        let result = self.replace(format, document, false);
        self.has_failed = result.is_err();
        if had_failed { Ok(()) } else { result }
    }

    /// Writes the last version, and waits until it is on the disk.
    pub(super) fn finish(
        &mut self,
        format: Format,
        document: &Document,
    ) -> Result<(), OutputError> {
        self.replace(format, document, true)
    }

    fn replace(
        &mut self,
        format: Format,
        document: &Document,
        is_last: bool,
    ) -> Result<(), OutputError> {
        let content = format.render(document).unwrap_or_default();
        self.last_bytes = content.len();
        let result = self.file.replace(&content, is_last);
        result.map_err(|error| OutputError::file(&self.path, &error))
    }
}

/// Returns the shortest time between two versions of so many bytes.
///
/// Each version contains all before it. This keeps what is written below [`BYTES_PER_SEC`] on
/// average, however long the document is.
fn interval(bytes: usize) -> Duration {
    let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
    let millis = bytes.saturating_mul(1_000) / BYTES_PER_SEC;
    Duration::from_millis(millis).min(LONGEST_INTERVAL)
}

/// The shortest time between two versions of a file if a turn became final: shorter than any turn.
pub const FINALS_INTERVAL: Duration = Duration::from_millis(200);

/// The shortest time between two versions of a file otherwise: a reader sees the words of an open
/// turn, and a long transcript is not written several times a second.
pub const CHANGES_INTERVAL: Duration = Duration::from_secs(1);

/// An hour of speech is some 60 kB of text, or about 1 MB of JSON with words: its versions follow
/// each other after a fifth of a second, or after two seconds.
const BYTES_PER_SEC: u64 = 500_000;

/// As much of the words may be missing in the file after a power failure.
const LONGEST_INTERVAL: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_document_is_written_less_often() {
        assert_eq!(interval(0), Duration::ZERO);
        assert!(interval(60_000) < FINALS_INTERVAL);
        assert_eq!(interval(1_500_000), Duration::from_secs(3));
        assert_eq!(interval(usize::MAX), LONGEST_INTERVAL);
    }
}
