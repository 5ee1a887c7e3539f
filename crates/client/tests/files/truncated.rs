//! Truncated files are played to their end.

use std::{fs, path::Path};

use super::sound::{Played, fixture, floats, noise, write_wav};

#[tokio::test]
async fn a_truncated_m4a_file_is_played_to_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tone.m4a");
    fs::copy(fixture("tone-streamable.m4a"), &path).unwrap();
    truncate(&path, 3_500);
    let played = Played::file(&path).await;
    let samples = played.planes[0].len();
    assert!((8_000..20_000).contains(&samples), "{samples} samples");
    assert!(played.progress.problem().is_some());
}

#[tokio::test]
async fn a_truncated_wav_file_is_played_to_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("noise.wav");
    write_wav(&path, 1, 16_000, &noise(32_000));
    truncate(&path, 44 + 2 * 20_000 + 1);
    let played = Played::file(&path).await;
    assert_eq!(played.planes, [floats(&noise(20_000))]);
    assert_eq!(
        played.progress.problem().unwrap(),
        format!(
            "{}: ends after 1.2 s, but its header promises 2.0 s: a part is missing.",
            path.display()
        )
    );
}

/// Cuts a file off.
pub(crate) fn truncate(path: &Path, bytes: u64) {
    let file = fs::File::options().write(true).open(path).unwrap();
    file.set_len(bytes).unwrap();
}
