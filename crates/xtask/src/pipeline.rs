//! The modules that the bench runs in a browser.

use std::fs;

use crate::{
    failure::Failure,
    run::{self, program, step},
    rustup::WASM_TARGET,
    workspace::Workspace,
};

/// Builds the core's way from a block to a frame as the client is built, with vector instructions
/// and without.
///
/// # Errors
///
/// When one can't be built or written.
pub(crate) fn build(workspace: &Workspace) -> Result<(), Failure> {
    step("Building what a browser runs for the bench (a minute the first time)");
    let folder = workspace.path(MODULES);
    fs::create_dir_all(&folder)
        .map_err(|error| Failure::new(format!("{} can't be made: {error}.", folder.display())))?;
    for (name, flag) in [("simd128", "+simd128"), ("scalar", "-simd128")] {
        run::run(
            run::cargo(workspace)
                .args(["build", "--profile", "web", "--target", WASM_TARGET])
                .args(["--package", "inturn-bench-kit"])
                // In place of what `.cargo/config.toml` says for this target.
                .env("RUSTFLAGS", format!("-C target-feature={flag}"))
                .env_remove("CARGO_ENCODED_RUSTFLAGS"),
            "The module that is measured could not be built, see above.",
        )?;
        let built = format!("target/{WASM_TARGET}/web/inturn_bench_kit.wasm");
        run::run(
            program(workspace, "wasm-opt")
                // As `public/index.html` has Trunk do it.
                .arg("-Oz")
                .arg(workspace.path(&built))
                .arg("-o")
                .arg(folder.join(format!("pipeline-{name}.wasm"))),
            "The module that is measured could not be made small, see above.",
        )?;
    }
    Ok(())
}

/// Where the modules for the browser go.
pub(crate) const MODULES: &str = "target/bench";
