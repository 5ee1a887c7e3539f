//! Programs that keep to one core.

use std::{env, ffi::OsStr};

use tokio::process::Command;

/// A command that runs on one core, sees none of the measurer's variables, and ends when dropped.
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

/// With the folder that holds nginx, which isn't on everybody's.
pub(super) fn search_path() -> std::ffi::OsString {
    let mut path = env::var_os("PATH").unwrap_or_default();
    path.push(":/usr/sbin");
    path
}
