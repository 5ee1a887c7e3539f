//! Runs programs and prints progress messages.

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::{failure::Failure, jobs, workspace::Workspace};

/// Prints the title of a step to standard error, where cargo prints its messages too.
pub(crate) fn step(title: &str) {
    show(&format!("\n==> {title}"));
}

/// Prints a detail of the current step.
pub(crate) fn info(message: &str) {
    show(&format!("    {message}"));
}

/// Prints a message, with its name if a job prints it.
fn show(message: &str) {
    if !jobs::print(message) {
        eprintln!("{message}");
    }
}

/// A command that runs in the repository's root, with `target/tools/bin` first on its `PATH`.
pub(crate) fn program(workspace: &Workspace, name: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(name);
    command.current_dir(workspace.root());
    remove_package_env(&mut command);
    let mut path = vec![workspace.tools().join("bin")];
    path.extend(path_folders());
    if let Ok(path) = std::env::join_paths(path) {
        command.env("PATH", path);
    }
    command
}

/// The cargo that started this program, or the one on the `PATH`.
pub(crate) fn cargo(workspace: &Workspace) -> Command {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    program(workspace, cargo)
}

/// Removes the variables with which `cargo run` describes the package it runs.
///
/// A nested cargo would inherit them. It would then rebuild crates whose build scripts read these
/// variables (ring's does) on every run.
pub(crate) fn remove_package_env(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy().into_owned();
        if name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") {
            command.env_remove(name);
        }
    }
}

/// Runs a program to its end. Shows its output; a job does so if it fails.
///
/// # Errors
///
/// Returns `message` if the program fails, or a message that names the program if it can't be
/// started.
pub(crate) fn run(command: &mut Command, message: &str) -> Result<(), Failure> {
    match jobs::status(command) {
        Ok(status) if status.success() => Ok(()),
        Ok(_) => Err(Failure::new(message)),
        Err(error) => Err(start_error(command, &error)),
    }
}

/// Runs a program to its end as [`run`] does. Returns whether it succeeds.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    jobs::status(command).is_ok_and(|status| status.success())
}

/// Runs a program to its end and returns its standard output; `None` if it can't be started or
/// fails.
pub(crate) fn output(command: &mut Command) -> Option<String> {
    let output = command.stderr(Stdio::null()).output().ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The failure for a program that couldn't be started.
pub(crate) fn start_error(command: &Command, error: &std::io::Error) -> Failure {
    let name = Path::new(command.get_program());
    let name = name.file_name().unwrap_or(name.as_os_str());
    Failure::new(format!(
        "{} can't be started: {error}.",
        name.to_string_lossy()
    ))
}

/// Returns the first of `names` that is on the `PATH`.
pub(crate) fn find_on_path(names: &[&str]) -> Option<PathBuf> {
    names.iter().find_map(|name| {
        path_folders()
            .map(|folder| folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX)))
            .find(|file| file.is_file())
    })
}

fn path_folders() -> impl Iterator<Item = PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).collect::<Vec<_>>().into_iter()
}
