//! Compressed files that SoX has made.

use inturn_client::FileSource;

use super::{
    sound::{Played, assert_alike, floats, noise, tone, write_wav},
    sox::sox,
};

#[tokio::test]
async fn flac_is_exact() {
    let folder = tempfile::tempdir().unwrap();
    let samples = noise(2 * 50_000);
    write_wav(&folder.path().join("noise.wav"), 2, 44_100, &samples);
    sox(&["noise.wav", "noise.flac"], folder.path());
    let played = Played::file(folder.path().join("noise.flac")).await;
    assert_eq!(played.rate_hz, 44_100);
    for (channel, plane) in played.planes.iter().enumerate() {
        let expected: Vec<_> = samples.iter().skip(channel).step_by(2).copied().collect();
        assert_eq!(*plane, floats(&expected));
    }
    assert_eq!(played.progress.length_ms(), Some(50_000 * 1_000 / 44_100));
    assert_eq!(played.progress.problem(), None);
}

#[tokio::test]
async fn mp3_and_ogg_vorbis_sound_alike() {
    let folder = tempfile::tempdir().unwrap();
    write_wav(&folder.path().join("tone.wav"), 1, 16_000, &tone());
    for name in ["tone.mp3", "tone.ogg"] {
        sox(&["tone.wav", name], folder.path());
        let played = Played::file(folder.path().join(name)).await;
        assert_eq!(played.rate_hz, 16_000, "{name}");
        assert_alike(&played.planes[0], &floats(&tone()), 2_400);
        let length_ms = played.progress.length_ms().unwrap();
        assert!(length_ms.abs_diff(1_500) < 150, "{name}: {length_ms} ms");
        assert_eq!(played.progress.problem(), None, "{name}");
    }
}

#[tokio::test]
async fn the_content_and_not_the_name_tells_the_format() {
    let folder = tempfile::tempdir().unwrap();
    write_wav(&folder.path().join("noise.wav"), 1, 16_000, &noise(20_000));
    sox(&["noise.wav", "noise.flac"], folder.path());
    let path = folder.path().join("noise.mp3");
    std::fs::rename(folder.path().join("noise.flac"), &path).unwrap();
    assert_eq!(Played::file(path).await.planes, [floats(&noise(20_000))]);
}

#[tokio::test]
async fn a_pipe_of_flac_is_decoded() {
    let folder = tempfile::tempdir().unwrap();
    write_wav(&folder.path().join("noise.wav"), 1, 16_000, &noise(20_000));
    let flac = sox(&["noise.wav", "-t", "flac", "-"], folder.path());
    let source = FileSource::from_reader("pipe", std::io::Cursor::new(flac), None);
    assert_eq!(Played::all(source).await.planes, [floats(&noise(20_000))]);
}
