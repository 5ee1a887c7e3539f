//! Of a damaged file, all that can be decoded is delivered.

use std::{fs, path::Path};

use super::sound::{Played, fixture, floats, noise, sox, write_wav};

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

#[tokio::test]
async fn truncated_compressed_files_are_played_to_their_end() {
    let folder = tempfile::tempdir().unwrap();
    write_wav(&folder.path().join("noise.wav"), 1, 16_000, &noise(64_000));
    for name in ["noise.flac", "noise.ogg"] {
        sox(&["noise.wav", name], folder.path());
        let path = folder.path().join(name);
        let bytes = fs::metadata(&path).unwrap().len();
        truncate(&path, bytes / 2);
        let played = Played::file(&path).await;
        let samples = played.planes[0].len();
        assert!(
            (10_000..40_000).contains(&samples),
            "{name}: {samples} samples"
        );
        let problem = played.progress.problem().unwrap_or_default();
        assert!(
            name == "noise.ogg" || problem.contains("a part is missing"),
            "{problem}"
        );
    }
}

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
async fn a_damaged_part_changes_no_time_of_what_follows() {
    let folder = tempfile::tempdir().unwrap();
    write_wav(&folder.path().join("noise.wav"), 1, 16_000, &noise(64_000));
    sox(&["noise.wav", "noise.flac"], folder.path());
    let path = folder.path().join("noise.flac");
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 200].fill(0xAA);
    fs::write(&path, bytes).unwrap();

    let played = Played::file(&path).await;

    let expected = floats(&noise(64_000));
    let [plane] = &played.planes[..] else {
        panic!("{} channels", played.planes.len());
    };
    assert_eq!(plane.len(), expected.len());
    assert_eq!(plane[..20_000], expected[..20_000]);
    assert_eq!(plane[48_000..], expected[48_000..]);
    let problem = played.progress.problem().unwrap();
    assert!(
        problem.starts_with(&format!("{}: damaged at ", path.display())),
        "{problem}"
    );
}

fn truncate(path: &Path, bytes: u64) {
    let file = fs::File::options().write(true).open(path).unwrap();
    file.set_len(bytes).unwrap();
}
