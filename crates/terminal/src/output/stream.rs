//! Outputs that are no files: standard output, pipes and devices.

use std::{
    fs::File,
    io::{self, Write},
    path::{Path, PathBuf},
};

use super::error::OutputError;
use crate::writer::Writer;

/// A stream of text, written in the background. After an error it ignores what follows.
#[derive(Debug)]
pub(super) struct Stream {
    writer: Writer,
    /// `None` for standard output.
    path: Option<PathBuf>,
}

impl Stream {
    pub(super) fn stdout(stdout: Box<dyn Write + Send>) -> Self {
        Self {
            writer: Writer::new(stdout),
            path: None,
        }
    }

    pub(super) fn special(path: &Path) -> Self {
        let special = Special {
            path: path.to_owned(),
            file: None,
        };
        Self {
            writer: Writer::new(special),
            path: Some(path.to_owned()),
        }
    }

    /// Writes and flushes a text, later. Returns an error of what was written before, once.
    pub(super) fn write(&self, text: String) -> Result<(), OutputError> {
        if !text.is_empty() {
            self.writer.write(text);
        }
        let error = self.writer.take_error();
        error.map_or(Ok(()), |error| Err(self.error(&error)))
    }

    /// Waits for an error, and takes it; for ever without one. Cancel-safe.
    pub(super) async fn failed(&self) -> OutputError {
        let error = self.writer.failed().await;
        self.error(&error)
    }

    /// Waits until all is written. Cancel-safe.
    pub(super) async fn written(&self) -> Result<(), OutputError> {
        let result = self.writer.flush().await;
        result.map_err(|error| self.error(&error))
    }

    fn error(&self, error: &io::Error) -> OutputError {
        match &self.path {
            None => OutputError::stdout(error),
            Some(path) => OutputError::file(path, error),
        }
    }
}

/// A pipe or a device with a name. It is opened for the first text, because opening a named pipe
/// waits for its reader.
struct Special {
    path: PathBuf,
    file: Option<File>,
}

impl Write for Special {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let file = match &mut self.file {
            Some(file) => file,
            None => {
                let file = File::options().append(true).open(&self.path)?;
                self.file.insert(file)
            }
        };
        file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
