//! Keeping a transcript that was opened from a file: it becomes one of the past transcripts.

use inturn_stored::{
    StorageFailure, completed, file_name,
    history::{KEPT, KEPT_BEFORE, NOT_OURS, TOO_OLD, not_kept},
    recordings_of,
};
use inturn_transcript::Document;
use inturn_web_browser::{BrowserError, ok_or_warn};
use js_sys::{Array, Date};
use wasm_bindgen::prelude::*;

use super::{files::Files, retention};

/// The files for the recordings of a document.
#[derive(Default)]
pub(super) struct NewFiles {
    /// For each its name, and a function that returns its new content for the old one. It can be
    /// called once.
    files: Array,
    /// The name of the last one.
    last: String,
}

impl NewFiles {
    /// Returns the files, or the sentence why they can't be kept.
    pub(super) fn of(words: &Document) -> Result<Self, &'static str> {
        let retention = retention::load();
        let mut new = Self::default();
        for (info, recording) in recordings_of(words).ok_or(NOT_OURS)? {
            if retention.is_over(info, Date::now() as u64) {
                return Err(TOO_OLD);
            }
            new.last = file_name(info);
            let complete = move |old: Vec<u8>| completed(&old, info, &recording);
            let complete = Closure::once_into_js(complete);
            new.files
                .push(&Array::of2(&new.last.as_str().into(), &complete));
        }
        Ok(new)
    }

    /// Stores those that are not there, or lack something. Returns the sentence for the person
    /// and the name of the last file; only a sentence if that was not possible.
    pub(super) async fn store(self) -> Result<(&'static str, String), &'static str> {
        match store(&self.files).await {
            Ok(true) => Ok((KEPT, self.last)),
            Ok(false) => Ok((KEPT_BEFORE, self.last)),
            Err(error) => {
                let sentence = not_kept(StorageFailure::from_exception(&error.name()));
                ok_or_warn::<(), _>("a file was not kept", Err(error));
                Err(sentence)
            }
        }
    }
}

async fn store(files: &Array) -> Result<bool, BrowserError> {
    Files::open().await?.keep(files).await
}
