//! Programs that are pinned to a core.

use std::{env, ffi::OsStr};

use tokio::process::Command;

/// Returns a command that runs on one core without our environment, and is killed on drop.
pub(super) fn pinned(core: usize, program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new("taskset");
    command
        .args(["--cpu-list", &core.to_string()])
        .arg(program)
        .env_clear()
        .env("PATH", search_path())
        .kill_on_drop(true);
    command
}

/// Returns `PATH` with the folder of nginx, which `PATH` often lacks.
pub(super) fn search_path() -> std::ffi::OsString {
    let mut path = env::var_os("PATH").unwrap_or_default();
    path.push(":/usr/sbin");
    path
}
