//! A file to which lines are added.

use std::{
    fs::{self, File},
    io::{self, ErrorKind, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use super::whole_file::check_writable;

/// A file to which lines are added. An existing file is emptied by the first one.
#[derive(Debug)]
pub(super) struct LinesFile {
    path: PathBuf,
    file: Option<File>,
    /// Length of the complete lines, in bytes.
    length: u64,
}

impl LinesFile {
    /// Checks that `path` can be written.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        match fs::metadata(path) {
            Ok(metadata) => check_writable(path, &metadata.permissions())?,
            // Nothing is lost with an empty file.
            Err(error) if error.kind() == ErrorKind::NotFound => drop(File::create(path)?),
            Err(error) => return Err(error),
        }
        Ok(Self {
            path: path.to_owned(),
            file: None,
            length: 0,
        })
    }

    /// Adds complete lines, in one piece.
    pub(super) fn append(&mut self, lines: &str) -> io::Result<()> {
        let file = match &mut self.file {
            Some(file) => file,
            None => {
                // Not `append`: with it, Windows refuses to shorten the file.
                let mut options = File::options();
                let file = options.write(true).create(true).truncate(true);
                self.file.insert(file.open(&self.path)?)
            }
        };
        let result = file.write_all(lines.as_bytes());
        if result.is_ok() {
            self.length += lines.len() as u64;
        } else {
            // On a full disk, a part of a line may have been written. The first error is the one
            // to report.
            let _ = file.set_len(self.length);
            let _ = file.seek(SeekFrom::Start(self.length));
        }
        result
    }

    /// Waits until all lines are on the disk.
    pub(super) fn sync(&self) -> io::Result<()> {
        self.file.as_ref().map_or(Ok(()), File::sync_all)
    }
}
