//! Running programs, and saying so.

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::{failure::Failure, workspace::Workspace};

/// Announces a step on standard error, where cargo reports too.
pub(crate) fn step(what: &str) {
    eprintln!("\n==> {what}");
}

/// Says something about the step under way.
pub(crate) fn note(what: &str) {
    eprintln!("    {what}");
}

/// A program to be run in the repository's root, with our own tools first on its `PATH`.
pub(crate) fn program(workspace: &Workspace, name: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(name);
    command.current_dir(workspace.root());
    without_our_own_package(&mut command);
    let mut path = vec![workspace.tools().join("bin")];
    path.extend(search_path());
    if let Ok(path) = std::env::join_paths(path) {
        command.env("PATH", path);
    }
    command
}

/// The cargo that started us, or the one on the `PATH`.
pub(crate) fn cargo(workspace: &Workspace) -> Command {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    program(workspace, cargo)
}

/// `cargo run` tells us which package *we* are. A cargo that inherits this takes build scripts that
/// look at it (ring's does) for changed, and compiles them anew each time.
pub(crate) fn without_our_own_package(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy().into_owned();
        if name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") {
            command.env_remove(name);
        }
    }
}

/// Runs to the end with its output shown.
///
/// # Errors
///
/// `sentence` if the program fails, or one naming the program if it can't be started.
pub(crate) fn run(command: &mut Command, sentence: &str) -> Result<(), Failure> {
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(_) => Err(Failure::new(sentence)),
        Err(error) => Err(not_started(command, &error)),
    }
}

/// Runs to the end and gives what it printed, or nothing if it isn't there or fails.
pub(crate) fn output(command: &mut Command) -> Option<String> {
    let output = command.stderr(Stdio::null()).output().ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The sentence for a program that couldn't be started.
pub(crate) fn not_started(command: &Command, error: &std::io::Error) -> Failure {
    let name = Path::new(command.get_program());
    let name = name.file_name().unwrap_or(name.as_os_str());
    Failure::new(format!("{} can't be run: {error}.", name.to_string_lossy()))
}

/// The first of `names` that is on the `PATH`.
pub(crate) fn find(names: &[&str]) -> Option<PathBuf> {
    names.iter().find_map(|name| {
        search_path()
            .map(|folder| folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX)))
            .find(|file| file.is_file())
    })
}

fn search_path() -> impl Iterator<Item = PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).collect::<Vec<_>>().into_iter()
}
