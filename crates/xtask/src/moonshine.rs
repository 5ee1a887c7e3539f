//! Installs Moonshine's speech library and English model with pip, and builds the program that runs
//! them.

use std::{
    fs,
    path::{Path, PathBuf},
};

use inturn_fetch::{
    DISK_MB, DOWNLOAD_MB, System as Built, Wheel,
    pip::{Pip, downloaded},
};

use crate::{
    failure::Failure,
    os_release::System,
    run::{self, info, program, step},
    system_packages,
    workspace::Workspace,
};

/// Installs the package into `target/tools`, and builds `inturn-moonshine` next to the server.
///
/// Returns the folder of the package.
///
/// # Errors
///
/// Returns a sentence if there is no package for this system, or pip or the build fails.
pub(crate) fn ensure(workspace: &Workspace) -> Result<PathBuf, Failure> {
    let wheels = wheels()?;
    ensure_if(
        workspace,
        &wheels,
        is_installed(&folder(workspace), &wheels),
    )
}

/// As [`ensure`], and keeps the file that was downloaded, for the tests of
/// `inturn fetch-recogniser`.
///
/// # Errors
///
/// As [`ensure`].
pub(crate) fn ensure_with_file(workspace: &Workspace) -> Result<PathBuf, Failure> {
    let wheels = wheels()?;
    let is_complete = is_installed(&folder(workspace), &wheels)
        && downloaded(&wheels, &downloads(workspace)).is_some();
    ensure_if(workspace, &wheels, is_complete)
}

fn ensure_if(
    workspace: &Workspace,
    wheels: &[Wheel],
    is_complete: bool,
) -> Result<PathBuf, Failure> {
    let folder = folder(workspace);
    if is_complete {
        info("Moonshine is up to date");
    } else {
        install(workspace, &folder, wheels)?;
    }
    let mut build = run::cargo(workspace);
    build.args(["build", "--quiet", "--package", "inturn-moonshine"]);
    run::run(
        &mut build,
        "inturn-moonshine could not be built: fix the errors above.",
    )?;
    Ok(folder)
}

/// Returns the folder of the package if it is installed completely.
pub(crate) fn installed(workspace: &Workspace) -> Option<PathBuf> {
    let folder = folder(workspace);
    is_installed(&folder, &wheels().ok()?).then_some(folder)
}

fn folder(workspace: &Workspace) -> PathBuf {
    workspace.tools().join("moonshine")
}

fn wheels() -> Result<Vec<Wheel>, Failure> {
    let system = Built::this();
    system.map(Built::wheels).ok_or_else(|| {
        Failure::new(
            "Moonshine's package exists only for Linux (x86-64, arm64), macOS (arm64) and Windows \
             (x86-64).",
        )
    })
}

fn install(workspace: &Workspace, folder: &Path, wheels: &[Wheel]) -> Result<(), Failure> {
    let pip = pip(workspace)?;
    step(&format!(
        "Installing Moonshine's speech library and English model into {} with pip (once; \
         {DOWNLOAD_MB} MB to download, {DISK_MB} MB on disk)",
        folder.display()
    ));
    let downloads = downloads(workspace);
    fs::create_dir_all(&downloads)
        .map_err(|error| Failure::new(format!("target/tools can't be created: {error}.")))?;
    let mut download = pip
        .download_command(wheels, &downloads)
        .map_err(|error| Failure::new(format!("target/tools can't be written: {error}.")))?;
    run::run(
        &mut download,
        "Moonshine could not be downloaded, see above: check the network and run this again.",
    )?;
    let wheel = downloaded(wheels, &downloads)
        .ok_or_else(|| Failure::new("pip has stored no file of Moonshine's package."))?;
    // What works is removed only now. A partial installation has no record.
    let _ = fs::remove_dir_all(folder);
    let mut unpack = program(workspace, pip.python());
    unpack
        .args(["-m", "pip", "install", "--no-deps", "--no-compile"])
        .args(["--no-index", "--disable-pip-version-check", "--target"])
        .arg(folder)
        .arg(wheel)
        .env("PIP_ROOT_USER_ACTION", "ignore");
    run::run(&mut unpack, "Moonshine could not be installed, see above.")?;
    let path = folder.join(RECORD);
    fs::write(&path, record(wheels))
        .map_err(|error| Failure::new(format!("{} can't be written: {error}.", path.display())))
}

/// Returns pip. Installs it on Debian and Ubuntu as root.
fn pip(workspace: &Workspace) -> Result<Pip, Failure> {
    if let Some(pip) = Pip::find() {
        return Ok(pip);
    }
    if system_packages::system() != System::Other {
        system_packages::install(workspace, system_packages::PIP)?;
    }
    Pip::find().ok_or_else(|| {
        Failure::new(
            "Moonshine is installed with pip, which is missing: install Python 3 with pip.",
        )
    })
}

/// Returns the folder in which the package's file stays, for the tests of
/// `inturn fetch-recogniser`.
fn downloads(workspace: &Workspace) -> PathBuf {
    workspace.tools().join("wheels")
}

/// Whether the pinned version is installed completely.
fn is_installed(folder: &Path, wheels: &[Wheel]) -> bool {
    fs::read_to_string(folder.join(RECORD)).is_ok_and(|it| it == record(wheels))
}

/// Returns the hashes of the package's files for this system.
fn record(wheels: &[Wheel]) -> String {
    let lines = wheels.iter().map(|wheel| format!("{}\n", wheel.sha256));
    lines.collect()
}

/// The file in the folder that is written when the installation is complete.
const RECORD: &str = "wheel.sha256";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_incomplete_or_another_version_is_not_installed() {
        let folder = tempfile::tempdir().expect("a folder");
        let wheels = Built::LinuxX86.wheels();
        assert!(!is_installed(folder.path(), &wheels));
        let path = folder.path().join(RECORD);
        fs::write(&path, record(&Built::MacArm.wheels())).expect("a file");
        assert!(!is_installed(folder.path(), &wheels));
        fs::write(&path, record(&wheels)).expect("a file");
        assert!(is_installed(folder.path(), &wheels));
    }
}
