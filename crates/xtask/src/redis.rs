//! Finds the Redis server for the tests of shared limits.

use std::{env, path::PathBuf};

use crate::{failure::Failure, os_release::System, run, system_packages, workspace::Workspace};

/// Finds `redis-server`; installs it on Debian and Ubuntu as root.
///
/// Returns the variable that passes the path to the tests, and the path.
///
/// # Errors
///
/// Returns a message if the program is missing and can't be installed.
pub(crate) fn ensure(workspace: &Workspace) -> Result<(&'static str, PathBuf), Failure> {
    let value = env::var_os(VARIABLE).filter(|value| !value.is_empty());
    if let Some(path) = value.map(PathBuf::from) {
        return match path.is_file() {
            true => Ok((VARIABLE, path)),
            false => Err(Failure::new(format!(
                "{VARIABLE} names {}, but there is no such file: correct or unset the variable.",
                path.display()
            ))),
        };
    }
    if let Some(found) = run::find_on_path(PROGRAM) {
        return Ok((VARIABLE, found));
    }
    if system_packages::system() != System::Other {
        system_packages::install(workspace, system_packages::REDIS)?;
    }
    let found = run::find_on_path(PROGRAM).map(|found| (VARIABLE, found));
    found.ok_or_else(|| {
        Failure::new(format!(
            "The tests of shared limits need redis-server, which is not installed: install Redis 7 \
             or later (Debian's package is redis-server), or name the program in {VARIABLE}."
        ))
    })
}

const PROGRAM: &[&str] = &["redis-server"];

const VARIABLE: &str = "INTURN_REDIS_SERVER";
