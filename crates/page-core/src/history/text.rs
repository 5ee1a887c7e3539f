//! The words of the list.

/// The heading of the list, and the label of its button.
pub const HISTORY: &str = "Past transcripts";

/// Under the heading.
pub const ON_THIS_DEVICE: &str = "They are stored on this device only.";

/// In place of the list.
pub const NOTHING_STORED: &str = "There are no past transcripts yet.";

/// Labels of buttons.
pub const OPEN: &str = "Open";
/// Goes back from a transcript to the list.
pub const BACK: &str = "Back to the list";
/// Exports a transcript.
pub const EXPORT: &str = "Export";
/// Gives a transcript a title.
pub const RENAME: &str = "Rename";
/// Deletes a transcript.
pub const DELETE: &str = "Delete";
/// Deletes all transcripts.
pub const DELETE_ALL: &str = "Delete all";
/// Hides the offer of a recovered transcript.
pub const LATER: &str = "Later";

/// The label of the field for a title.
pub const TITLE: &str = "Title";

/// The label of the field for a search.
pub const FIND: &str = "Find in this transcript";

/// The label of the choice of days.
pub const KEEP_FOR: &str = "Keep transcripts for";

/// Asks before a transcript is deleted. It can't be undone.
pub const SURE_TO_DELETE: &str = "Delete this transcript from this device? This can't be undone.";

/// Asks before all transcripts are deleted.
pub const SURE_TO_DELETE_ALL: &str =
    "Delete all past transcripts from this device? This can't be undone.";

/// A change was refused by the browser.
pub const NOT_CHANGED: &str =
    "This transcript could not be changed. If another tab is recording it, stop there first.";

/// A file that a later version has written.
pub const NEWER: &str = "A newer version of this page has stored this transcript. Reload the page.";

/// The periods after which transcripts are deleted, in days, with their labels. `None` keeps them.
pub const PERIODS: [(Option<u32>, &str); 5] = [
    (Some(1), "1 day"),
    (Some(7), "7 days"),
    (Some(30), "30 days"),
    (Some(90), "90 days"),
    (None, "until I delete them"),
];

/// Returns the result of a search.
pub fn found(count: usize) -> String {
    match count {
        0 => "Nothing found".to_owned(),
        1 => "1 place".to_owned(),
        _ => [&count.to_string(), " places"].concat(),
    }
}
