//! A file that can't be transcribed is named, with the cause.

use std::{fs, io::Cursor};

use inturn_client::{Device, Encoding, FileSource, MicrophoneFailure, RawFormat, Source};

use super::sound::{fixture, write_wav};

#[test]
fn each_failure_names_the_file_and_the_cause() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::write(path("notes.txt"), "These are my notes.\n".repeat(100)).unwrap();
    fs::write(path("empty.wav"), "").unwrap();
    fs::write(path("short.wav"), b"RIFF\0\0\0\0WAVEfmt ").unwrap();
    write_wav(&path("slow.wav"), 1, 4_000, &[0; 100]);
    let unknown = "unknown format. Give WAV, FLAC, MP3, Ogg Vorbis or M4A (AAC); for samples \
                   without a header, give their rate, channels and encoding.";
    let slow = "can't be decoded: its rate is 4000 Hz, but 8000 to 192000 Hz are supported.";
    let opus = "its codec, Opus, is not supported. Convert the file to one of WAV, FLAC, MP3, \
                Ogg Vorbis or M4A (AAC).";
    let folder = "this is a folder. Give the files in it.";
    let short = "can't be decoded: it ends within its header.";
    let silent = "can't be decoded: it has no audio track.";
    let missing = path("missing.wav");
    let error = FileSource::open(&missing, None).unwrap_err();
    assert_eq!(error.failure, MicrophoneFailure::Missing);
    let message = format!("{}: there is no such file.", missing.display());
    assert_eq!(error.message, message);
    for (path, message) in [
        (path("."), folder),
        (path("notes.txt"), unknown),
        (path("empty.wav"), "can't be decoded: it is empty."),
        (path("short.wav"), short),
        (path("slow.wav"), slow),
        (fixture("silent.mp4"), silent),
        (fixture("tone.opus"), opus),
    ] {
        let error = FileSource::open(&path, None).unwrap_err();
        assert_eq!(error.message, format!("{}: {message}", path.display()));
        assert_eq!(error.failure, MicrophoneFailure::Unsupported, "{error}");
    }
}

#[tokio::test]
async fn a_pipe_of_unknown_format_is_an_error_each_time() {
    let mut source = FileSource::from_reader("standard input", Cursor::new([7; 5_000]), None);
    for _ in 0..2 {
        let error = source.open(Device::Chosen).await.unwrap_err();
        assert!(
            error.message.starts_with("standard input: unknown format."),
            "{error}"
        );
    }
}

#[tokio::test]
async fn an_empty_pipe_is_an_error() {
    let mut source = FileSource::from_reader("standard input", Cursor::new([]), None);
    let error = source.open(Device::Chosen).await.unwrap_err();
    assert_eq!(
        error.message,
        "standard input: can't be decoded: it is empty."
    );
}

#[tokio::test]
async fn samples_without_channels_are_an_error() {
    let format = RawFormat {
        rate_hz: 16_000,
        channels: 0,
        encoding: Encoding::S16Le,
    };
    let mut source = FileSource::from_reader("standard input", Cursor::new([0; 100]), Some(format));
    let error = source.open(Device::Chosen).await.unwrap_err();
    assert_eq!(
        error.message,
        "standard input: can't be decoded: it has 0 channels, but 1 to 64 are supported."
    );
}
