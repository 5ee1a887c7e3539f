//! Builds the client into `dist/`, unless `dist/` is already up to date.

use std::{fs, io, path::Path};

use crate::{
    compress,
    failure::Failure,
    fingerprint::Fingerprint,
    hash_names,
    run::{self, info, output, program, step},
    rustup, shrink, tools,
    workspace::Workspace,
};

/// Installs the build tools, and builds the client if anything has changed since the last build.
///
/// # Errors
///
/// Returns an error if something can't be installed, read, built or written.
pub(crate) fn ensure(workspace: &Workspace) -> Result<(), Failure> {
    rustup::ensure_wasm_target(workspace)?;
    tools::ensure_for_client(workspace)?;

    // Computed before the build: files edited during the build trigger the next one.
    let inputs = fingerprint_of_inputs(workspace)?;
    let dist = workspace.dist();
    if is_current(workspace, &inputs) {
        info("the client in dist/ is up to date");
        return Ok(());
    }
    build(workspace)?;

    step("Minifying and compressing the client's files (takes seconds)");
    let finished = shrink::shrink_all(workspace, &dist)
        .and_then(|()| hash_names::hash_names(&dist))
        .and_then(|()| compress::compress_all(&dist));
    let stored = finished.and_then(|()| {
        let record = record(&inputs, &fingerprint_of_folder(&dist)?);
        fs::write(workspace.path(RECORD), record)
    });
    stored.map_err(|error| {
        Failure::new(format!(
            "The built client in {} can't be minified and compressed: {error}.",
            dist.display()
        ))
    })
}

fn build(workspace: &Workspace) -> Result<(), Failure> {
    // Trunk runs offline, so that it never downloads tools itself. So the crates are fetched here.
    step("Fetching the crates this repository uses");
    run::run(
        run::cargo(workspace).arg("fetch"),
        "The crates could not be fetched, see above: check the network and run this again.",
    )?;

    step("Building the client with Trunk (takes a minute the first time)");
    let mut trunk = program(workspace, "trunk");
    trunk
        .args(["build", "--release", "--offline"])
        .env("TRUNK_TOOLS_WASM_OPT", tools::wasm_opt_for_trunk())
        // These flags for the native build would replace those in `.cargo/config.toml`.
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS");
    if std::env::var_os("NO_COLOR").is_some() {
        // Trunk accepts only `true` and `false`; https://no-color.org allows any value.
        trunk.env("NO_COLOR", "true");
    }
    run::run(
        &mut trunk,
        "The client could not be built: fix the errors that Trunk reports above.",
    )
}

/// Returns `true` if the last build had the same inputs and `dist/` is unchanged since.
fn is_current(workspace: &Workspace, inputs: &str) -> bool {
    let Ok(dist) = fingerprint_of_folder(&workspace.dist()) else {
        return false;
    };
    fs::read_to_string(workspace.path(RECORD)).is_ok_and(|stored| stored == record(inputs, &dist))
}

fn record(inputs: &str, dist: &str) -> String {
    format!("sources {inputs}\ndist {dist}\n")
}

fn fingerprint_of_inputs(workspace: &Workspace) -> Result<String, Failure> {
    let mut fingerprint = Fingerprint::default();
    fingerprint.add(&tools::client_versions(workspace)?);
    let rustc = output(program(workspace, "rustc").arg("-vV"));
    fingerprint.add(&rustc.unwrap_or_default());
    for input in INPUTS {
        fingerprint
            .add_path(workspace.root(), Path::new(input))
            .map_err(|error| Failure::new(format!("{input} can't be read: {error}.")))?;
    }
    Ok(fingerprint.finish())
}

fn fingerprint_of_folder(folder: &Path) -> io::Result<String> {
    let mut fingerprint = Fingerprint::default();
    fingerprint.add_path(folder, Path::new(""))?;
    Ok(fingerprint.finish())
}

/// The files from which the client is built. The fingerprint also covers the tools' versions.
const INPUTS: &[&str] = &[
    ".cargo/config.toml",
    "Cargo.lock",
    "Cargo.toml",
    "Trunk.toml",
    "crates/client-core/Cargo.toml",
    "crates/client-core/src",
    "crates/page-core/Cargo.toml",
    "crates/page-core/src",
    "crates/stored/Cargo.toml",
    "crates/stored/src",
    "crates/protocol/Cargo.toml",
    "crates/protocol/src",
    "crates/transcript/Cargo.toml",
    "crates/transcript/src",
    "crates/web-browser/Cargo.toml",
    "crates/web-browser/src",
    "crates/web-client/Cargo.toml",
    "crates/web-client/src",
    "crates/web-documents/Cargo.toml",
    "crates/web-documents/src",
    "crates/xtask/src/client.rs",
    "crates/xtask/src/compress.rs",
    "crates/xtask/src/hash_names.rs",
    "crates/xtask/src/shrink",
    "crates/xtask/src/shrink.rs",
    "public",
];

/// The file with the fingerprints of the last build.
const RECORD: &str = "target/client.fingerprint";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_crate_that_the_client_is_built_from_is_an_input() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let manifests: Vec<_> = INPUTS
            .iter()
            .filter(|it| it.starts_with("crates/") && it.ends_with("/Cargo.toml"))
            .collect();
        assert!(!manifests.is_empty());
        for manifest in manifests {
            let text = fs::read_to_string(root.join(manifest)).expect("the manifest is readable");
            let (_, rest) = text
                .split_once("\n[dependencies]\n")
                .expect("the manifest has dependencies");
            let normal = rest.split("\n[").next().unwrap_or_default();
            for name in normal
                .lines()
                .filter_map(|line| line.strip_prefix("inturn-"))
            {
                let name = name.split([' ', '.', '=']).next().unwrap_or_default();
                for input in ["Cargo.toml", "src"] {
                    let input = format!("crates/{name}/{input}");
                    assert!(INPUTS.contains(&input.as_str()), "{manifest} uses {input}");
                }
            }
        }
    }
}
