//! Installs axe-core, with which browser tests look for accessibility problems.

use crate::{
    failure::Failure, npm::Packages, os_release::System, run, system_packages, workspace::Workspace,
};

/// Installs axe-core into `target/tools` with npm; installs npm on Debian and Ubuntu as root.
///
/// # Errors
///
/// Returns a message if npm is missing and can't be installed, or if it fails.
pub(crate) fn ensure(workspace: &Workspace) -> Result<(), Failure> {
    let axe_core = Packages {
        name: "axe-core",
        source: workspace.path("tests/axe-core"),
        installed: workspace.tools().join("axe-core"),
        files: &["package.json", "package-lock.json"],
    };
    if axe_core.are_installed() {
        return Ok(());
    }
    if run::find_on_path(NPM).is_none() && system_packages::system() != System::Other {
        system_packages::install(workspace, NPM)?;
    }
    if run::find_on_path(NPM).is_none() {
        return Err(Failure::new(
            "The accessibility tests need axe-core, which npm installs: install npm, and run this \
             command again.",
        ));
    }
    axe_core.ensure(workspace)
}

/// The program, and its package.
const NPM: &[&str] = &["npm"];
