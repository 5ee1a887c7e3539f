//! Keeping a transcript that was opened from a file: it becomes one of the past transcripts.

use inturn_stored::{
    StorageFailure, file_name,
    history::{KEPT, KEPT_BEFORE, NOT_OURS, TOO_OLD, not_kept},
    recordings_of,
};
use inturn_transcript::Document;
use inturn_web_browser::{BrowserError, ok_or_warn};
use js_sys::{Array, Date, Uint8Array};

use super::{files::Files, retention};

/// The files for the recordings of a document.
#[derive(Default)]
pub(super) struct NewFiles {
    /// For each its name and its content.
    files: Array,
    /// The name of the last one.
    pub(super) last: String,
}

impl NewFiles {
    /// Returns the files, or the sentence why they can't be kept.
    pub(super) fn of(words: &Document) -> Result<Self, &'static str> {
        let retention = retention::load();
        let mut new = Self::default();
        for (info, stored) in recordings_of(words).ok_or(NOT_OURS)? {
            if retention.is_over(info, Date::now() as u64) {
                return Err(TOO_OLD);
            }
            new.last = file_name(info);
            // Otherwise it would be a view of this module's memory, which is lost when that grows.
            let content = Uint8Array::from(stored.to_file().as_slice());
            new.files
                .push(&Array::of2(&new.last.as_str().into(), &content));
        }
        Ok(new)
    }

    /// Creates those that are not there. Returns the sentence for the person, as an error if that
    /// was not possible.
    pub(super) async fn create(&self) -> Result<&'static str, &'static str> {
        match create(&self.files).await {
            Ok(true) => Ok(KEPT),
            Ok(false) => Ok(KEPT_BEFORE),
            Err(error) => {
                let sentence = not_kept(StorageFailure::from_exception(&error.name()));
                ok_or_warn::<(), _>("a file was not kept", Err(error));
                Err(sentence)
            }
        }
    }
}

async fn create(files: &Array) -> Result<bool, BrowserError> {
    Files::open().await?.create(files).await
}
