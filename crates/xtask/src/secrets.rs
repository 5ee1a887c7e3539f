//! Checks after the tests that no program has printed a secret.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::{failure::Failure, run, workspace::Workspace};

/// Creates an empty folder for the output of the programs that the tests start.
///
/// # Errors
///
/// Returns an error if the folder of an earlier run can't be deleted.
pub(crate) fn create_log_folder(workspace: &Workspace) -> Result<PathBuf, Failure> {
    let folder = workspace.path("target/test-logs");
    let made = match fs::remove_dir_all(&folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => fs::create_dir_all(&folder),
    };
    made.map_err(|error| Failure::new(format!("{} can't be emptied: {error}.", folder.display())))?;
    Ok(folder)
}

/// Searches the printed output for secrets, with the program of `crates/testkit`.
///
/// If `all_tests_ran`, the search also requires output from every kind of program, so that it can't
/// pass on an empty folder. After a selection of tests there may be no output.
///
/// # Errors
///
/// Returns an error if a secret was found or if required output is missing; the search prints the
/// details.
pub(crate) fn search(
    workspace: &Workspace,
    folder: &Path,
    all_tests_ran: bool,
) -> Result<(), Failure> {
    let mut search = run::cargo(workspace);
    search
        .args(["run", "--quiet", "--package", "inturn-testkit"])
        // The search program needs none of testkit's dependencies.
        .args([
            "--no-default-features",
            "--bin",
            "inturn-find-secrets",
            "--",
        ])
        .arg(folder);
    if all_tests_ran {
        search.arg("all");
    }
    run::run(
        &mut search,
        "The search for printed secrets failed, see above.",
    )
}

/// The variable that passes the folder's path to the tests.
pub(crate) const LOG_FOLDER_VARIABLE: &str = "INTURN_TEST_LOG_DIR";
