//! What two recordings write.

use std::{fs, path::Path, process::Command, thread};

use inturn_terminal::wording::ExitStatus;

use super::stage::{Stage, Voice, numbers, output};

fn voices() -> [Voice; 2] {
    [Voice::saying(0..9), Voice::saying(100..106)]
}

/// Runs both with an output to a named pipe, and returns what came out of it.
async fn piped(format: &str) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("pipe");
    let made = Command::new("mkfifo").arg(&path).status();
    assert!(made.is_ok_and(|it| it.success()), "a named pipe");
    let reader = thread::spawn({
        let path = path.clone();
        move || fs::read_to_string(path).expect("text")
    });
    let stage = Stage::start().await;
    let status = stage.run(&output(format, &path), voices()).await;
    assert_eq!(status, Ok(ExitStatus::Stopped));
    reader.join().expect("no panic")
}

#[tokio::test]
async fn lines_of_text_have_the_labels_of_both() {
    let text = piped("text").await;
    let of = |label: &str| {
        let lines = text.lines().filter_map(|it| it.strip_prefix(label));
        numbers(&lines.collect::<Vec<_>>().join(" "))
    };
    assert_eq!(of("You: "), Vec::from_iter(0..9), "{text}");
    assert_eq!(of("Meeting: "), Vec::from_iter(100..106), "{text}");
    assert_eq!(numbers(&text).len(), 15, "nothing else:\n{text}");
}

#[tokio::test]
async fn each_json_line_says_its_source() {
    let text = piped("jsonl").await;
    for (source, expected) in [("you", 0..9), ("meeting", 100..106)] {
        let lines = text.lines().map(|line| -> serde_json::Value {
            serde_json::from_str(line).expect("a line of JSON")
        });
        let lines: Vec<_> = lines.filter(|it| it["source"] == source).collect();
        let types: Vec<_> = lines.iter().filter_map(|it| it["type"].as_str()).collect();
        assert_eq!(
            types.iter().filter(|it| **it == "began").count(),
            1,
            "{types:?}"
        );
        assert_eq!(types.last(), Some(&"end"));
        let turns = lines.iter().filter(|it| it["type"] == "turn");
        let turns: Vec<_> = turns.filter_map(|it| it["text"].as_str()).collect();
        assert_eq!(numbers(&turns.join(" ")), Vec::from_iter(expected));
    }
    assert!(text.lines().all(|it| it.contains("\"source\"")), "{text}");
}

#[tokio::test]
async fn other_formats_have_a_file_for_each() {
    let folder = tempfile::tempdir().expect("a folder");
    let stage = Stage::start().await;
    let path = folder.path().join("talk.srt");
    let status = stage.run(&output("srt", &path), voices()).await;
    assert_eq!(status, Ok(ExitStatus::Stopped));
    for (name, expected) in [("talk.you.srt", 0..9), ("talk.meeting.srt", 100..106)] {
        let text = fs::read_to_string(folder.path().join(name)).expect("a file");
        assert!(srtparse::from_str(&text).is_ok(), "{text}");
        assert_eq!(numbers(&text), Vec::from_iter(expected), "{name}");
    }
    let files = fs::read_dir(folder.path()).expect("a folder").count();
    assert_eq!(files, 2);
}

#[tokio::test]
async fn one_stream_can_t_hold_two_documents() {
    let stage = Stage::start().await;
    for format in ["srt", "vtt", "md", "json"] {
        let result = stage.run(&output(format, Path::new("-")), voices()).await;
        let failure = result.expect_err("it is refused");
        assert_eq!(failure.status, ExitStatus::WrongUse);
        for part in ["--both", format, "--output", "jsonl"] {
            assert!(failure.message.contains(part), "{}", failure.message);
        }
    }
}
