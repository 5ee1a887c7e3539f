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

/// Starts a program that writes `path`, and kills it after it has reported so many finals. Returns
/// how many it has reported.
fn kill_after(finals: usize, format: Format, path: &Path) -> u32 {
    let program = env::current_exe().expect("this program");
    let mut child = Command::new(program)
        .args([
            "--exact",
            "killed::a_program_that_writes_until_it_is_killed",
        ])
        .env(PATH, path)
        .env(FORMAT, format.name())
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
