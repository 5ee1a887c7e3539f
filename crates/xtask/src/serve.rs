//! `cargo xtask serve`: builds the client and runs the server.

use std::process::Command;

use crate::{
    client,
    failure::Failure,
    os_release::System,
    run::{self, info, step},
    system_packages,
    workspace::Workspace,
};

/// Installs what the server needs, builds the client, and replaces this process by the server.
///
/// # Errors
///
/// Returns an error if something can't be installed or built. Does not return once the server runs.
pub(crate) fn run(workspace: &Workspace, server_args: &[String]) -> Result<(), Failure> {
    try_install_speech(workspace);
    client::ensure(workspace)?;
    step("Starting the server (compiles it first if needed); Ctrl-C stops it");
    let mut server = run::cargo(workspace);
    // The server resolves `.env` and relative paths from the caller's folder, not from the root.
    if let Ok(folder) = std::env::current_dir() {
        server.current_dir(folder);
    }
    server
        .args(["run", "--manifest-path"])
        .arg(workspace.path("Cargo.toml"))
        .args(["--package", "inturn-server", "--bin", "inturn", "--"])
        .arg("--client-dir")
        .arg(workspace.dist())
        .args(server_args);
    exec(server)
}

/// Installs PocketSphinx if possible. It is optional: without it the local service plays a script.
fn try_install_speech(workspace: &Workspace) {
    if system_packages::system() == System::Other {
        info(
            "optional: without an API key the local service needs PocketSphinx 0.8 and its English \
             model to recognise speech; without them it plays a script",
        );
        return;
    }
    let missing = system_packages::missing(workspace, system_packages::SPEECH);
    if missing.is_empty() {
        return;
    }
    if let Err(failure) = system_packages::install(workspace, &missing) {
        info(&failure.to_string());
        info("without PocketSphinx the local service plays a script and recognises no speech");
    }
}

/// Replaces this process by `command`, so that signals reach the server directly.
#[cfg(unix)]
fn exec(mut command: Command) -> Result<(), Failure> {
    use std::os::unix::process::CommandExt as _;

    let error = command.exec();
    Err(run::start_error(&command, &error))
}

/// Runs `command` and waits for it. The console sends Ctrl-C to both processes.
#[cfg(not(unix))]
fn exec(mut command: Command) -> Result<(), Failure> {
    run::run(&mut command, "The server ended with an error, see above.")
}
