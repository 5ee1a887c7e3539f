//! Files that hold the output of programs.

use std::{
    env,
    fs::{self, File, OpenOptions},
    io,
    path::{Path, PathBuf},
    process,
    sync::atomic::{AtomicU32, Ordering},
};

use crate::output_source::OutputSource;

/// A file with the output of one program.
///
/// Without [`LOG_DIR_VARIABLE`] it is a temporary file, which dropping this value deletes.
#[derive(Debug)]
pub struct OutputFile {
    path: PathBuf,
    is_kept: bool,
}

impl OutputFile {
    /// Creates an empty file, opened for appending.
    ///
    /// # Panics
    ///
    /// Panics if the folder can't be written to.
    pub fn create(source: OutputSource) -> (Self, File) {
        let folder = log_dir();
        let is_kept = folder.is_some();
        let folder = folder.unwrap_or_else(env::temp_dir);
        let (path, file) = create_in(&folder, source)
            .unwrap_or_else(|error| panic!("{} can't be written to: {error}", folder.display()));
        (Self { path, is_kept }, file)
    }

    /// Creates a file if [`LOG_DIR_VARIABLE`] is set.
    ///
    /// For output that only [`search()`](crate::search()) reads.
    ///
    /// # Panics
    ///
    /// Panics if the folder can't be written to.
    pub fn create_if_kept(source: OutputSource) -> Option<(Self, File)> {
        log_dir().map(|_| Self::create(source))
    }

    /// Path of the file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns everything written so far.
    ///
    /// # Panics
    ///
    /// Panics if the file can't be read.
    pub fn text(&self) -> String {
        let bytes =
            fs::read(&self.path).unwrap_or_else(|error| panic!("{}: {error}", self.path.display()));
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl Drop for OutputFile {
    fn drop(&mut self) {
        if !self.is_kept {
            // A temporary file that can't be deleted does no harm.
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn log_dir() -> Option<PathBuf> {
    env::var_os(LOG_DIR_VARIABLE)
        .filter(|folder| !folder.is_empty())
        .map(PathBuf::from)
}

fn create_in(folder: &Path, source: OutputSource) -> io::Result<(PathBuf, File)> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    fs::create_dir_all(folder)?;
    loop {
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("{}-{}-{number}.txt", source.file_prefix(), process::id());
        let path = folder.join(name);
        match OpenOptions::new().append(true).create_new(true).open(&path) {
            // Left by an earlier process with the same id, which was killed.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            result => return result.map(|file| (path, file)),
        }
    }
}

/// Name of the environment variable with the folder for output files.
pub const LOG_DIR_VARIABLE: &str = "INTURN_TEST_LOG_DIR";
