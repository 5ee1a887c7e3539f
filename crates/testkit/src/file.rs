//! The files that hold what is printed.

use std::{
    env,
    fs::{self, File, OpenOptions},
    io,
    path::{Path, PathBuf},
    process,
    sync::atomic::{AtomicU32, Ordering},
};

use crate::place::Place;

/// A file that holds what one program prints. A temporary one ends with this value.
#[derive(Debug)]
pub struct Printed {
    path: PathBuf,
    is_kept: bool,
}

impl Printed {
    /// Makes an empty file, to be written to by its end.
    ///
    /// # Panics
    ///
    /// When the folder can't be written to.
    pub fn by(place: Place) -> (Self, File) {
        let folder = kept();
        let is_kept = folder.is_some();
        let folder = folder.unwrap_or_else(env::temp_dir);
        let (path, file) = create(&folder, place)
            .unwrap_or_else(|error| panic!("{} can't be written to: {error}", folder.display()));
        (Self { path, is_kept }, file)
    }

    /// As [`Self::by`], where it is of use to nobody but [`search()`](crate::search()): nothing without a folder.
    ///
    /// # Panics
    ///
    /// When the folder can't be written to.
    pub fn kept_by(place: Place) -> Option<(Self, File)> {
        kept().map(|_| Self::by(place))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// All that was printed so far.
    ///
    /// # Panics
    ///
    /// When somebody took the file away.
    pub fn text(&self) -> String {
        let bytes =
            fs::read(&self.path).unwrap_or_else(|error| panic!("{}: {error}", self.path.display()));
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl Drop for Printed {
    fn drop(&mut self) {
        if !self.is_kept {
            // Left behind, it would do no harm.
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn kept() -> Option<PathBuf> {
    env::var_os(FOLDER)
        .filter(|folder| !folder.is_empty())
        .map(PathBuf::from)
}

fn create(folder: &Path, place: Place) -> io::Result<(PathBuf, File)> {
    static MADE: AtomicU32 = AtomicU32::new(0);
    fs::create_dir_all(folder)?;
    loop {
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let name = format!("{}-{}-{number}.txt", place.name(), process::id());
        let path = folder.join(name);
        match OpenOptions::new().append(true).create_new(true).open(&path) {
            // Of an earlier process with this number, which was killed.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            made => return made.map(|file| (path, file)),
        }
    }
}

/// The variable that names the folder.
pub const FOLDER: &str = "INTURN_TEST_LOG_DIR";
