//! `cargo xtask serve` and `cargo xtask listen`: build a program and run it.

use std::{env, fs, path::PathBuf, process::Command};

use crate::{
    client,
    failure::Failure,
    jobs::Job,
    moonshine,
    os_release::System,
    run::{self, info, step},
    system_packages,
    tools::Modules,
    workspace::Workspace,
};

/// Installs what the server needs, builds the client, and replaces this process by the server.
///
/// # Errors
///
/// Returns an error if something can't be installed or built. Does not return once the server runs.
pub(crate) fn run(workspace: &Workspace, server_args: &[String]) -> Result<(), Failure> {
    let mut moonshine = None;
    let mut jobs = vec![Job::new("server", || compile_server(workspace))];
    if uses_local_service(server_args) {
        jobs.push(Job::new("speech", || {
            moonshine = try_install_speech(workspace);
            Ok(())
        }));
    }
    client::ensure_with(workspace, Modules::Any, jobs)?;
    step("Starting the server; Ctrl-C stops it");
    let mut server = start(workspace, SERVER, moonshine);
    server
        .arg("--client-dir")
        .arg(workspace.dist())
        .args(server_args);
    exec(server)
}

/// Installs what the terminal client needs, and replaces this process by it.
///
/// # Errors
///
/// Returns an error if it can't be compiled. Does not return once it runs.
pub(crate) fn listen(workspace: &Workspace, listen_args: &[String]) -> Result<(), Failure> {
    step("Building inturn-listen");
    run::run(
        run::cargo(workspace).arg("build").args(LISTEN),
        "The terminal client could not be compiled: fix the errors above.",
    )?;
    let may_transcribe = !only_prints(listen_args) && !uses_server(listen_args);
    let moonshine = if may_transcribe && uses_local_service(listen_args) {
        try_install_speech(workspace)
    } else {
        None
    };
    let mut listen = start(workspace, LISTEN, moonshine);
    listen.args(listen_args);
    exec(listen)
}

/// Returns the command that runs a program. Its arguments follow.
fn start(workspace: &Workspace, program: [&str; 4], moonshine: Option<PathBuf>) -> Command {
    let mut command = run::cargo(workspace);
    // Programs resolve `.env` and relative paths from the caller's folder, not from the root.
    if let Ok(folder) = env::current_dir() {
        command.current_dir(folder);
    }
    if let Some(folder) = moonshine {
        command.env(MOONSHINE_DIR, folder);
    }
    command
        .args(["run", "--quiet", "--manifest-path"])
        .arg(workspace.path("Cargo.toml"))
        .args(program)
        .arg("--");
    command
}

fn compile_server(workspace: &Workspace) -> Result<(), Failure> {
    run::run(
        run::cargo(workspace).arg("build").args(SERVER),
        "The server could not be compiled: fix the errors above.",
    )
}

/// Whether a program will probably use the local service: it is chosen, or there is no key.
fn uses_local_service(args: &[String]) -> bool {
    let is_chosen = |argument: &String| argument.starts_with("--local-service");
    args.iter().any(is_chosen) || is_set("INTURN_LOCAL_SERVICE") || !is_any_set(&KEYS)
}

/// Whether the terminal client will use the server of a team.
fn uses_server(args: &[String]) -> bool {
    args.iter().any(|it| it.starts_with("--server")) || is_any_set(&["INTURN_SERVER"])
}

/// Whether the terminal client will only print something, and transcribe nothing.
fn only_prints(args: &[String]) -> bool {
    let command = args.first().map_or("", String::as_str);
    ["devices", "completions", "man"].contains(&command)
        || args
            .iter()
            .any(|it| ["--help", "-h", "--version", "-V"].contains(&it.as_str()))
}

/// Whether one of these variables is set, in the environment or in the file `.env`.
fn is_any_set(names: &[&str]) -> bool {
    names.iter().any(|name| is_set(name))
        || fs::read_to_string(".env").is_ok_and(|text| sets_any(&text, names))
}

fn is_set(name: &str) -> bool {
    env::var_os(name).is_some_and(|value| !value.is_empty())
}

/// Whether a `.env` file sets one of these variables.
fn sets_any(dotenv: &str, names: &[&str]) -> bool {
    dotenv.lines().any(|line| {
        let line = line.trim().trim_start_matches("export ");
        let (name, value) = line.split_once('=').unwrap_or_default();
        names.contains(&name.trim()) && !value.trim().is_empty()
    })
}

/// Installs a speech recogniser if possible, and returns Moonshine's folder if it is new to the
/// program. It is optional: without a recogniser the local service plays a script.
fn try_install_speech(workspace: &Workspace) -> Option<PathBuf> {
    if env::var_os(MOONSHINE_DIR).is_some() {
        return None;
    }
    match moonshine::ensure(workspace) {
        Ok(folder) => Some(folder),
        Err(failure) => {
            info(&failure.to_string());
            info(
                "without Moonshine the local service uses PocketSphinx, which is far less accurate",
            );
            try_install_pocketsphinx(workspace);
            None
        }
    }
}

fn try_install_pocketsphinx(workspace: &Workspace) {
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

/// Arguments of cargo that select the server.
const SERVER: [&str; 4] = ["--package", "inturn-server", "--bin", "inturn"];

/// Arguments of cargo that select the terminal client.
const LISTEN: [&str; 4] = ["--package", "inturn-terminal", "--bin", "inturn-listen"];

/// The variables for the API key.
const KEYS: [&str; 2] = ["ASSEMBLYAI_API_KEY", "ASSEMBLYAI_API_KEY_FILE"];

/// The variable for the folder of the package.
const MOONSHINE_DIR: &str = "INTURN_MOONSHINE_DIR";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_in_a_dotenv_file_is_found() {
        for (text, expected) in [
            ("ASSEMBLYAI_API_KEY=abc", true),
            ("# keys\nexport ASSEMBLYAI_API_KEY_FILE = key.txt\n", true),
            ("ASSEMBLYAI_API_KEY=\n", false),
            ("# ASSEMBLYAI_API_KEY=abc", false),
            ("INTURN_LISTEN=127.0.0.1:9000", false),
            ("", false),
        ] {
            assert_eq!(sets_any(text, &KEYS), expected, "{text:?}");
        }
    }
    #[test]
    fn what_only_prints_needs_no_speech_library() {
        for (args, expected) in [
            ("devices", true),
            ("man", true),
            ("completions bash", true),
            ("--help", true),
            ("check -h", true),
            ("-V", true),
            ("--version", true),
            ("", false),
            ("check", false),
            ("--local-service devices.wav", false),
            ("--save man", false),
        ] {
            let args: Vec<String> = args.split_whitespace().map(str::to_owned).collect();
            assert_eq!(only_prints(&args), expected, "{args:?}");
        }
    }

    #[test]
    fn a_server_among_the_arguments_is_found() {
        for args in [&["--server", "https://x.example"][..], &["--server=x"]] {
            let args: Vec<String> = args.iter().map(|it| (*it).to_owned()).collect();
            assert!(uses_server(&args), "{args:?}");
        }
        assert!(sets_any(
            "export INTURN_SERVER=https://x.example",
            &["INTURN_SERVER"]
        ));
    }
}
