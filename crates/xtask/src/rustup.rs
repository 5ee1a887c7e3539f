//! Installs the optional parts of the Rust toolchain: targets and components.

use std::path::Path;

use crate::{
    failure::Failure,
    run::{self, output, program, step},
    workspace::Workspace,
};

/// The target of the client.
pub(crate) const WASM_TARGET: &str = "wasm32-unknown-unknown";

/// Installs the standard library for [`WASM_TARGET`] if it is missing.
///
/// # Errors
///
/// Returns an error if rustup is missing or fails.
pub(crate) fn ensure_wasm_target(workspace: &Workspace) -> Result<(), Failure> {
    ensure_target(workspace, WASM_TARGET)
}

/// Installs the standard library for `target` if it is missing.
///
/// # Errors
///
/// Returns an error if rustup is missing or fails.
pub(crate) fn ensure_target(workspace: &Workspace, target: &str) -> Result<(), Failure> {
    // Look for the library itself: a toolchain that rustup did not install may have it too.
    let sysroot = output(program(workspace, "rustc").args(["--print", "sysroot"]));
    let installed = sysroot.is_some_and(|sysroot| {
        Path::new(sysroot.trim())
            .join("lib/rustlib")
            .join(target)
            .join("lib")
            .is_dir()
    });
    if installed {
        return Ok(());
    }
    step(&format!("Installing the Rust target {target} (20 MB)"));
    rustup(workspace, &["target", "add", target])
}

/// Installs rustfmt and clippy if they are missing.
///
/// # Errors
///
/// Returns an error if rustup is missing or fails.
pub(crate) fn ensure_components(workspace: &Workspace) -> Result<(), Failure> {
    for (component, subcommand) in [("rustfmt", "fmt"), ("clippy", "clippy")] {
        let mut version = run::cargo(workspace);
        if output(version.args([subcommand, "--version"])).is_none() {
            step(&format!("Installing the Rust component {component}"));
            rustup(workspace, &["component", "add", component])?;
        }
    }
    Ok(())
}

fn rustup(workspace: &Workspace, args: &[&str]) -> Result<(), Failure> {
    let command = format!("rustup {}", args.join(" "));
    if run::find_on_path(&["rustup"]).is_none() {
        return Err(Failure::new(format!(
            "rustup is missing: install Rust from https://rustup.rs, then run `{command}`."
        )));
    }
    run::run(
        program(workspace, "rustup").args(args),
        &format!("`{command}` failed, see above: check the network and run it again."),
    )
}
