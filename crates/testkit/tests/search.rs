//! The program that `cargo xtask test` runs after all tests.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use inturn_testkit::{OutputSource, secrets::KEY};

#[test]
fn a_printed_key_is_reported_without_showing_it() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let search = |arguments: &[&str]| run(folder.path(), arguments);
    assert!(
        search(&[]).status.success(),
        "a few tests may print nothing"
    );
    let empty = search(&["all"]);
    assert_eq!(empty.status.code(), Some(1));
    assert!(text(&empty).contains("some output was not kept"));
    for source in OutputSource::EXPECTED {
        let file = folder.path().join(format!("{}-1-1", source.file_prefix()));
        fs::write(file, source.expected_text()).expect("the folder can be written to");
    }
    assert!(search(&["all"]).status.success(), "nothing secret");
    let file = folder.path().join("server-1-2");
    fs::write(file, format!("INFO key={KEY}\n")).expect("the folder can be written to");
    for arguments in [&[][..], &["all"]] {
        let found = search(arguments);
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
fn a_missing_folder_fails() {
    let missing = run(Path::new("/nowhere/at/all"), &[]);
    assert_eq!(missing.status.code(), Some(1), "{}", text(&missing));
}

#[test]
fn wrong_arguments_are_refused() {
    let refused = run(Path::new("."), &["everything"]);
    assert_eq!(refused.status.code(), Some(2), "{}", text(&refused));
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_inturn-find-secrets"))
        .arg(folder)
        .args(arguments)
        .output()
        .expect("the program starts")
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}
