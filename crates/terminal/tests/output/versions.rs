//! When a file with a whole document is written.

use std::fs;

use inturn_terminal::output::{Format, OutputOptions, Target};
use inturn_transcript::TurnState;

use super::{
    reader::{WHOLE, words},
    run::{Run, Stdout, turn},
};

#[test]
fn a_final_is_written_soon_and_other_changes_once_a_second() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("notes.srt");
    let mut run = Run::new(Format::Srt, &Target::File(path.clone())).expect("opens");
    let read = || words(Format::Srt, &fs::read_to_string(&path).expect("a file")).expect("valid");
    run.begin(1).expect("written");
    assert!(!path.exists(), "there is nothing to write yet");
    run.change(turn(1, 1, TurnState::Open, "word1"))
        .expect("written");
    assert_eq!(read(), ["word1"]);
    run.pass_ms(100).expect("written");
    run.change(turn(1, 1, TurnState::Open, "word1 word2"))
        .expect("written");
    run.pass_ms(800).expect("written");
    assert_eq!(read(), ["word1"]);
    run.pass_ms(100).expect("written");
    assert_eq!(read(), ["word1", "word2"]);
    run.pass_ms(100).expect("written");
    run.change(turn(1, 1, TurnState::Open, "word1 word2 word3"))
        .expect("written");
    run.change(turn(1, 1, TurnState::Formatted, "word1 word2 word4"))
        .expect("written");
    assert_eq!(read(), ["word1", "word2"]);
    run.pass_ms(100).expect("written");
    assert_eq!(read(), ["word1", "word2", "word4"]);
    assert_eq!(run.output.next_wake(), None, "the file is up to date");
}

#[test]
fn an_old_file_stays_if_no_recording_begins() {
    let folder = tempfile::tempdir().expect("a folder");
    for format in WHOLE.into_iter().chain([Format::Jsonl]) {
        let path = folder.path().join(format.name());
        fs::write(&path, "old").expect("written");
        let target = Target::File(path.clone());
        let mut run = Run::new(format, &target).expect("opens");
        // The microphone could not be opened.
        run.end().expect("written");
        run.finish().expect("written");
        assert_eq!(fs::read_to_string(&path).expect("a file"), "old");
        let mut run = Run::new(format, &target).expect("opens");
        run.begin(1).expect("written");
        run.change(turn(1, 1, TurnState::Formatted, "word1"))
            .expect("written");
        let file = fs::read_to_string(&path).expect("a file");
        assert_eq!(words(format, &file).expect("valid"), ["word1"]);
    }
}

#[test]
fn several_recordings_are_one_document() {
    let folder = tempfile::tempdir().expect("a folder");
    for format in WHOLE {
        let path = folder.path().join(format.name());
        let mut run = Run::new(format, &Target::File(path.clone())).expect("opens");
        for id in [1, 2] {
            run.begin(id).expect("written");
            let text = format!("word{id}");
            run.change(turn(1, 1, TurnState::Formatted, &text))
                .expect("written");
            run.end().expect("written");
        }
        run.finish().expect("written");
        let file = fs::read_to_string(&path).expect("a file");
        assert_eq!(words(format, &file).expect("valid"), ["word1", "word2"]);
    }
}

#[test]
fn to_standard_output_a_document_is_written_once_at_the_end() {
    for format in WHOLE.into_iter().filter(|it| *it != Format::Text) {
        let stdout = Stdout::default();
        let options = OutputOptions::default();
        let output = Box::new(stdout.clone());
        let mut run = Run::with(format, &Target::Stdout, options, output).expect("opens");
        run.begin(1).expect("written");
        run.change(turn(1, 1, TurnState::Formatted, "word1"))
            .expect("written");
        run.end().expect("written");
        assert_eq!(stdout.text(), "");
        run.finish().expect("written");
        assert_eq!(words(format, &stdout.text()).expect("valid"), ["word1"]);
    }
}
