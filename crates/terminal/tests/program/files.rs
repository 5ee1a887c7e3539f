//! Files that the program writes.

use std::{collections::BTreeMap, fs, path::PathBuf, time::Duration};

use inturn_client::{FileSource, Options, Recording, ServiceTokens};
use inturn_emulator::RecogniserChoice;
use inturn_protocol::{ConnectionParameters, SpeechModel};
use inturn_service::ApiKey;
use inturn_terminal::output::Format;
use inturn_testkit::secrets::KEY;
use rustix::process::Signal;
use tokio::{
    task::JoinSet,
    time::{sleep, timeout},
};

use crate::{
    audio::{raw, speech, words, write_wav},
    output::DEADLINE,
    program::Program,
    reader::{self, WHOLE},
    stage::{Stage, options},
};

#[tokio::test(flavor = "multi_thread")]
async fn files_of_all_formats_are_valid_and_have_the_same_words() {
    let stage = Stage::start("[]").await;
    let folder = tempfile::tempdir().expect("a folder");
    let mut runs = JoinSet::new();
    for format in Format::ALL {
        // The name of the file says its format, but for text.
        let path = folder.path().join(format!("talk.{}", format.name()));
        let mut program = Program::at(&stage, ["talk.wav"]);
        write_wav(&program.folder().join("talk.wav"), &speech(0..6));
        program
            .args
            .extend(["--output".into(), path.clone().into()]);
        if format == Format::Text {
            program.args.extend(["--format".into(), "text".into()]);
        }
        runs.spawn(async move { (format, path, program.run().await) });
    }
    for (format, path, ended) in runs.join_all().await {
        assert_eq!(ended.status, Some(0), "{format:?}: {ended:?}");
        assert_eq!(ended.stdout, "", "{format:?}");
        let file = fs::read_to_string(path).expect("a file");
        let found = reader::words(format, &file);
        assert_eq!(found, Ok(words(6)), "{format:?}: {file}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_program_leaves_valid_files_with_every_final() {
    let mut runs = JoinSet::new();
    for format in WHOLE.into_iter().chain([Format::Jsonl]) {
        runs.spawn(async move { (format, killed(format).await) });
    }
    for (format, file) in runs.join_all().await {
        let found = reader::words(format, &file);
        let found = found.unwrap_or_else(|error| panic!("{format:?}: {error}: {file}"));
        assert!(found.starts_with(&words(6)), "{format:?}: {file}");
    }
}

/// Kills the program while it writes, after two turns have ended. Returns its file.
async fn killed(format: Format) -> String {
    let stage = Stage::start("[]").await;
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("talk");
    let mut program = Program::at(&stage, ["--rate", "16000", "--format", format.name()]);
    program
        .args
        .extend(["--output".into(), path.clone().into()]);
    let mut running = program.start();
    running.feed_all(raw(&speech(0..99)));
    wait_for_file(&path, "word5.").await;
    running.signal(Signal::KILL);
    assert_eq!(running.end().await.status, None);
    fs::read_to_string(path).expect("a file")
}

async fn wait_for_file(path: &PathBuf, text: &str) {
    let waiting = async {
        while !fs::read_to_string(path).is_ok_and(|file| file.contains(text)) {
            sleep(POLL).await;
        }
    };
    let written = timeout(DEADLINE, waiting).await;
    written.unwrap_or_else(|_| panic!("{text:?} is never written"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_cannot_be_written_is_refused_at_the_start() {
    let stage = Stage::start("[]").await;
    for (name, reason) in [
        ("missing/talk.srt", "its folder doesn't exist"),
        ("missing/talk.jsonl", "its folder doesn't exist"),
        ("..", "it is a folder"),
    ] {
        let program = Program::at(&stage, ["--rate", "16000", "--format", "srt", "-o", name]);
        let ended = program.run_with(raw(&speech(0..3))).await;
        assert_eq!(ended.status, Some(1), "{ended:?}");
        let expected = format!("inturn-listen: {name} can't be written: {reason}.\n");
        assert_eq!(ended.stderr, expected);
    }
    assert_eq!(stage.emulator.sessions().len(), 0);
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_one_sentence() {
    let stage = Stage::start("[]").await;
    let format = ["--rate", "16000", "--format", "jsonl", "--quiet"];
    let to_file = Program::at(&stage, format.into_iter().chain(["-o", "/dev/full"]));
    let mut to_file = to_file.start();
    to_file.feed_all(raw(&speech(0..3)));
    let full = fs::File::options().write(true).open("/dev/full");
    let mut to_stdout = Program::at(&stage, format).start_with(full.expect("opens"));
    to_stdout.feed_all(raw(&speech(0..3)));
    for (running, name) in [(to_file, "/dev/full"), (to_stdout, "Standard output")] {
        let ended = running.end().await;
        assert_eq!(ended.status, Some(1), "{ended:?}");
        let expected = format!("{name} can't be written: the disk is full.\n");
        assert_eq!(ended.stderr, expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_of_a_voice_has_the_words_that_the_library_finds() {
    let stage = Stage::with(inturn_emulator::Options {
        recogniser: RecogniserChoice::PocketSphinx,
        ..options()
    })
    .await;
    let expected = by_the_library(&stage).await;
    assert!(expected.len() > 5, "{expected:?}");
    for formats in [[Format::Srt, Format::Vtt], [Format::Json, Format::Text]] {
        let mut runs = JoinSet::new();
        for format in formats {
            let program = Program::at(&stage, [VOICE, "--format", format.name()]);
            runs.spawn(async move { (format, program.run().await) });
        }
        let found: BTreeMap<&str, Vec<String>> = runs
            .join_all()
            .await
            .into_iter()
            .map(|(format, ended)| {
                assert_eq!(ended.status, Some(0), "{ended:?}");
                let texts = reader::texts(format, &ended.stdout).expect("valid");
                (
                    format.name(),
                    inturn_testkit::words::words(&texts.join(" ")),
                )
            })
            .collect();
        for (format, found) in found {
            assert_eq!(found, expected, "{format}");
        }
    }
}

/// Returns the words that the client library gets for the same file.
async fn by_the_library(stage: &Stage) -> Vec<String> {
    let key = ApiKey::parse(KEY).expect("a key").expect("not empty");
    let parameters = ConnectionParameters {
        speech_model: Some(SpeechModel::default()),
        ..ConnectionParameters::default()
    };
    let tokens = ServiceTokens::new(stage.url.parse().expect("a URL"), key, parameters);
    let source = FileSource::open(VOICE, None).expect("pocketsphinx-testdata");
    let (_handle, mut events) = Recording::start(source, Options::new(tokens));
    while events.next().await.is_some() {}
    let text: Vec<&str> = events.transcript().turns().map(|it| it.text()).collect();
    inturn_testkit::words::words(&text.join(" "))
}

/// Six seconds of a book, read by a person; from the package pocketsphinx-testdata.
const VOICE: &str =
    "/usr/share/pocketsphinx/test/data/librivox/sense_and_sensibility_01_austen_64kb-0880.wav";

const POLL: Duration = Duration::from_millis(20);
