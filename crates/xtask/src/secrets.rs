//! That no test's program has printed a secret, once all tests are over.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::{failure::Failure, run, workspace::Workspace};

/// An empty folder for what the programs of this run will print.
///
/// # Errors
///
/// When what an earlier run left can't be taken away.
pub(crate) fn fresh_folder(workspace: &Workspace) -> Result<PathBuf, Failure> {
    let folder = workspace.path("target/test-logs");
    let made = match fs::remove_dir_all(&folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => fs::create_dir_all(&folder),
    };
    made.map_err(|error| Failure::new(format!("{} can't be emptied: {error}.", folder.display())))?;
    Ok(folder)
}

/// Searches what was printed, by the program of `crates/testkit`. After `all_tests`, every kind of program must
/// have said what it always says; after a few there may be nothing.
///
/// # Errors
///
/// When a secret was found, or what must be there was not; the program has said which.
pub(crate) fn check(workspace: &Workspace, folder: &Path, all_tests: bool) -> Result<(), Failure> {
    let mut search = run::cargo(workspace);
    search
        .args(["run", "--quiet", "--package", "inturn-testkit"])
        // The search alone needs no other crate.
        .args([
            "--no-default-features",
            "--bin",
            "inturn-search-printed",
            "--",
        ])
        .arg(folder);
    if all_tests {
        search.arg("all");
    }
    run::run(
        &mut search,
        "Whether the tests have printed a secret: see what the search says above.",
    )
}

/// Names the folder to the tests.
pub(crate) const FOLDER: &str = "INTURN_TEST_LOG_DIR";
