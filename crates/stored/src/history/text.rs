//! The words that the page shows in and about the list.

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
    "Opened from your file. This page does not store it: keep the file.";

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
