//! What happens while the package is fetched.

use std::path::PathBuf;

/// A step that has begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// The file is complete already, from a run that was interrupted.
    Kept,
    /// pip downloads the file, and shows its progress itself.
    Pip,
    /// The file is downloaded from this host.
    Download {
        /// Host and port.
        host: String,
    },
    /// A part of the file has arrived.
    Received {
        /// The bytes until now.
        received: u64,
        /// The bytes of the file, if the server says so.
        total: Option<u64>,
    },
    /// The SHA-256 of the file is compared.
    Check {
        /// The file's size.
        bytes: u64,
    },
    /// The package is unpacked and moved to its folder.
    Unpack {
        /// The folder.
        folder: PathBuf,
    },
}
