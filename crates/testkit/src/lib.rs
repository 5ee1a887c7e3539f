#![doc = include_str!("../README.md")]

mod output_file;
mod output_source;
mod ports;
#[cfg(all(unix, feature = "programs"))]
mod process_group;
#[cfg(feature = "programs")]
mod program;
mod responses;
mod search;
pub mod secrets;
#[cfg(feature = "programs")]
pub mod serving;
#[cfg(all(unix, feature = "programs"))]
mod sound_server;
#[cfg(feature = "programs")]
mod upstream;
pub mod words;

use std::{
    fs::File,
    io::{self, Read, Write},
};

pub use self::{
    output_file::{LOG_DIR_VARIABLE, OutputFile},
    output_source::OutputSource,
    ports::{free_port, free_ports, reusable_port},
    responses::keep_response,
    search::{SearchError, SearchReport, search},
};
#[cfg(all(unix, feature = "programs"))]
pub use self::{
    process_group::{OutputLines, ProcessGroup},
    sound_server::SoundServer,
};
#[cfg(feature = "programs")]
pub use self::{
    program::{RunningProgram, run_to_end},
    upstream::{FakeUpstream, Reply},
};

/// Returns a reader that copies everything read from `output` to an output file.
///
/// Without [`LOG_DIR_VARIABLE`], nothing is copied.
///
/// # Panics
///
/// Panics if the folder can't be written to.
pub fn tee<R: Read>(output: R, source: OutputSource) -> impl Read + use<R> {
    TeeReader {
        output,
        file: OutputFile::create_if_kept(source).map(|(_, file)| file),
    }
}

struct TeeReader<R> {
    output: R,
    file: Option<File>,
}

impl<R: Read> Read for TeeReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.output.read(buffer)?;
        if let Some(file) = &mut self.file {
            file.write_all(&buffer[..count])?;
        }
        Ok(count)
    }
}
