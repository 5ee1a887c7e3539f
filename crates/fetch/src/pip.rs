//! Downloads the package with pip, with the person's own configuration of it.

use std::{
    fs, io,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::package::{PROJECT, VERSION, Wheel};

/// An installed pip.
#[derive(Clone, Copy, Debug)]
pub struct Pip {
    python: &'static str,
}

impl Pip {
    /// Finds a Python with pip on the `PATH`.
    pub fn find() -> Option<Self> {
        let has_pip = |python: &&str| {
            let mut version = pip_command(python);
            let version = version.arg("--version").stdin(Stdio::null()).output();
            version.is_ok_and(|output| output.status.success())
        };
        let python = PYTHONS.iter().copied().find(has_pip)?;
        Some(Self { python })
    }

    /// Returns the name of the program that runs pip, with `-m pip`.
    pub fn python(self) -> &'static str {
        self.python
    }

    /// Returns a command that downloads the one of these files that fits this system into `folder`,
    /// which exists. pip compares its hash.
    ///
    /// # Errors
    ///
    /// If the list of hashes can't be written.
    pub fn download_command(self, wheels: &[Wheel], folder: &Path) -> io::Result<Command> {
        let requirements = folder.join(REQUIREMENTS);
        fs::write(&requirements, requirement(wheels))?;
        let mut command = pip_command(self.python);
        command
            .args(["download", "--no-deps", "--require-hashes"])
            .args(["--only-binary", ":all:", "--disable-pip-version-check"])
            .arg("--dest")
            .arg(folder)
            .arg("--requirement")
            .arg(&requirements)
            .env("PIP_ROOT_USER_ACTION", "ignore");
        Ok(command)
    }

    /// Downloads the one of these files that fits this system into `folder`, which exists. pip
    /// shows its progress on the standard output.
    ///
    /// # Errors
    ///
    /// Returns why there is no file.
    #[cfg(feature = "install")]
    pub(crate) fn download(self, wheels: &[Wheel], folder: &Path) -> Result<PathBuf, PipError> {
        let mut command = self
            .download_command(wheels, folder)
            .map_err(PipError::Write)?;
        let output = command
            .stderr(Stdio::piped())
            .spawn()
            .and_then(std::process::Child::wait_with_output)
            .map_err(PipError::Start)?;
        if !output.status.success() {
            return Err(PipError::read(&String::from_utf8_lossy(&output.stderr)));
        }
        downloaded(wheels, folder)
            .ok_or_else(|| PipError::Other("it stored no file of the package".to_owned()))
    }
}

/// Returns a command that runs pip. With `-m pip`, Python would first look for it in the current
/// folder, where another user may have put a program of this name.
fn pip_command(python: &str) -> Command {
    let mut command = Command::new(python);
    command.args(["-c", RUN_PIP]).env("PYTHONSAFEPATH", "1");
    command
}

/// Returns the one of these files that is in `folder`.
pub fn downloaded(wheels: &[Wheel], folder: &Path) -> Option<PathBuf> {
    let files = wheels.iter().map(|wheel| folder.join(wheel.file));
    files.into_iter().find(|file| file.is_file())
}

/// Returns a line of a requirements file.
fn requirement(wheels: &[Wheel]) -> String {
    let hashes = wheels
        .iter()
        .map(|wheel| format!(" --hash=sha256:{}", wheel.sha256));
    format!("{PROJECT}=={VERSION}{}\n", hashes.collect::<String>())
}

/// Why pip has downloaded nothing. `Display` is the end of a sentence about pip.
#[cfg(feature = "install")]
#[derive(Debug, thiserror::Error)]
pub enum PipError {
    /// It can't be started.
    #[error("can't be started: {0}")]
    Start(io::Error),
    /// The list of hashes can't be written.
    #[error("can't be given the list of hashes: {0}")]
    Write(io::Error),
    /// It can't reach its package index.
    #[error("can't reach its package index")]
    Network,
    /// The index has another file under this name.
    #[error("got a file of {PROJECT} with another SHA-256")]
    Checksum,
    /// The index has no file for this system.
    #[error(
        "finds no {PROJECT} {VERSION} for this system in its package index (on Linux it needs \
         glibc 2.34)"
    )]
    NotFound,
    /// The disk is full.
    #[error("found no space left on the disk")]
    DiskFull,
    /// The last line that it wrote.
    #[error("failed: {0}")]
    Other(String),
}

#[cfg(feature = "install")]
impl PipError {
    /// Finds the cause in what pip wrote to the standard error.
    fn read(stderr: &str) -> Self {
        let has = |texts: &[&str]| texts.iter().any(|text| stderr.contains(text));
        if has(&["DO NOT MATCH THE HASHES"]) {
            Self::Checksum
        } else if has(&["No space left", "Errno 28"]) {
            Self::DiskFull
        } else if has(&[
            "connection broken by",
            "Failed to establish a new connection",
            "Max retries exceeded",
            "ReadTimeoutError",
        ]) {
            Self::Network
        } else if has(&["No matching distribution"]) {
            Self::NotFound
        } else {
            let last = stderr.lines().rev().find(|line| !line.trim().is_empty());
            let last = last.unwrap_or("it gave no reason").trim();
            let last = last.strip_prefix("ERROR: ").unwrap_or(last);
            Self::Other(last.trim_end_matches('.').to_owned())
        }
    }
}

/// Does what `-m pip` does, without the current folder, which is the empty entry. Python before
/// 3.11 does not know `PYTHONSAFEPATH`. Imports nothing but the built-in `sys` before.
const RUN_PIP: &str = "import sys; sys.path = [path for path in sys.path if path]; import runpy; \
                       runpy.run_module('pip', run_name='__main__', alter_sys=True)";

/// The file in which pip finds the hashes.
const REQUIREMENTS: &str = "requirements.txt";

/// Names of Python 3. Windows has only the second.
const PYTHONS: [&str; 2] = ["python3", "python"];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::System;

    #[test]
    fn each_hash_is_an_option_of_the_requirement() {
        let wheels = System::LinuxArm.wheels();
        let line = requirement(&wheels);
        assert!(line.starts_with("moonshine-voice==0.1.0 --hash="), "{line}");
        for wheel in wheels {
            assert!(line.contains(&format!(" --hash=sha256:{}", wheel.sha256)));
        }
    }

    #[test]
    #[cfg(feature = "install")]
    fn the_cause_is_found_in_what_pip_wrote() {
        let end = |stderr: &str| PipError::read(stderr).to_string();
        let no_network = "WARNING: Retrying (Retry(total=0)) after connection broken by \
                          'NewConnectionError()': /simple/moonshine-voice/\n\
                          ERROR: No matching distribution found for moonshine-voice==0.1.0\n";
        assert_eq!(end(no_network), "can't reach its package index");
        let no_file = "ERROR: No matching distribution found for moonshine-voice==0.1.0\n";
        assert!(end(no_file).contains("for this system"));
        let other = "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE. If";
        assert!(end(other).contains("another SHA-256"));
        let full = "ERROR: Could not install packages due to an OSError: [Errno 28] No space left";
        assert!(end(full).contains("no space"));
        let unknown = "WARNING: something\nERROR: Invalid requirement: 'x'.\n\n";
        assert_eq!(end(unknown), "failed: Invalid requirement: 'x'");
        assert_eq!(end(""), "failed: it gave no reason");
    }
}
