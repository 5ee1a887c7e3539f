//! That no test's program has printed a secret, once all tests are over.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use inturn_printed::{Place, Report, search};

use crate::{failure::Failure, run::note, workspace::Workspace};

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

/// Searches what was printed. After `all_tests`, every kind of program must have said what it always
/// says; after a few there may be nothing.
///
/// # Errors
///
/// One sentence for a secret that was found, which names its kind and the file, or for what is missing.
pub(crate) fn check(folder: &Path, all_tests: bool) -> Result<(), Failure> {
    let expected = if all_tests { EXPECTED } else { &[] };
    let Report { files, bytes } =
        search(folder, expected).map_err(|error| Failure::new(error.to_string()))?;
    note(&format!(
        "no key, token, passphrase or other secret in {bytes} bytes that programs printed ({files} files)"
    ));
    Ok(())
}

/// The recipes for proxies are tried on Linux alone.
const EXPECTED: &[Place] = if cfg!(target_os = "linux") {
    &Place::ALL
} else {
    &[
        Place::Server,
        Place::Emulator,
        Place::Log,
        Place::Console,
        Place::Answers,
        Place::Metrics,
        Place::Redis,
    ]
};

#[cfg(test)]
mod tests {
    use inturn_printed::secrets::KEY;

    use super::*;

    #[test]
    fn a_planted_key_is_one_sentence_without_it() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let all_is_said = || {
            for place in EXPECTED {
                let file = folder.path().join(format!("{}-1-1", place.name()));
                fs::write(file, place.control()).expect("the folder is ours");
            }
        };
        check(folder.path(), false).expect("a few tests may print nothing");
        let nothing = check(folder.path(), true).expect_err("nothing was kept");
        assert!(
            nothing.to_string().contains("not everything was kept"),
            "{nothing}"
        );
        all_is_said();
        check(folder.path(), true).expect("nothing secret");
        let file = folder.path().join("server-1-2");
        fs::write(file, format!("INFO key={KEY}\n")).expect("the folder is ours");
        for all_tests in [false, true] {
            let found = check(folder.path(), all_tests)
                .expect_err("a key")
                .to_string();
            assert!(
                found.contains("an API key") && found.contains("server-1-2:1"),
                "{found}"
            );
            assert!(!found.contains(KEY), "{found}");
        }
    }
}
