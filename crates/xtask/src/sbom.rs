//! Writes the SBOMs of the packed programs: the crates that they contain, with their versions.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::{
    failure::Failure,
    run::{self, output},
    rustup::WASM_TARGET,
    tools,
    workspace::Workspace,
};

/// Writes `<prefix>.cdx.json` for the server, `<prefix>.page.cdx.json` for the page in it,
/// `<prefix>.listen.cdx.json` for the terminal client, and, if the archive has it,
/// `<prefix>.moonshine.cdx.json` for the program that runs the speech library.
///
/// All are in the CycloneDX format.
///
/// # Errors
///
/// Returns an error if cargo-cyclonedx can't be installed or fails, or if a file can't be written.
pub(crate) fn write(
    workspace: &Workspace,
    target: &str,
    speech_target: Option<&str>,
    prefix: &Path,
) -> Result<(), Failure> {
    tools::ensure_cyclonedx(workspace)?;
    let speech = speech_target.map(|target| ("crates/moonshine", target, "", "moonshine.cdx.json"));
    let packages = [
        ("crates/server", target, "embed", "cdx.json"),
        ("crates/terminal", target, "", "listen.cdx.json"),
        (
            "crates/web-client",
            WASM_TARGET,
            "page,recorder",
            "page.cdx.json",
        ),
    ];
    for (package, target, features, suffix) in packages.into_iter().chain(speech) {
        let manifest = workspace.path(package).join("Cargo.toml");
        run::run(
            run::cargo(workspace)
                .args([
                    "cyclonedx",
                    "--quiet",
                    "--format",
                    "json",
                    "--spec-version",
                    "1.5",
                ])
                .args(["--no-build-deps", "--override-filename", NAME])
                .args([
                    "--features",
                    features,
                    "--target",
                    target,
                    "--manifest-path",
                ])
                .arg(manifest),
            "The SBOM could not be written, see above.",
        )?;
        let mut path = prefix.as_os_str().to_owned();
        path.push(format!(".{suffix}"));
        collect(workspace, package, Path::new(&path))
            .map_err(|error| Failure::new(format!("The SBOM can't be written: {error}.")))?;
    }
    Ok(())
}

/// cargo-cyclonedx writes a file into the folder of every member. Moves the one of `package` to
/// `path` and deletes the others.
fn collect(workspace: &Workspace, package: &str, path: &Path) -> io::Result<()> {
    let file = format!("{NAME}.json");
    let text = fs::read_to_string(workspace.path(package).join(&file))?;
    // Members are identified by their folder; the SBOM must not depend on where the
    // repository is.
    let root = workspace.root().to_string_lossy().into_owned();
    fs::write(path, text.replace(&root, ""))?;
    for folder in member_folders(workspace) {
        // The file does not exist if the member is not a dependency.
        let _ = fs::remove_file(folder.join(&file));
    }
    Ok(())
}

fn member_folders(workspace: &Workspace) -> Vec<PathBuf> {
    let metadata = output(run::cargo(workspace).args([
        "metadata",
        "--format-version",
        "1",
        "--no-deps",
        "--locked",
    ]));
    let metadata: serde_json::Value =
        serde_json::from_str(&metadata.unwrap_or_default()).unwrap_or_default();
    let packages = metadata["packages"].as_array().cloned().unwrap_or_default();
    packages
        .iter()
        .filter_map(|package| Path::new(package["manifest_path"].as_str()?).parent())
        .map(Path::to_path_buf)
        .collect()
}

/// A file name that is used nowhere else in the repository.
const NAME: &str = "inturn-sbom";
