//! Files of all kinds.

use std::{
    fs::{self, Permissions},
    io::Read,
    os::unix::fs::{PermissionsExt, symlink},
    path::Path,
    process::Command,
    thread,
};

use inturn_terminal::output::{Format, OutputError, Target};
use inturn_transcript::TurnState;

use super::{
    reader::words,
    run::{Run, turn},
};

/// Writes a short document, and returns the first error.
fn write(format: Format, path: &Path) -> Result<(), OutputError> {
    let mut run = Run::new(format, &Target::File(path.to_owned()))?;
    run.begin(1)?;
    run.change(turn(1, 1, TurnState::Formatted, "word1"))?;
    run.end()?;
    run.finish()
}

fn message(result: Result<(), OutputError>) -> String {
    result.expect_err("it can't be written").to_string()
}

#[test]
fn an_existing_file_keeps_its_permissions() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("notes.json");
    for mode in [0o600, 0o640, 0o644] {
        fs::write(&path, "old").expect("written");
        fs::set_permissions(&path, Permissions::from_mode(mode)).expect("set");
        write(Format::Json, &path).expect("written");
        let permissions = fs::metadata(&path).expect("a file").permissions();
        assert_eq!(permissions.mode() & 0o777, mode);
    }
}

#[test]
fn a_new_file_has_the_permissions_of_any_new_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let [other, path] = ["other", "notes"].map(|it| folder.path().join(it));
    fs::write(&other, "").expect("written");
    write(Format::Srt, &path).expect("written");
    let mode = |path| fs::metadata(path).expect("a file").permissions().mode();
    assert_eq!(mode(&path), mode(&other));
}

#[test]
fn a_symbolic_link_stays_and_what_it_points_to_is_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let inner = folder.path().join("inner");
    fs::create_dir(&inner).expect("a folder");
    for format in [Format::Srt, Format::Jsonl] {
        for name in ["there", "not-there"] {
            let file = inner.join(name).with_extension(format.name());
            if name == "there" {
                fs::write(&file, "old").expect("written");
            }
            let link = folder.path().join(name).with_extension(format.name());
            let target = file.strip_prefix(folder.path()).expect("in the folder");
            symlink(target, &link).expect("a link");
            write(format, &link).expect("written");
            assert!(link.is_symlink());
            let text = fs::read_to_string(&file).expect("a file");
            assert_eq!(words(format, &text).expect("valid"), ["word1"]);
        }
    }
}

#[test]
fn an_error_names_the_file_and_the_reason() {
    let folder = tempfile::tempdir().expect("a folder");
    let read_only = folder.path().join("read-only");
    fs::write(&read_only, "old").expect("written");
    fs::set_permissions(&read_only, Permissions::from_mode(0o444)).expect("set");
    let missing = folder.path().join("missing/notes");
    for format in [Format::Text, Format::Jsonl] {
        for (path, reason) in [
            (&*missing, "its folder doesn't exist"),
            (&*read_only, "it is read-only"),
            (folder.path(), "it is a folder"),
        ] {
            let expected = format!("{} can't be written: {reason}.", path.display());
            assert_eq!(message(write(format, path)), expected);
        }
    }
    assert_eq!(fs::read_to_string(&read_only).expect("a file"), "old");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_one_error() {
    let path = Path::new("/dev/full");
    let mut run = Run::new(Format::Jsonl, &Target::File(path.to_owned())).expect("opens");
    let message = message(run.begin(1));
    assert_eq!(message, "/dev/full can't be written: the disk is full.");
    run.change(turn(1, 1, TurnState::Formatted, "word1"))
        .expect("it is reported once");
}

#[test]
fn a_folder_that_disappears_is_one_error_and_one_at_the_end() {
    let folder = tempfile::tempdir().expect("a folder");
    let inner = folder.path().join("inner");
    fs::create_dir(&inner).expect("a folder");
    let path = inner.join("notes.json");
    let mut run = Run::new(Format::Json, &Target::File(path.clone())).expect("opens");
    run.begin(1).expect("written");
    run.change(turn(1, 1, TurnState::Formatted, "word1"))
        .expect("written");
    fs::remove_dir_all(&inner).expect("removed");
    let mut change = |id| {
        let result = run.change(turn(1, id, TurnState::Formatted, "word2"));
        result.and_then(|()| run.pass_ms(5_000))
    };
    let expected = format!(
        "{} can't be written: its folder doesn't exist.",
        path.display()
    );
    assert_eq!(message(change(2)), expected);
    change(3).expect("it is reported once");
    let result = run.finish();
    assert_eq!(message(result), expected);
    fs::create_dir(&inner).expect("a folder");
    run.finish().expect("written");
    assert!(path.exists());
}

#[test]
fn a_named_pipe_is_written_at_the_end() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("pipe");
    let made = Command::new("mkfifo").arg(&path).status().expect("runs");
    assert!(made.success());
    let reader = thread::spawn({
        let path = path.clone();
        move || {
            let mut text = String::new();
            let mut pipe = fs::File::open(path).expect("opens");
            pipe.read_to_string(&mut text).expect("text");
            text
        }
    });
    write(Format::Vtt, &path).expect("written");
    let text = reader.join().expect("no panic");
    assert_eq!(words(Format::Vtt, &text).expect("valid"), ["word1"]);
}
