//! What is stored: finding, reading and changing it.

use inturn_stored::{
    Listed, Record, Retention, StoredRecording,
    history::{Hits, RowView},
    info_of_name,
};
use inturn_transcript::{Document, Query, RecordingInfo};
use inturn_web_browser::BrowserError;
use js_sys::Date;

use super::files::Files;

/// A stored recording that was read.
pub(crate) struct Stored {
    /// The name of its file.
    pub(crate) name: String,
    /// Its row in the list.
    pub(crate) listed: Listed,
    /// The transcript. The open turns of a recording that was interrupted are unfinished.
    pub(crate) document: Document,
}

/// Deletes what is older than the retention. Returns the latest recording that was interrupted, and
/// whether others were.
pub(crate) async fn tidy(
    files: &Files,
    retention: Retention,
) -> Result<(Option<Stored>, bool), BrowserError> {
    let mut interrupted: Option<Stored> = None;
    let mut has_others = false;
    for name in files.names().await? {
        let Some(info) = info_of_name(&name) else {
            continue;
        };
        // Old files need not be read.
        if retention.is_over(info, Date::now() as u64) {
            // Fails if another tab records it.
            let _ = files.delete(&name).await;
            continue;
        }
        if unless_deleted(files.has_ended(&name).await)? != Some(false) {
            continue;
        }
        let Some(stored) = unless_deleted(read(files, &name, info).await)?.flatten() else {
            continue;
        };
        if retention.has_expired(&stored.listed, Date::now() as u64) {
            let _ = files.delete(&name).await;
        } else if stored.listed.is_interrupted() {
            has_others |= interrupted.is_some();
            if interrupted.as_ref().is_none_or(|other| {
                other.listed.info.started_unix_ms < stored.listed.info.started_unix_ms
            }) {
                interrupted = Some(stored);
            }
        }
    }
    Ok((interrupted, has_others))
}

/// Reads all recordings that have words or audio, the latest first: those that the query finds, if
/// there is one. Returns them with the names of their files, or `None` once `is_wanted` returns
/// `false`.
pub(crate) async fn read_all(
    files: &Files,
    query: Option<&Query>,
    is_wanted: impl Fn() -> bool,
) -> Result<Option<Vec<(String, RowView)>>, BrowserError> {
    let mut list: Vec<Listed> = Vec::new();
    let mut rows = Vec::new();
    for name in files.names().await? {
        if let Some(info) = info_of_name(&name)
            && let Some(Stored {
                listed, document, ..
            }) = unless_deleted(read(files, &name, info).await)?.flatten()
            && !listed.has_nothing()
        {
            let mut row = RowView::new(&listed, Date::now() as u64);
            if let Some(query) = query {
                row.hits = Hits::find(query, &row.title, &document);
                if row.hits.is_none() {
                    continue;
                }
            }
            let at = listed.insert_into(&mut list);
            rows.insert(at, (name, row));
        }
        if !is_wanted() {
            return Ok(None);
        }
    }
    Ok(is_wanted().then_some(rows))
}

/// Returns `None` if the file is not there: another tab has deleted it since it was listed.
fn unless_deleted<T>(result: Result<T, BrowserError>) -> Result<Option<T>, BrowserError> {
    match result {
        Err(error) if error.name() == "NotFoundError" => Ok(None),
        it => it.map(Some),
    }
}

/// Reads a recording. Returns `None` if a later version of this page has written it.
pub(crate) async fn read(
    files: &Files,
    name: &str,
    info: RecordingInfo,
) -> Result<Option<Stored>, BrowserError> {
    let Ok(stored) = StoredRecording::read(&files.read(name).await?) else {
        return Ok(None);
    };
    let mut document = stored.document(info);
    let (is_locked, audio_bytes) = files.state(name).await?;
    let listed = Listed::new(info, &document, is_locked, audio_bytes);
    for change in document.interrupted() {
        document.apply(&change);
    }
    Ok(Some(Stored {
        name: name.to_owned(),
        listed,
        document,
    }))
}

/// Adds a record to a file that no recorder has open, and leaves out replaced drafts. Does nothing
/// if a later version of this page has written the file.
pub(crate) async fn add(files: &Files, name: &str, record: Record) -> Result<(), BrowserError> {
    let add = |content: Vec<u8>| {
        let mut stored = StoredRecording::read(&content).ok()?;
        stored.records.push(record);
        stored.compact();
        Some(stored.to_file())
    };
    files.change(name, add).await
}
