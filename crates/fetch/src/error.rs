//! Why the package can't be fetched: one sentence for a person.

use std::{
    io,
    path::{Path, PathBuf},
};

use crate::{
    package::{System, Wheel},
    pip::PipError,
};

/// Why the package can't be fetched. `Display` is one sentence for a person.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The vendor has built none for this system.
    #[error(
        "There is no package of Moonshine for this system, only for Linux (x86-64, arm64), macOS \
         (arm64) and Windows (x86-64)."
    )]
    NoPackage,
    /// No source is named, and pip is missing.
    #[error(
        "pip is missing: install Python 3 with pip, or download {file} (SHA-256 {sha256}) and name \
         it with --from."
    )]
    NoPip {
        /// The file's name.
        file: &'static str,
        /// Its SHA-256.
        sha256: &'static str,
    },
    /// pip has failed.
    #[error(
        "pip {error}: mend that, or download {file} (SHA-256 {sha256}) elsewhere and name it with \
         --from."
    )]
    Pip {
        /// The cause.
        error: PipError,
        /// The file's name.
        file: &'static str,
        /// Its SHA-256.
        sha256: &'static str,
    },
    /// The address is not valid.
    #[error("The address after --from is not valid: {0}.")]
    Address(String),
    /// The server can't be reached, or has broken the connection.
    #[error("The download from {host} failed ({cause}): check the network and run this again.")]
    Network {
        /// The server's host and port.
        host: String,
        /// The cause.
        cause: String,
    },
    /// The server has no such file.
    #[error("{host} answered with status {status}: check the address after --from.")]
    Status {
        /// The server's host and port.
        host: String,
        /// The HTTP status.
        status: u16,
    },
    /// The file is larger than any of the package.
    #[error("{host} sends more than {max_mb} MB, which is not the package: check the address.")]
    TooLarge {
        /// The server's host and port.
        host: String,
        /// The limit.
        max_mb: u64,
    },
    /// The file is not the package, or is incomplete.
    #[error(
        "{path} is not {file}, or is incomplete: its SHA-256 is {actual}, and {sha256} is expected."
    )]
    Checksum {
        /// The file.
        path: PathBuf,
        /// Its SHA-256.
        actual: String,
        /// The package's file for this system.
        file: &'static str,
        /// The SHA-256 of that.
        sha256: &'static str,
    },
    /// The file is the package of another system.
    #[error("{path} is the package for {system}: this system needs {file} (SHA-256 {sha256}).")]
    OtherSystem {
        /// The file.
        path: PathBuf,
        /// Its system.
        system: System,
        /// The package's file for this system.
        file: &'static str,
        /// The SHA-256 of that.
        sha256: &'static str,
    },
    /// The file can't be unpacked, although it is the right one.
    #[error("The package can't be unpacked: {0}.")]
    Archive(String),
    /// The folder contains something else, which would be lost.
    #[error(
        "{folder} contains {name}, which is not part of the package: name a new or empty folder \
         with --moonshine-dir."
    )]
    OtherFiles {
        /// The folder.
        folder: PathBuf,
        /// One name in it.
        name: String,
    },
    /// The folder is a file, or has no parent.
    #[error("{0} can't be the package's folder: name another one with --moonshine-dir.")]
    NoFolder(PathBuf),
    /// Another process fetches it.
    #[error("{0} is being fetched already: wait until that has ended.")]
    Busy(PathBuf),
    /// The disk is full.
    #[error("The disk with {0} is full: make room for 250 MB and run this again.")]
    DiskFull(PathBuf),
    /// The folder is not writable.
    #[error(
        "{path} can't be written ({error}): run this as a user who may, or name another folder \
         with --moonshine-dir."
    )]
    NotWritable {
        /// The file or folder.
        path: PathBuf,
        /// The cause.
        error: io::Error,
    },
    /// The folder is a mount point.
    #[error(
        "{0} is the root of a volume, which can't be replaced: name a folder inside the volume \
         with --moonshine-dir."
    )]
    Volume(PathBuf),
    /// Another failure of the file system.
    #[error("{path} can't be used: {error}.")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The cause.
        error: io::Error,
    },
}

impl FetchError {
    pub(crate) fn no_pip(wheel: &Wheel) -> Self {
        Self::NoPip {
            file: wheel.file,
            sha256: wheel.sha256,
        }
    }

    pub(crate) fn pip(error: PipError, wheel: &Wheel) -> Self {
        Self::Pip {
            error,
            file: wheel.file,
            sha256: wheel.sha256,
        }
    }

    /// Explains a failure at a file or folder.
    pub(crate) fn io(path: &Path, error: io::Error) -> Self {
        let path = path.to_owned();
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull(path),
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                Self::NotWritable { path, error }
            }
            _ => Self::Io { path, error },
        }
    }

    /// Explains why the package's folder can't be moved or replaced.
    pub(crate) fn rename(folder: &Path, error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::ResourceBusy | io::ErrorKind::CrossesDevices => {
                Self::Volume(folder.to_owned())
            }
            _ => Self::io(folder, error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type IsVariant = fn(&FetchError) -> bool;

    const FULL: IsVariant = |error| matches!(error, FetchError::DiskFull(_));
    const NOT_WRITABLE: IsVariant = |error| matches!(error, FetchError::NotWritable { .. });
    const VOLUME: IsVariant = |error| matches!(error, FetchError::Volume(_));
    const OTHER: IsVariant = |error| matches!(error, FetchError::Io { .. });

    fn assert_explained(error: &FetchError, is_variant: IsVariant, remedy: &str) {
        let text = error.to_string();
        assert!(is_variant(error), "{error:?}");
        assert!(text.contains("/data/moonshine"), "{text}");
        assert!(text.contains(remedy) && text.ends_with('.'), "{text}");
    }

    #[test]
    fn each_failure_of_the_file_system_says_what_to_do() {
        let path = Path::new("/data/moonshine");
        for (kind, is_variant, remedy) in [
            (io::ErrorKind::StorageFull, FULL, "make room for 250 MB"),
            (io::ErrorKind::QuotaExceeded, FULL, "make room for 250 MB"),
            (
                io::ErrorKind::PermissionDenied,
                NOT_WRITABLE,
                "as a user who may",
            ),
            (
                io::ErrorKind::ReadOnlyFilesystem,
                NOT_WRITABLE,
                "another folder",
            ),
            (io::ErrorKind::NotFound, OTHER, ""),
            (io::ErrorKind::ResourceBusy, OTHER, ""),
        ] {
            assert_explained(&FetchError::io(path, kind.into()), is_variant, remedy);
        }
        let inside = "a folder inside the volume with --moonshine-dir";
        for (kind, is_variant, remedy) in [
            (io::ErrorKind::ResourceBusy, VOLUME, inside),
            (io::ErrorKind::CrossesDevices, VOLUME, inside),
            (io::ErrorKind::StorageFull, FULL, "make room"),
            (io::ErrorKind::NotFound, OTHER, ""),
        ] {
            assert_explained(&FetchError::rename(path, kind.into()), is_variant, remedy);
        }
    }
}
