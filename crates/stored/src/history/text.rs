//! The words that the page shows in and about the list.

use crate::failure::StorageFailure;

/// The question for a title.
pub const TITLE: &str = "Title of this transcript:";

/// Asks before a transcript is deleted.
pub const SURE_TO_DELETE: &str = "Delete this transcript from this device? This can't be undone.";

/// Asks before all transcripts are deleted.
pub const SURE_TO_DELETE_ALL: &str =
    "Delete all past transcripts from this device? This can't be undone.";

/// The browser has refused a change.
pub const NOT_CHANGED: &str =
    "This transcript could not be changed. If another tab is recording it, stop there first.";

/// The file is of a later version of this program.
pub const NEWER: &str = "A newer version of this page has stored this transcript. Reload the page.";

/// The page shows another transcript than the one to go on with.
pub const PAGE_IN_USE: &str =
    "This page has another transcript. Press New, then continue from Past transcripts.";

/// A file was opened.
pub const NOT_STORED_HERE: &str =
    "Opened from your file. Keep adds it to your past transcripts on this device.";

/// A file that was opened has been stored.
pub const KEPT: &str = "Kept on this device. It is in the list now.";

/// The same, and all of it was stored before. What is stored stays as it is.
pub const KEPT_BEFORE: &str = "This transcript is in the list already.";

/// The file would be deleted at the next visit.
pub const TOO_OLD: &str = "This transcript is older than you keep transcripts, so it would be \
     deleted soon. Choose a longer time in the list, then open the file again.";

/// Records can't hold what the file has.
pub const NOT_OURS: &str = "Another program has changed this file, so it can't be kept here. \
     You can still read it and download it in another format.";

/// Returns the sentence about a file that could not be stored.
pub fn not_kept(failure: StorageFailure) -> &'static str {
    match failure {
        StorageFailure::Full => {
            "Storage is full, so this transcript is not kept on this device. \
             Delete old transcripts, then open the file again."
        }
        StorageFailure::Unavailable | StorageFailure::Failed => {
            "This transcript could not be kept on this device. Your file has not changed."
        }
    }
}

/// The periods after which transcripts are deleted, in days, with their labels. `None` keeps them.
pub const PERIODS: [(Option<u32>, &str); 5] = [
    (Some(1), "1 day"),
    (Some(7), "7 days"),
    (Some(30), "30 days"),
    (Some(90), "90 days"),
    (None, "until I delete them"),
];

/// Returns the result of a search in all transcripts.
pub fn transcripts_found(count: usize) -> String {
    match count {
        0 => "Nothing found".to_owned(),
        1 => "1 transcript".to_owned(),
        _ => [&count.to_string(), " transcripts"].concat(),
    }
}

/// Returns the result of a search in a transcript.
pub fn found(count: usize) -> String {
    match count {
        0 => "Nothing found".to_owned(),
        1 => "1 place".to_owned(),
        _ => [&count.to_string(), " places"].concat(),
    }
}
