//! Errors of outputs.

use std::{
    io::{self, ErrorKind},
    path::Path,
};

/// Why an output can't be written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OutputError {
    /// What read our standard output is gone, which is the usual way to end a pipe. The program
    /// stops, without an error.
    #[error("standard output was closed")]
    BrokenPipe,
    /// The output can't be written. The message is one sentence that names the file.
    #[error("{0}")]
    Failed(String),
}

impl OutputError {
    pub(super) fn stdout(error: &io::Error) -> Self {
        match error.kind() {
            ErrorKind::BrokenPipe => Self::BrokenPipe,
            _ => Self::Failed(format!(
                "Standard output can't be written: {}.",
                reason(error)
            )),
        }
    }

    pub(super) fn file(path: &Path, error: &io::Error) -> Self {
        let path = path.display();
        Self::Failed(format!("{path} can't be written: {}.", reason(error)))
    }
}

fn reason(error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::NotFound => "its folder doesn't exist".to_owned(),
        ErrorKind::PermissionDenied => "permission is denied".to_owned(),
        ErrorKind::ReadOnlyFilesystem => "it is read-only".to_owned(),
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "the disk is full".to_owned(),
        ErrorKind::IsADirectory => "it is a folder".to_owned(),
        _ => error.to_string(),
    }
}
