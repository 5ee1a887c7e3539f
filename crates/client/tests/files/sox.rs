//! WAV files and pipes that SoX has made.

use std::{io::Cursor, path::Path, process::Command};

use inturn_client::FileSource;

use super::sound::{Played, floats, noise, write_wav};

#[tokio::test]
async fn telephone_encodings_are_decoded() {
    let folder = tempfile::tempdir().unwrap();
    let samples = noise(8_000);
    write_wav(&folder.path().join("noise.wav"), 1, 8_000, &samples);
    for encoding in ["mu-law", "a-law"] {
        sox(&["noise.wav", "-e", encoding, "coded.wav"], folder.path());
        let played = Played::file(folder.path().join("coded.wav")).await;
        let [plane] = &played.planes[..] else {
            panic!("{} channels", played.planes.len());
        };
        for (played, original) in plane.iter().zip(floats(&samples)) {
            // Steps of both encodings are at most 1/16 of the value.
            assert!((played - original).abs() < 0.002 + original.abs() / 16.0);
        }
    }
}

#[tokio::test]
async fn what_sox_writes_into_a_pipe_is_played() {
    let folder = tempfile::tempdir().unwrap();
    write_wav(&folder.path().join("noise.wav"), 2, 16_000, &noise(60_000));
    let bytes = sox(&["noise.wav", "-t", "wav", "-"], folder.path());
    let source = FileSource::from_reader("pipe", Cursor::new(bytes), None);
    let played = Played::all(source).await;
    let left: Vec<_> = noise(60_000).into_iter().step_by(2).collect();
    assert_eq!(played.planes[0], floats(&left));
}

/// Converts a file with SoX.
pub(crate) fn sox(arguments: &[&str], folder: &Path) -> Vec<u8> {
    let output = Command::new("sox")
        .args(arguments)
        .current_dir(folder)
        .output()
        .expect("sox of the packages sox and libsox-fmt-mp3: `cargo xtask test` installs it");
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "sox {arguments:?}: {errors}");
    output.stdout
}
