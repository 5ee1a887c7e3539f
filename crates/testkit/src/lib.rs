//! What tests of several crates share.
//!
//! - [`Program`] starts a program of this repository and waits until it listens; `ProcessGroup` starts one of somebody
//!   else, and ends it with all that it has started.
//! - [`free_port`] and its like find ports.
//! - [`FakeUpstream`] stands for the speech service's token endpoint. Where a whole service is needed, there is the
//!   emulator.
//! - [`Printed`] and [`keep_answer`] keep what programs print and answer, to be searched for secrets.
//!
//! `cargo xtask test` names a folder in [`FOLDER`]. Whatever a program that a test starts prints goes into a file there,
//! and so do the answers that it gives. When all tests are over, the program `inturn-search-printed` looks through the
//! folder by [`search()`]. All secrets of the tests are those of [`secrets`], or look like one of them. Without the
//! variable the files are temporary, and serve the tests that read them.

mod answers;
mod file;
mod place;
mod ports;
#[cfg(all(unix, feature = "programs"))]
mod process_group;
#[cfg(feature = "programs")]
mod program;
mod search;
pub mod secrets;
#[cfg(feature = "programs")]
mod upstream;

use std::{
    fs::File,
    io::{self, Read, Write},
};

#[cfg(all(unix, feature = "programs"))]
pub use self::process_group::{Lines, ProcessGroup};
pub use self::{
    answers::keep_answer,
    file::{FOLDER, Printed},
    place::Place,
    ports::{free_port, free_ports, reusable_port},
    search::{Report, SearchError, search},
};
#[cfg(feature = "programs")]
pub use self::{
    program::{Program, run_to_end},
    upstream::{FakeUpstream, Reply},
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
