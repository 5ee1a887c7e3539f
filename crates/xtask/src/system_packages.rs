//! Installs packages of the system with apt: speech recognition, browsers, Redis, sound servers.

use std::{fs, path::Path};

use crate::{
    failure::Failure,
    os_release::System,
    run::{self, info, output, program, step},
    workspace::Workspace,
};

/// The PocketSphinx library and its general English model.
pub(crate) const SPEECH: &[&str] = &["libpocketsphinx3", "pocketsphinx-en-us"];

/// Installs packages of Python.
pub(crate) const PIP: &[&str] = &["python3-pip"];

/// Recordings of real speakers with transcripts: the tests play them as microphone input.
pub(crate) const RECORDINGS: &[&str] = &["pocketsphinx-testdata"];

/// The browser and its driver.
pub(crate) const CHROMIUM: &[&str] = &["chromium", "chromium-driver"];

/// The store of shared limits.
pub(crate) const REDIS: &[&str] = &["redis-server"];

/// PulseAudio and PipeWire, which tests start privately, and SoX, which writes compressed files.
pub(crate) const SOUND: &[&str] = &[
    "pulseaudio",
    "pulseaudio-utils",
    "pipewire-bin",
    "pipewire-pulse",
    "wireplumber",
    "dbus-daemon",
    "sox",
    "libsox-fmt-mp3",
];

/// Returns the system on which this program runs.
pub(crate) fn system() -> System {
    let text = fs::read_to_string("/etc/os-release").unwrap_or_default();
    System::from_os_release(&text)
}

/// Returns those of `packages` that are not installed according to dpkg.
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

/// Installs those of `packages` that are missing, on Debian and Ubuntu as root. Elsewhere it says
/// what is needed.
///
/// # Errors
///
/// As [`install`].
pub(crate) fn ensure(
    workspace: &Workspace,
    packages: &[&str],
    needed: &str,
) -> Result<(), Failure> {
    if system() == System::Other {
        info(needed);
        return Ok(());
    }
    let missing = missing(workspace, packages);
    if missing.is_empty() {
        return Ok(());
    }
    install(workspace, &missing)
}

/// Installs `packages` with apt.
///
/// # Errors
///
/// Returns the command to run if this process isn't root, or an error if apt fails.
pub(crate) fn install(workspace: &Workspace, packages: &[&str]) -> Result<(), Failure> {
    let names = packages.join(" ");
    if !is_root(workspace) {
        return Err(Failure::new(format!(
            "Packages are missing: run `sudo apt-get install {names}`."
        )));
    }
    step(&format!(
        "Installing {names} with apt (takes minutes on a slow network)"
    ));
    if !has_package_lists() {
        info("fetching the package lists first");
        // If this fails, the installation fails too, with a clearer message.
        let _ = apt_get(workspace, &["update"]);
    }
    let install: Vec<&str> = ["install", "--yes", "--no-install-recommends"]
        .into_iter()
        .chain(packages.iter().copied())
        .collect();
    if apt_get(workspace, &install).is_ok() {
        return Ok(());
    }
    info("apt failed: updating the package lists and trying again");
    apt_get(workspace, &["update"])?;
    apt_get(workspace, &install)
}

fn apt_get(workspace: &Workspace, args: &[&str]) -> Result<(), Failure> {
    let mut apt = program(workspace, "apt-get");
    // Without a terminal no one can answer a package's questions.
    apt.env("DEBIAN_FRONTEND", "noninteractive");
    apt.arg("--quiet").args(args);
    let message = format!(
        "`apt-get {}` failed, see above: fix the problem and run this command again.",
        args.join(" ")
    );
    run::run(&mut apt, &message)
}

fn is_root(workspace: &Workspace) -> bool {
    output(program(workspace, "id").arg("-u")).is_some_and(|id| id.trim() == "0")
}

/// Returns `false` in a fresh container image: it has no package lists, so apt finds no package.
fn has_package_lists() -> bool {
    fs::read_dir(Path::new("/var/lib/apt/lists")).is_ok_and(|lists| {
        lists
            .flatten()
            .any(|list| list.file_name().to_string_lossy().contains("_Packages"))
    })
}
