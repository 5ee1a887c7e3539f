//! The program with libraries that are built here: usual, of another version, incomplete, damaged.

use std::{
    env, fs,
    io::BufReader,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use inturn_moonshine::pipe::{Line, Reply, read_reply, write_audio};

/// Builds the library with these `cfg`s.
fn library(folder: &Path, cfgs: &[&str]) -> PathBuf {
    let library = folder.join("libmoonshine.so");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/library/fake.rs");
    let mut rustc = Command::new(env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    rustc.args(["--crate-type", "cdylib", "--edition", "2024", "-o"]);
    rustc.arg(&library).arg(source).args(["-A", "warnings"]);
    for cfg in cfgs {
        rustc.args(["--cfg", cfg]);
    }
    assert!(rustc.status().expect("rustc starts").success());
    library
}

fn start(library: &Path, architecture: &str) -> Child {
    Command::new(env!("CARGO_BIN_EXE_inturn-moonshine"))
        .arg(library)
        .args(["model", architecture])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program starts")
}

/// Returns the first message of the program.
fn first_reply(library: &Path, architecture: &str) -> Reply {
    let mut child = start(library, architecture);
    let mut output = BufReader::new(child.stdout.take().expect("a pipe"));
    let reply = read_reply(&mut output).expect("a message");
    drop(child.stdin.take());
    child.wait().expect("it ends when its input ends");
    reply
}

fn reason(reply: Reply) -> String {
    match reply {
        Reply::Failed(reason) => reason,
        other => panic!("expected a failure, got {other:?}"),
    }
}

#[test]
fn words_have_times_within_the_piece_and_rests_of_an_earlier_call_are_dropped() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut child = start(&library(folder.path(), &[]), "0");
    let mut output = BufReader::new(child.stdout.take().expect("a pipe"));
    let mut input = child.stdin.take().expect("a pipe");
    assert_eq!(read_reply(&mut output).expect("a message"), Reply::Ready);
    for silence in [8_000, 0] {
        // Then half a second that isn't silent.
        let mut piece = vec![0; silence];
        piece.extend([1_000; 8_000]);
        write_audio(&mut input, &piece).expect("it reads");
        let expected = Line {
            text: "One two.".to_owned(),
            start_ms: silence as u32 / 16,
            end_ms: silence as u32 / 16 + 500,
        };
        let reply = read_reply(&mut output).expect("a message");
        assert_eq!(reply, Reply::Lines(vec![expected]));
    }
    drop(input);
    assert!(child.wait().expect("it ends when its input ends").success());
}

#[test]
fn a_library_of_another_version_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let reason = reason(first_reply(
        &library(folder.path(), &["other_version"]),
        "0",
    ));
    assert!(reason.contains("has version 40000"), "{reason}");
}

#[test]
fn a_library_without_a_function_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let reason = reason(first_reply(&library(folder.path(), &["incomplete"]), "0"));
    assert!(
        reason.contains("moonshine_load_transcriber_from_files"),
        "{reason}"
    );
}

#[test]
fn a_missing_library_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let reason = reason(first_reply(&folder.path().join("missing.so"), "0"));
    assert!(
        reason.starts_with("the library can't be loaded: "),
        "{reason}"
    );
    assert!(reason.contains("missing.so"), "{reason}");
}

/// The system refuses some such files. Others crash the program, as it reads what is not there.
#[test]
fn a_truncated_library_is_never_used() {
    let folder = tempfile::tempdir().expect("a folder");
    let library = library(folder.path(), &[]);
    let bytes = fs::read(&library).expect("it was built");
    for length in [0, 1_000, bytes.len() / 16] {
        fs::write(&library, &bytes[..length]).expect("a file");
        let mut child = start(&library, "0");
        let mut output = BufReader::new(child.stdout.take().expect("a pipe"));
        let reply = read_reply(&mut output);
        assert!(
            matches!(reply, Ok(Reply::Failed(_)) | Err(_)),
            "{length}: {reply:?}"
        );
        drop(child.stdin.take());
        child.wait().expect("it ends when its input ends");
    }
}

#[test]
fn a_model_that_the_library_refuses_is_reported_in_its_words() {
    let folder = tempfile::tempdir().expect("a folder");
    let reason = reason(first_reply(&library(folder.path(), &[]), "9"));
    assert_eq!(reason, "the model can't be opened: invalid argument");
}

#[test]
fn wrong_arguments_print_the_usage() {
    let output = Command::new(env!("CARGO_BIN_EXE_inturn-moonshine"))
        .output()
        .expect("the program starts");
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("Usage: inturn-moonshine"));
}
