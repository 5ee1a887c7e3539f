//! Installs the vendor's own libraries for Python and Node.js. Tests run them against the emulator.

use std::{fs, path::PathBuf};

use inturn_fetch::pip::Pip;

use crate::{
    failure::Failure,
    npm::Packages,
    run::{self, info, program, step},
    workspace::Workspace,
};

/// Installs both into `target/tools`. Returns the variables that name their folders.
///
/// # Errors
///
/// Returns an error if pip or npm is missing or fails.
pub(crate) fn ensure(workspace: &Workspace) -> Result<[(&'static str, PathBuf); 2], Failure> {
    let node = Packages {
        name: "the vendor's library for Node.js",
        source: workspace.path("tests/sdk"),
        installed: workspace.tools().join("sdk-node"),
        files: &["package.json", "package-lock.json"],
    };
    node.ensure(workspace)?;
    Ok([
        ("INTURN_TEST_NODE_SDK", node.installed),
        ("INTURN_TEST_PYTHON_SDK", ensure_for_python(workspace)?),
    ])
}

/// Installs the library for Python into `target/tools`, and returns its folder.
///
/// # Errors
///
/// Returns an error if pip is missing or fails.
pub(crate) fn ensure_for_python(workspace: &Workspace) -> Result<PathBuf, Failure> {
    let folder = workspace.tools().join("sdk-python");
    let source = workspace.path("tests/sdk/requirements.txt");
    let unreadable = |error| Failure::new(format!("{} can't be read: {error}.", source.display()));
    let requirements = fs::read_to_string(&source).map_err(unreadable)?;
    // Written when the installation is complete.
    let record = folder.join("requirements.txt");
    if fs::read_to_string(&record).is_ok_and(|it| it == requirements) {
        info("the vendor's library for Python is up to date");
        return Ok(folder);
    }
    let pip = Pip::find().ok_or_else(|| {
        Failure::new("The vendor's library for Python is installed with pip, which is missing.")
    })?;
    step(&format!(
        "Installing the vendor's library for Python into {} with pip (once, takes seconds)",
        folder.display()
    ));
    // What an interrupted installation has left.
    let _ = fs::remove_dir_all(&folder);
    let mut install = program(workspace, pip.python());
    install
        .args(["-m", "pip", "install", "--quiet", "--no-compile"])
        .args(["--disable-pip-version-check", "--target"])
        .arg(&folder)
        .arg("--requirement")
        .arg(&source)
        .env("PIP_ROOT_USER_ACTION", "ignore");
    run::run(
        &mut install,
        "The vendor's library for Python could not be installed, see above: check the network and \
         run this again.",
    )?;
    fs::write(&record, requirements).map_err(|error| {
        Failure::new(format!("{} can't be written: {error}.", record.display()))
    })?;
    Ok(folder)
}
