//! What comes from the system's own packages: speech recognition and browsers.

use std::{fs, path::Path};

use crate::{
    failure::Failure,
    os_release::System,
    run::{self, note, output, program, step},
    workspace::Workspace,
};

/// PocketSphinx as a library and its general English model.
pub(crate) const SPEECH: &[&str] = &["libpocketsphinx3", "pocketsphinx-en-us"];

/// Recordings of real speakers, with transcripts: the microphones of the tests.
pub(crate) const RECORDINGS: &[&str] = &["pocketsphinx-testdata"];

/// The browser and the program that drives it.
pub(crate) const CHROMIUM: &[&str] = &["chromium", "chromium-driver"];

/// What replicas share their limits through.
pub(crate) const REDIS: &[&str] = &["redis-server"];

/// The system this runs on.
pub(crate) fn system() -> System {
    let text = fs::read_to_string("/etc/os-release").unwrap_or_default();
    System::from_os_release(&text)
}

/// Those of `packages` that dpkg doesn't count as installed.
pub(crate) fn missing<'a>(workspace: &Workspace, packages: &[&'a str]) -> Vec<&'a str> {
    let installed = |package: &str| {
        let mut query = program(workspace, "dpkg-query");
        output(query.args(["--show", "--showformat=${db:Status-Status}", package]))
            .is_some_and(|status| status == "installed")
    };
    packages
        .iter()
        .copied()
        .filter(|package| !installed(package))
        .collect()
}

/// Installs `packages` by apt.
///
/// # Errors
///
/// The command to run where we aren't root, or the reason why apt couldn't.
pub(crate) fn install(workspace: &Workspace, packages: &[&str]) -> Result<(), Failure> {
    let names = packages.join(" ");
    if !is_root(workspace) {
        return Err(Failure::new(format!(
            "To install what is missing, run `sudo apt-get install {names}`."
        )));
    }
    step(&format!(
        "Installing {names} by apt (minutes on a slow network)"
    ));
    if !has_package_lists() {
        note("fetching the package lists first");
        // A failure shows again, and more clearly, in the installation.
        let _ = apt_get(workspace, &["update"]);
    }
    let install: Vec<&str> = ["install", "--yes", "--no-install-recommends"]
        .into_iter()
        .chain(packages.iter().copied())
        .collect();
    if apt_get(workspace, &install).is_ok() {
        return Ok(());
    }
    note("apt failed: fetching the package lists anew, then trying once more");
    apt_get(workspace, &["update"])?;
    apt_get(workspace, &install)
}

fn apt_get(workspace: &Workspace, args: &[&str]) -> Result<(), Failure> {
    let mut apt = program(workspace, "apt-get");
    // Without a terminal there is nobody to answer a package's questions.
    apt.env("DEBIAN_FRONTEND", "noninteractive");
    apt.arg("--quiet").args(args);
    let sentence = format!(
        "`apt-get {}` failed, see above: put that right and run this again.",
        args.join(" ")
    );
    run::run(&mut apt, &sentence)
}

fn is_root(workspace: &Workspace) -> bool {
    output(program(workspace, "id").arg("-u")).is_some_and(|id| id.trim() == "0")
}

/// Images of containers come without the lists; then no package can be found.
fn has_package_lists() -> bool {
    fs::read_dir(Path::new("/var/lib/apt/lists")).is_ok_and(|lists| {
        lists
            .flatten()
            .any(|list| list.file_name().to_string_lossy().contains("_Packages"))
    })
}
