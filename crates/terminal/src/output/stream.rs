//! Outputs that are no files: standard output, pipes and devices.

use std::{
    fmt,
    fs::File,
    io::{self, Write},
    path::{Path, PathBuf},
};

use super::error::OutputError;

/// A stream of text. After an error it ignores what follows.
pub(super) struct Stream {
    writer: Writer,
    has_failed: bool,
}

enum Writer {
    Stdout(Box<dyn Write + Send>),
    /// Opened for the first text, because opening a named pipe waits for its reader.
    Special(PathBuf, Option<File>),
}

impl Stream {
    pub(super) fn stdout(stdout: Box<dyn Write + Send>) -> Self {
        Self::new(Writer::Stdout(stdout))
    }

    pub(super) fn special(path: &Path) -> Self {
        Self::new(Writer::Special(path.to_owned(), None))
    }

    fn new(writer: Writer) -> Self {
        Self {
            writer,
            has_failed: false,
        }
    }

    /// Writes and flushes a text.
    pub(super) fn write(&mut self, text: &str) -> Result<(), OutputError> {
        if text.is_empty() || self.has_failed {
            return Ok(());
        }
        let result = match &mut self.writer {
            Writer::Stdout(stdout) => {
                let result = stdout.write_all(text.as_bytes());
                let result = result.and_then(|()| stdout.flush());
                result.map_err(|error| OutputError::stdout(&error))
            }
            Writer::Special(path, file) => {
                let result = write_special(path, file, text);
                result.map_err(|error| OutputError::file(path, &error))
            }
        };
        self.has_failed = result.is_err();
        result
    }
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Stream");
        if let Writer::Special(path, _) = &self.writer {
            debug.field("path", path);
        }
        debug.field("has_failed", &self.has_failed).finish()
    }
}

fn write_special(path: &Path, file: &mut Option<File>, text: &str) -> io::Result<()> {
    let open = match file {
        Some(open) => open,
        None => file.insert(File::options().append(true).open(path)?),
    };
    open.write_all(text.as_bytes())
}
