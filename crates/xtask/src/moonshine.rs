//! Installs Moonshine's speech library and English model with pip, and builds the program that runs
//! them.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::{
    failure::Failure,
    os_release::System,
    run::{self, info, output, program, step},
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
    let folder = workspace.tools().join("moonshine");
    if !is_installed(&folder) {
        install(workspace, &folder)?;
    }
    let mut build = run::cargo(workspace);
    build.args(["build", "--quiet", "--package", "inturn-moonshine"]);
    run::run(
        &mut build,
        "inturn-moonshine could not be built: fix the errors above.",
    )?;
    Ok(folder)
}

fn install(workspace: &Workspace, folder: &Path) -> Result<(), Failure> {
    if !HAS_PACKAGE {
        return Err(Failure::new(
            "Moonshine's package exists only for Linux (x86-64, arm64), macOS (arm64) and Windows \
             (x86-64).",
        ));
    }
    let python = python(workspace)?;
    step(&format!(
        "Installing Moonshine's speech library and English model into {} with pip (once; 56 MB to \
         download, 113 MB on disk)",
        folder.display()
    ));
    // A partial installation has no record.
    let _ = fs::remove_dir_all(folder);
    let requirements = folder.with_extension("txt");
    let write = |path: &Path| {
        fs::write(path, REQUIREMENTS)
            .map_err(|error| Failure::new(format!("{} can't be written: {error}.", path.display())))
    };
    fs::create_dir_all(workspace.tools())
        .map_err(|error| Failure::new(format!("target/tools can't be created: {error}.")))?;
    write(&requirements)?;
    let mut pip = program(workspace, python);
    pip.args(["-m", "pip", "install", "--no-deps", "--no-compile"])
        .args(["--require-hashes", "--only-binary", ":all:"])
        .args(["--disable-pip-version-check", "--target"])
        .arg(folder)
        .arg("--requirement")
        .arg(&requirements)
        .env("PIP_ROOT_USER_ACTION", "ignore");
    run::run(
        &mut pip,
        "Moonshine could not be installed, see above: check the network and run this again.",
    )?;
    write(&folder.join(RECORD))
}

/// Returns the program that runs pip. Installs pip on Debian and Ubuntu as root.
fn python(workspace: &Workspace) -> Result<&'static str, Failure> {
    let with_pip = || {
        PYTHONS.iter().copied().find(|python| {
            let mut version = program(workspace, python);
            output(version.args(["-m", "pip", "--version"])).is_some()
        })
    };
    if let Some(python) = with_pip() {
        return Ok(python);
    }
    if system_packages::system() != System::Other {
        system_packages::install(workspace, system_packages::PIP)?;
    }
    with_pip().ok_or_else(|| {
        Failure::new(
            "Moonshine is installed with pip, which is missing: install Python 3 with pip.",
        )
    })
}

/// Whether the pinned version is installed completely.
fn is_installed(folder: &Path) -> bool {
    let is_recorded = fs::read_to_string(folder.join(RECORD)).is_ok_and(|it| it == REQUIREMENTS);
    if is_recorded {
        info("Moonshine is up to date");
    }
    is_recorded
}

/// Whether the vendor has built the package for this system.
const HAS_PACKAGE: bool = cfg!(any(
    all(
        target_os = "linux",
        any(target_arch = "x86_64", target_arch = "aarch64")
    ),
    all(target_os = "macos", target_arch = "aarch64"),
    all(windows, target_arch = "x86_64"),
));

/// The last version whose package contains a model, with the hash of each system's file: Linux
/// x86-64; Linux arm64 (two files, for different versions of glibc); macOS arm64; Windows x86-64.
const REQUIREMENTS: &str = "moonshine-voice==0.1.0 \
    --hash=sha256:0f833deb43bad5dcfb4cfd3257b6df83ef9abd3f27be3199622fe41932e8d916 \
    --hash=sha256:da54a99587edb987c8755f2c746cab72fada0e67cf847f7edfb8105447f405af \
    --hash=sha256:58d5546a656f65061d1d4a376818b08109fe25600a22dfdbbba0179ccb3f0d07 \
    --hash=sha256:9c70431836ed805f9ab30adcdfe97018c17b1e932ba7e205fff0562950dc0913 \
    --hash=sha256:af2b8536ab08c48f33d5b1e126656b05ceae9a8980fc1c95dd70665b0b57c8e7\n";

/// The file in the folder that is written when the installation is complete.
const RECORD: &str = "requirements.txt";

/// Names of Python 3. Windows has only the second.
const PYTHONS: [&str; 2] = ["python3", "python"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_file_of_the_package_has_a_hash() {
        let hashes: Vec<&str> = REQUIREMENTS.split_whitespace().skip(1).collect();
        assert_eq!(hashes.len(), 5);
        for hash in hashes {
            let digits = hash
                .strip_prefix("--hash=sha256:")
                .expect("an option of pip");
            assert!(
                digits.len() == 64 && digits.chars().all(|c| c.is_ascii_hexdigit()),
                "{hash}"
            );
        }
    }

    #[test]
    fn an_incomplete_or_another_version_is_not_installed() {
        let folder = tempfile::tempdir().expect("a folder");
        assert!(!is_installed(folder.path()));
        let record = folder.path().join(RECORD);
        fs::write(&record, REQUIREMENTS.replace("0.1.0", "0.0.9")).expect("a file");
        assert!(!is_installed(folder.path()));
        fs::write(&record, REQUIREMENTS).expect("a file");
        assert!(is_installed(folder.path()));
    }
}
