//! Installs PocketSphinx and recorded speech.

use crate::{failure::Failure, system_packages, workspace::Workspace};

/// Installs PocketSphinx, its English model, and recorded speech with transcripts on Debian and
/// Ubuntu as root. Tests play the recordings and expect the local service to recognise them.
///
/// # Errors
///
/// Returns an error if apt fails, or the command to run if this process isn't root.
pub(crate) fn ensure(workspace: &Workspace) -> Result<(), Failure> {
    let packages = [system_packages::SPEECH, system_packages::RECORDINGS].concat();
    let needed =
        "tests with real speech need PocketSphinx 0.8, its English model and its test data";
    system_packages::ensure(workspace, &packages, needed)
}
