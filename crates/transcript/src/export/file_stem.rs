//! Names of files.

use super::{block::one_line, calendar::LocalTime};
use crate::{document::Document, recording::RecordingInfo};

/// Returns the name of a document's file, without an extension: the date and the time when its
/// first recording began, and its title. Any system accepts it as a name.
pub fn file_stem(document: &Document) -> String {
    let first = document.parts().first();
    stem(document, first.map(|part| part.info))
}

/// Returns the name of the file of one of a document's recordings, like [`file_stem`].
pub fn recording_file_stem(document: &Document, recording: RecordingInfo) -> String {
    stem(document, Some(recording))
}

fn stem(document: &Document, recording: Option<RecordingInfo>) -> String {
    let title = one_line(document.title());
    let title: String = title.chars().map(allowed).take(MAX_TITLE_CHARS).collect();
    let title = match title.trim_matches(['.', ' ']) {
        "" => "Transcript",
        title => title,
    };
    match recording {
        Some(info) => {
            let date = LocalTime::of(info, 0).date_and_time();
            let date: String = date.chars().map(allowed).collect();
            [&date, " ", title].concat()
        }
        None => title.to_owned(),
    }
}

/// Replaces characters that Windows does not allow in names.
/// <https://learn.microsoft.com/en-us/windows/win32/fileio/naming-a-file#naming-conventions>
fn allowed(letter: char) -> char {
    match letter {
        ':' => '.',
        '<' | '>' | '"' | '/' | '\\' | '|' | '?' | '*' => '-',
        _ => letter,
    }
}

/// Longest title in a name. With four bytes for each character, the name has less than the 255
/// bytes that most file systems allow.
const MAX_TITLE_CHARS: usize = 50;
