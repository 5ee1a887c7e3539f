//! `cargo xtask serve`: the client built, the server running.

use std::process::Command;

use crate::{
    client,
    failure::Failure,
    os_release::System,
    run::{self, note, step},
    system_packages,
    workspace::Workspace,
};

/// Sets everything up and becomes the server.
///
/// # Errors
///
/// When something can't be set up or built; with the server running there is no return.
pub(crate) fn run(workspace: &Workspace, server_args: &[String]) -> Result<(), Failure> {
    offer_speech(workspace);
    client::ensure(workspace)?;
    step("Starting the server (compiled first if need be); Ctrl-C ends it");
    let mut server = run::cargo(workspace);
    // The server reads `.env` and relative paths where the person is, not where we are.
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
    become_program(server)
}

/// Installs PocketSphinx where that is possible. Its absence stops nothing: the local service then
/// plays a script.
fn offer_speech(workspace: &Workspace) {
    if system_packages::system() == System::Other {
        note(
            "without an API key the local service needs PocketSphinx 0.8 and its English model to \
             understand speech; where it finds none, it plays a script",
        );
        return;
    }
    let missing = system_packages::missing(workspace, system_packages::SPEECH);
    if missing.is_empty() {
        return;
    }
    if let Err(failure) = system_packages::install(workspace, &missing) {
        note(&failure.to_string());
        note("until then the local service plays a script instead of understanding speech");
    }
}

/// Replaces this process, so that signals reach the server and nothing is left between.
#[cfg(unix)]
fn become_program(mut command: Command) -> Result<(), Failure> {
    use std::os::unix::process::CommandExt as _;

    let error = command.exec();
    Err(run::not_started(&command, &error))
}

/// Waits for the server; the console sends Ctrl-C to it too.
#[cfg(not(unix))]
fn become_program(mut command: Command) -> Result<(), Failure> {
    run::run(&mut command, "The server ended with an error, see above.")
}
