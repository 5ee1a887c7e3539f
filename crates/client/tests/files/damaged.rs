//! Of a damaged compressed file, all that can be decoded is delivered.

use std::fs;

use super::{
    sound::{Played, floats, noise, write_wav},
    sox::sox,
    truncated::truncate,
};

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
