//! The Redis that the tests share limits through.

use std::{env, path::PathBuf};

use crate::{failure::Failure, os_release::System, run, system_packages, workspace::Workspace};

/// Finds `redis-server`, or installs it: the variable that tells the tests, and the program.
///
/// # Errors
///
/// One sentence where it can't be had.
pub(crate) fn ensure(workspace: &Workspace) -> Result<(&'static str, PathBuf), Failure> {
    let named = env::var_os(VARIABLE).filter(|value| !value.is_empty());
    if let Some(named) = named.map(PathBuf::from) {
        return match named.is_file() {
            true => Ok((VARIABLE, named)),
            false => Err(Failure::new(format!(
                "{VARIABLE} names {}, but there is no such program: correct the variable or take it \
                 away.",
                named.display()
            ))),
        };
    }
    if let Some(found) = run::find(PROGRAM) {
        return Ok((VARIABLE, found));
    }
    if system_packages::system() != System::Other {
        system_packages::install(workspace, system_packages::REDIS)?;
    }
    let found = run::find(PROGRAM).map(|found| (VARIABLE, found));
    found.ok_or_else(|| {
        Failure::new(format!(
            "The tests of shared limits need redis-server but it is not there: install Redis 7 or later \
             (Debian's package is redis-server), or name the program in {VARIABLE}."
        ))
    })
}

const PROGRAM: &[&str] = &["redis-server"];

const VARIABLE: &str = "INTURN_REDIS_SERVER";
