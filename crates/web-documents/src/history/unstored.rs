//! Changes that are to be stored.

use std::cell::RefCell;

use inturn_page_core::edits::NOT_STORED;
use inturn_stored::{Record, StorageFailure, file_name};
use inturn_transcript::{Change, RecordingInfo};
use inturn_web_browser::{BrowserError, ok_or_warn, spawn};

use super::{files::Files, list};
use crate::edits::{self, note};

thread_local! {
    /// Those that wait, and the one that is being stored.
    static UNSTORED: RefCell<Vec<(String, Record)>> = const { RefCell::new(Vec::new()) };
}

/// Stores a person's change of a recording that no recorder has open. The changes are stored in
/// their order: of two corrections of a line, the later one counts.
pub(crate) fn store(info: RecordingInfo, change: Change) {
    edits::count_unstored(1);
    let waiting = UNSTORED.with_borrow_mut(|unstored| {
        unstored.push((file_name(info), Record::Changed(change)));
        unstored.len()
    });
    if waiting > 1 {
        return;
    }
    spawn(async {
        while let Some((name, record)) = UNSTORED.with_borrow(|it| it.first().cloned()) {
            if let Err(error) = add(&name, record).await
                && !is_without_file(&error)
            {
                note(NOT_STORED);
                ok_or_warn::<(), _>("an edit was not stored", Err(error));
            } else {
                edits::count_unstored(-1);
            }
            UNSTORED.with_borrow_mut(|unstored| unstored.remove(0));
        }
    });
}

/// Adds a record to a file that no recorder has open.
pub(super) async fn add(name: &str, record: Record) -> Result<(), BrowserError> {
    let files = Files::open().await?;
    list::add(&files, name, record).await
}

/// Whether the recording has no file: the server forbids to store it, the browser can't, which the
/// page has said when it began, or the person has deleted it.
fn is_without_file(error: &BrowserError) -> bool {
    let name = error.name();
    let failure = StorageFailure::from_exception(&name);
    // The folder is missing, or the file.
    name.is_empty() || name == "NotFoundError" || failure == StorageFailure::Unavailable
}
