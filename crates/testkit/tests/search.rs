//! The program that `cargo xtask test` runs once all tests are over.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use inturn_testkit::{Place, secrets::KEY};

#[test]
fn a_planted_key_is_one_sentence_without_it() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let searched = |arguments: &[&str]| run(folder.path(), arguments);
    assert!(
        searched(&[]).status.success(),
        "a few tests may print nothing"
    );
    let nothing = searched(&["all"]);
    assert_eq!(nothing.status.code(), Some(1));
    assert!(text(&nothing).contains("not everything was kept"));
    for place in Place::EXPECTED {
        let file = folder.path().join(format!("{}-1-1", place.name()));
        fs::write(file, place.control()).expect("the folder is ours");
    }
    assert!(searched(&["all"]).status.success(), "nothing secret");
    let file = folder.path().join("server-1-2");
    fs::write(file, format!("INFO key={KEY}\n")).expect("the folder is ours");
    for arguments in [&[][..], &["all"]] {
        let found = searched(arguments);
        assert_eq!(found.status.code(), Some(1), "{arguments:?}");
        let found = text(&found);
        assert!(
            found.contains("an API key") && found.contains("server-1-2:1"),
            "{found}"
        );
        assert!(!found.contains(KEY), "{found}");
    }
}

#[test]
fn a_folder_that_is_not_there_fails() {
    let missing = run(Path::new("/nowhere/at/all"), &[]);
    assert_eq!(missing.status.code(), Some(1), "{}", text(&missing));
}

#[test]
fn arguments_that_make_no_sense_are_refused() {
    let refused = run(Path::new("."), &["everything"]);
    assert_eq!(refused.status.code(), Some(2), "{}", text(&refused));
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_inturn-search-printed"))
        .arg(folder)
        .args(arguments)
        .output()
        .expect("the program starts")
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}
