//! Packs the crates that others can use as for `cargo publish`, and compiles what is packed.
//!
//! `cargo publish` could compile them too. But it keeps what it has unpacked by name and version,
//! and would compile the crates of an earlier run.

use std::{fs, io, path::Path};

use flate2::read::GzDecoder;

use crate::{
    failure::Failure,
    run::{self, cargo},
    workspace::Workspace,
};

/// Checks that each of these crates can be published. Uploads nothing.
///
/// # Errors
///
/// Returns an error if a manifest lacks something, or if the packed files don't compile.
pub(crate) fn check(workspace: &Workspace) -> Result<(), Failure> {
    // The packed crates of an earlier run would be taken for those of this one.
    let _ = fs::remove_dir_all(workspace.path(PACKED));
    let mut publish = cargo(workspace);
    // With the changes that are not committed yet.
    publish.args([
        "publish",
        "--dry-run",
        "--no-verify",
        "--allow-dirty",
        "--locked",
        "--target-dir",
    ]);
    publish.arg(workspace.path("target"));
    for name in PUBLISHED {
        publish.args(["--package", name]);
    }
    run::run(
        &mut publish,
        "A crate that others can use can't be packed, see above.",
    )?;
    let folder = workspace.path("target/package/unpacked");
    unpack(workspace, &folder)
        .map_err(|error| Failure::new(format!("{} can't be used: {error}.", folder.display())))?;
    run::run(
        cargo(workspace)
            .args(["check", "--workspace", "--offline", "--manifest-path"])
            .arg(folder.join("Cargo.toml"))
            .arg("--target-dir")
            .arg(workspace.path("target")),
        "A crate that others can use doesn't compile without this repository, see above: it uses \
         a file outside of its folder.",
    )
}

/// Unpacks the crates into a workspace of their own.
fn unpack(workspace: &Workspace, folder: &Path) -> io::Result<()> {
    // The files of an earlier run.
    let _ = fs::remove_dir_all(folder);
    fs::create_dir_all(folder)?;
    for name in PUBLISHED {
        let packed = workspace.path(&format!("{PACKED}/{}.crate", folder_name(name)));
        tar::Archive::new(GzDecoder::new(fs::File::open(packed)?)).unpack(folder)?;
    }
    fs::write(folder.join("Cargo.toml"), manifest())?;
    // The same versions of all dependencies.
    fs::copy(workspace.path("Cargo.lock"), folder.join("Cargo.lock"))?;
    Ok(())
}

/// The manifest of a workspace in which these crates use each other.
fn manifest() -> String {
    let members: Vec<String> = PUBLISHED
        .iter()
        .map(|name| format!("{:?}", folder_name(name)))
        .collect();
    let patches: Vec<String> = PUBLISHED
        .iter()
        .map(|name| format!("{name} = {{ path = {:?} }}\n", folder_name(name)))
        .collect();
    format!(
        "[workspace]\nmembers = [{}]\nresolver = \"3\"\n\n[patch.crates-io]\n{}",
        members.join(", "),
        patches.concat()
    )
}

/// The name of a packed crate: all have the version of the workspace.
fn folder_name(name: &str) -> String {
    format!("{name}-{}", env!("CARGO_PKG_VERSION"))
}

/// Where cargo puts the packed crates.
const PACKED: &str = "target/package/tmp-crate";

/// The crates that others can use. Each uses only crates of this list.
const PUBLISHED: &[&str] = &[
    "inturn-client",
    "inturn-client-core",
    "inturn-emulator",
    "inturn-moonshine",
    "inturn-protocol",
    "inturn-service",
    "inturn-transcript",
];
