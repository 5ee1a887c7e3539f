//! Compiles the client's two wasm modules, and writes each with the script that loads it.

use std::path::Path;

use crate::{
    failure::Failure,
    run::{self, program, step},
    rustup::WASM_TARGET,
    shrink::short_names,
    workspace::Workspace,
};

/// A crate that is compiled to a module.
struct Module {
    /// The name of the crate, and of the module without `_bg.wasm`.
    name: &'static str,
    /// Arguments of wasm-bindgen in addition to [`BINDGEN`].
    bindgen: &'static [&'static str],
}

const MODULES: [Module; 2] = [
    Module {
        name: "inturn-web-client",
        // The page and the recorder say where the module is, because the page preloads it.
        bindgen: &["--omit-default-module-path"],
    },
    Module {
        name: "inturn-web-documents",
        bindgen: &[],
    },
];

/// The names of the modules.
#[cfg(test)]
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    MODULES.iter().map(|it| it.name)
}

/// Compiles the modules: the slowest part of a build.
///
/// # Errors
///
/// Returns an error if the crates can't be compiled.
pub(crate) fn compile(workspace: &Workspace) -> Result<(), Failure> {
    step("Compiling the client to WebAssembly (takes a minute the first time)");
    let packages = MODULES.iter().flat_map(|it| ["--package", it.name]);
    run::run(
        run::cargo(workspace)
            .args(["build", "--profile", PROFILE, "--target", WASM_TARGET])
            .args(packages)
            // Where `write` looks, whatever the person's settings are.
            .arg("--target-dir")
            .arg(workspace.path("target"))
            // These flags for the native build would replace those in `.cargo/config.toml`.
            .env_remove("RUSTFLAGS")
            .env_remove("CARGO_ENCODED_RUSTFLAGS"),
        "The client could not be compiled: fix the errors above.",
    )
}

/// Writes the compiled modules and their scripts into `folder`.
///
/// # Errors
///
/// Returns an error if wasm-bindgen fails.
pub(crate) fn write(workspace: &Workspace, folder: &Path) -> Result<(), Failure> {
    step("Writing the client's modules and their scripts (takes seconds)");
    for Module { name, bindgen } in &MODULES {
        let file = name.replace('-', "_");
        let compiled = workspace.path(&format!("target/{WASM_TARGET}/{PROFILE}/{file}.wasm"));
        run::run(
            program(workspace, "wasm-bindgen")
                .args(BINDGEN)
                .args(*bindgen)
                .args(["--out-name", name, "--out-dir"])
                .arg(folder)
                .arg(compiled),
            "wasm-bindgen could not write a module's script, see above.",
        )?;
    }
    Ok(())
}

/// Makes the modules in `folder` as small as possible, with short names in them and their scripts.
///
/// # Errors
///
/// Returns an error if wasm-opt fails, or if a script is not the one of its module.
pub(crate) fn shrink(workspace: &Workspace, folder: &Path) -> Result<(), Failure> {
    step("Making the modules small with wasm-opt (takes seconds)");
    for Module { name, .. } in &MODULES {
        let module = folder.join(format!("{name}_bg.wasm"));
        optimise(workspace, &module, &module)?;
        short_names::shorten(workspace, &module).map_err(|error| {
            let module = module.display();
            Failure::new(format!("Names in {module} can't be shortened: {error}."))
        })?;
    }
    Ok(())
}

/// Makes a module as small as possible.
///
/// # Errors
///
/// Returns an error if wasm-opt fails.
pub(crate) fn optimise(workspace: &Workspace, from: &Path, to: &Path) -> Result<(), Failure> {
    run::run(
        program(workspace, "wasm-opt")
            .args(OPTIMISATIONS)
            .arg(from)
            .arg("-o")
            .arg(to),
        "A wasm module could not be optimised, see above.",
    )
}

/// The profile in the root `Cargo.toml`.
pub(crate) const PROFILE: &str = "web";

/// For a page that imports the script as a module.
const BINDGEN: [&str; 3] = ["--target", "web", "--no-typescript"];

/// These give the smallest module after brotli: level z and inlining of functions with one caller
/// make it larger, and inlining of tiny functions makes it smaller.
pub(super) const OPTIMISATIONS: [&str; 3] = [
    "-O2",
    "--one-caller-inline-max-function-size=1",
    "--always-inline-max-function-size=6",
];
