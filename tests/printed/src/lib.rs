//! What the programs of the tests print, kept to be searched for secrets.
//!
//! `cargo xtask test` names a folder in [`FOLDER`]. Whatever a program that a test starts prints goes
//! into a file there, and so do the answers that it gives; when all tests are over, [`search()`] looks
//! through the folder. All secrets of the tests are those of [`secrets`], or look like one of them.
//!
//! Without the variable the files are temporary, and serve the tests that read them.

mod answers;
mod file;
mod place;
mod search;
pub mod secrets;

use std::{
    fs::File,
    io::{self, Read, Write},
};

pub use self::{
    answers::keep_answer,
    file::{FOLDER, Printed},
    place::Place,
    search::{Report, SearchError, search},
};

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
