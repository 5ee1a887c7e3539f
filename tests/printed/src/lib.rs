//! What the programs of the tests print, kept to be searched for secrets.
//!
//! `cargo xtask test` names a folder in [`FOLDER`]. Whatever a program that a test starts prints goes
//! into a file there, and so do the answers that it gives; when all tests are over, [`search()`] looks
//! through the folder. All secrets of the tests are those of [`secrets`], or look like one of them.
//!
//! Without the variable the files are temporary, and serve the tests that read them.

mod answers;
mod search;
pub mod secrets;

use std::{
    env,
    fs::{self, File, OpenOptions},
    io::{self, Read, Write},
    path::{Path, PathBuf},
    process,
    sync::atomic::{AtomicU32, Ordering},
};

pub use self::{
    answers::keep_answer,
    search::{Report, SearchError, search},
};

/// What prints, or is printed.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Place {
    /// The program `inturn`.
    Server,
    /// The program `inturn-emulator`.
    Emulator,
    /// The log of a server or an emulator that runs in a test's own process.
    Log,
    /// The console of a page and of its worker.
    Console,
    /// What a server answers; tokens and cookies to whom they are due are left out.
    Answers,
    /// What a server counts.
    Metrics,
    /// Somebody's reverse proxy.
    Proxy,
    /// Redis.
    Redis,
}

impl Place {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Server,
        Self::Emulator,
        Self::Log,
        Self::Console,
        Self::Answers,
        Self::Metrics,
        Self::Proxy,
        Self::Redis,
    ];

    /// What its files' names begin with.
    pub fn name(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Emulator => "emulator",
            Self::Log => "log",
            Self::Console => "console",
            Self::Answers => "answers",
            Self::Metrics => "metrics",
            Self::Proxy => "proxy",
            Self::Redis => "redis",
        }
    }

    /// What it surely says in the course of all tests: where this is not found, not everything was
    /// kept, and not finding a secret proves nothing.
    pub fn control(self) -> &'static str {
        match self {
            Self::Server => "path=\"/token\"",
            Self::Emulator => "stopping: sessions are ended",
            Self::Log => "a token was handed out",
            Self::Console => "inturn: session",
            Self::Answers => "\"websocket_url\"",
            Self::Metrics => "inturn_tokens_total{outcome=\"handed_out\"}",
            // Caddy's; nginx and HAProxy have nothing to say while all is well.
            Self::Proxy => "serving initial configuration",
            Self::Redis => "Ready to accept connections",
        }
    }
}

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

    /// As [`Self::by`], where it is of use to nobody but [`search()`]: nothing without a folder.
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

/// An output that is read as it was, with a copy kept of what is read, if anything is kept.
///
/// # Panics
///
/// When the folder can't be written to.
pub fn copied<R: Read>(output: R, place: Place) -> impl Read + use<R> {
    Copied {
        output,
        file: Printed::kept_by(place).map(|(_, file)| file),
    }
}

struct Copied<R> {
    output: R,
    file: Option<File>,
}

impl<R: Read> Read for Copied<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.output.read(buffer)?;
        if let Some(file) = &mut self.file {
            file.write_all(&buffer[..count])?;
        }
        Ok(count)
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
        let name = format!("{}-{}-{number}.inturn-printed", place.name(), process::id());
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
