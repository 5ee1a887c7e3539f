//! Builds the wasm modules that the bench runs in a browser.

use std::fs;

use crate::{
    client::modules::{self, PROFILE},
    failure::Failure,
    run::{self, step},
    rustup::WASM_TARGET,
    workspace::Workspace,
};

/// Builds the core's audio pipeline (from a block to a frame) with the client's settings: once with
/// SIMD instructions and once without.
///
/// # Errors
///
/// Returns an error if a module can't be built or written.
pub(crate) fn build(workspace: &Workspace) -> Result<(), Failure> {
    step("Building the wasm modules for the bench (takes a minute the first time)");
    let folder = workspace.path(MODULES);
    fs::create_dir_all(&folder).map_err(|error| {
        Failure::new(format!("{} can't be created: {error}.", folder.display()))
    })?;
    for (name, flag) in [("simd128", "+simd128"), ("scalar", "-simd128")] {
        run::run(
            run::cargo(workspace)
                .args(["build", "--profile", PROFILE, "--target", WASM_TARGET])
                .args(["--package", "inturn-bench-kit", "--target-dir"])
                .arg(workspace.path("target"))
                // Replaces the flags of `.cargo/config.toml` for this target.
                .env("RUSTFLAGS", format!("-C target-feature={flag}"))
                .env_remove("CARGO_ENCODED_RUSTFLAGS"),
            "The wasm module for the bench could not be built, see above.",
        )?;
        let built = format!("target/{WASM_TARGET}/{PROFILE}/inturn_bench_kit.wasm");
        let module = folder.join(format!("pipeline-{name}.wasm"));
        modules::optimise(workspace, &workspace.path(&built), &module)?;
    }
    Ok(())
}

/// The folder for the modules.
pub(crate) const MODULES: &str = "target/bench";
