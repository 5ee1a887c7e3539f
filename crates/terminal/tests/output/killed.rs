//! A program that is killed.

use std::{
    env, fs,
    io::{self, BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use inturn_terminal::output::{Format, Target};
use inturn_transcript::TurnState;

use super::{
    reader::{WHOLE, words},
    run::{Run, turn},
};

#[test]
fn a_killed_program_leaves_a_complete_file_with_all_reported_finals() {
    for format in WHOLE.into_iter().chain([Format::Jsonl]) {
        for finals in [1, 2, 17, 50] {
            let folder = tempfile::tempdir().expect("a folder");
            let path = folder.path().join("notes");
            let reported = kill_after(finals, format, &path);
            let file = fs::read_to_string(&path).expect("a file");
            let words = words(format, &file);
            let words = words.unwrap_or_else(|error| panic!("{format:?}: {error}"));
            let expected: Vec<String> = (0..reported).flat_map(words_of).collect();
            assert!(words.starts_with(&expected), "{format:?}, {finals}");
        }
    }
}

/// The limit of the size of files stands in for the size of a disk.
#[test]
fn a_full_disk_leaves_a_complete_file_with_all_reported_finals() {
    for format in WHOLE.into_iter().chain([Format::Jsonl]) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("notes");
        let mut shell = Command::new("sh");
        shell
            .args(["-c", "trap '' XFSZ; ulimit -f 400; exec \"$0\" \"$@\""])
            .arg(env::current_exe().expect("this program"));
        let output = writer(&mut shell, format, &path).output().expect("runs");
        assert!(!output.status.success(), "it stops at the first error");
        let reports = String::from_utf8(output.stderr).expect("text");
        let reported = reports
            .lines()
            .filter(|it| it.starts_with("final "))
            .count();
        assert!(reported > 10, "{format:?}: {reports}");
        let file = fs::read_to_string(&path).expect("a file");
        let words = words(format, &file);
        let words = words.unwrap_or_else(|error| panic!("{format:?}: {error}"));
        let expected: Vec<String> = (0..reported as u32).flat_map(words_of).collect();
        assert_eq!(words, expected, "{format:?}");
        let files = fs::read_dir(folder.path()).expect("a folder").count();
        assert_eq!(files, 1, "no temporary file is left");
    }
}

/// Makes `command`, which runs this program, one that writes `path`.
fn writer<'a>(command: &'a mut Command, format: Format, path: &Path) -> &'a mut Command {
    command
        .args([
            "--exact",
            "killed::a_program_that_writes_until_it_is_killed",
        ])
        .env(PATH, path)
        .env(FORMAT, format.name())
}

/// Starts a program that writes `path`, and kills it after it has reported so many finals. Returns
/// how many it has reported.
fn kill_after(finals: usize, format: Format, path: &Path) -> u32 {
    let mut program = Command::new(env::current_exe().expect("this program"));
    let mut child = writer(&mut program, format, path)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("started");
    let stderr = BufReader::new(child.stderr.take().expect("a pipe"));
    let mut lines = stderr.lines().map_while(Result::ok);
    let mut reported = lines.by_ref().take(finals).count();
    child.kill().expect("it still runs");
    child.wait().expect("it was killed");
    reported += lines.count();
    reported as u32
}

/// Not a test by itself: the program that the test above starts.
#[test]
fn a_program_that_writes_until_it_is_killed() {
    let (Ok(path), Ok(format)) = (env::var(PATH), env::var(FORMAT)) else {
        return;
    };
    let format = format.parse().expect("a format");
    let mut run = Run::new(format, &Target::File(PathBuf::from(path))).expect("opens");
    run.begin(1).expect("written");
    for id in 0.. {
        let words: Vec<String> = words_of(id).collect();
        let change = turn(1, id, TurnState::Formatted, &words.join(" "));
        run.change(change).expect("written");
        writeln!(io::stderr(), "final {id}").expect("the test reads it");
        run.pass_ms(1_000).expect("written");
    }
}

/// Returns the words of a final: enough that a program is killed while it writes.
fn words_of(id: u32) -> impl Iterator<Item = String> {
    (0..100).map(move |at| format!("word{id}.{at}"))
}

const PATH: &str = "INTURN_TEST_OUTPUT_PATH";
const FORMAT: &str = "INTURN_TEST_OUTPUT_FORMAT";
