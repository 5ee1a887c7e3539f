//! Builds the client into `dist/`, unless `dist/` is already up to date.

pub(crate) mod modules;
mod sources;

use std::{fs, io, path::Path};

use crate::{
    compress,
    failure::Failure,
    fingerprint::Fingerprint,
    hash_names,
    jobs::{self, Job},
    run::{info, output, program, step},
    rustup, shrink,
    tools::{self, Modules},
    workspace::Workspace,
};

/// Installs the build tools, and builds the client if anything has changed since the last build.
///
/// # Errors
///
/// Returns an error if something can't be installed, read, built or written.
pub(crate) fn ensure(workspace: &Workspace) -> Result<(), Failure> {
    ensure_with(workspace, Modules::Small, Vec::new())
}

/// As [`ensure`], and runs other jobs while tools and client are compiled.
///
/// # Errors
///
/// Returns an error if that fails, or one of the jobs.
pub(crate) fn ensure_with(
    workspace: &Workspace,
    modules: Modules,
    others: Vec<Job<'_>>,
) -> Result<(), Failure> {
    rustup::ensure_wasm_target(workspace)?;
    // Computed before the build: files edited during the build trigger the next one.
    let inputs = fingerprint_of_inputs(workspace)?;
    // If npm was installed since, the modules become small.
    let accepts_large = modules == Modules::Any && !tools::gets_wasm_opt_in_seconds(workspace)?;
    let is_current = is_current(workspace, accepts_large, &inputs);
    let mut has_wasm_opt = false;
    let mut jobs = others;
    jobs.push(Job::new("tools", || {
        has_wasm_opt = tools::ensure_for_client(workspace, modules)?;
        Ok(())
    }));
    if !is_current {
        jobs.push(Job::new("page", || modules::compile(workspace)));
    }
    jobs::run(jobs)?;
    if is_current {
        info("the client in dist/ is up to date");
        return Ok(());
    }
    let size = if has_wasm_opt { SMALL } else { LARGE };
    // Built next to `dist/`, which stays whole if this fails.
    let folder = workspace.path(UNFINISHED);
    let failed = |error: io::Error| {
        let folder = folder.display();
        Failure::new(format!("The client can't be built in {folder}: {error}."))
    };
    create_empty(&folder)
        .and_then(|()| sources::copy(&workspace.path(SOURCES), &folder))
        .map_err(failed)?;
    modules::write(workspace, &folder)?;
    if has_wasm_opt {
        modules::shrink(workspace, &folder)?;
    } else {
        info("wasm-opt would take minutes to install here: the page is twice as large for now");
    }

    step("Minifying and compressing the client's files (takes seconds)");
    finish(workspace, &folder, &record(size, &inputs)).map_err(failed)
}

/// Makes an empty folder.
fn create_empty(folder: &Path) -> io::Result<()> {
    remove(folder)?;
    fs::create_dir_all(folder)
}

/// Minifies, names and compresses the files of `folder`, which becomes `dist/` with this record.
fn finish(workspace: &Workspace, folder: &Path, record: &str) -> io::Result<()> {
    let dist = workspace.dist();
    shrink::shrink_all(folder)?;
    hash_names::hash_names(folder)?;
    compress::compress_all(folder)?;
    remove(&dist)?;
    fs::rename(folder, &dist)?;
    let dist = fingerprint_of_folder(&dist)?;
    fs::write(workspace.path(RECORD), format!("{record}{dist}\n"))
}

fn remove(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Returns `true` if the last build had the same inputs and `dist/` is unchanged since.
fn is_current(workspace: &Workspace, accepts_large: bool, inputs: &str) -> bool {
    let stored = fs::read_to_string(workspace.path(RECORD)).unwrap_or_default();
    recorded_dist(&stored, accepts_large, inputs)
        .is_some_and(|dist| fingerprint_of_folder(&workspace.dist()).is_ok_and(|it| it == dist))
}

/// Returns the fingerprint of `dist/` in a stored record, if it is that of a build of these inputs.
fn recorded_dist<'a>(stored: &'a str, accepts_large: bool, inputs: &str) -> Option<&'a str> {
    let of = |size| stored.strip_prefix(&record(size, inputs));
    let dist = of(SMALL).or_else(|| of(LARGE).filter(|_| accepts_large));
    dist.map(str::trim_end)
}

/// The record of a build, before the fingerprint of `dist/`.
fn record(size: &str, inputs: &str) -> String {
    format!("modules {size}\nsources {inputs}\ndist ")
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
    "crates/xtask/src/client",
    "crates/xtask/src/client.rs",
    "crates/xtask/src/compress.rs",
    "crates/xtask/src/hash_names.rs",
    "crates/xtask/src/shrink",
    "crates/xtask/src/shrink.rs",
    SOURCES,
];

/// The page, its scripts and its style sheets.
const SOURCES: &str = "public";

/// The folder of a build that is not finished.
const UNFINISHED: &str = "target/client";

/// The words for modules with and without wasm-opt in [`RECORD`].
const SMALL: &str = "small";
const LARGE: &str = "large";

/// The file with the fingerprints of the last build.
const RECORD: &str = "target/client.fingerprint";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_modules_are_accepted_only_where_they_are_enough() {
        let [small, large] = [SMALL, LARGE].map(|size| record(size, "abc") + "def\n");
        for (stored, accepts_large, inputs, expected) in [
            (&small, false, "abc", Some("def")),
            (&small, true, "abc", Some("def")),
            (&large, true, "abc", Some("def")),
            (&large, false, "abc", None),
            (&small, true, "abd", None),
            (&String::new(), true, "abc", None),
        ] {
            assert_eq!(recorded_dist(stored, accepts_large, inputs), expected);
        }
    }

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
