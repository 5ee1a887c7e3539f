//! AAC in M4A files.

use std::fs::File;

use inturn_client::FileSource;

use super::sound::{Played, assert_alike, fixture, floats, tone};

#[tokio::test]
async fn aac_in_m4a_sounds_alike() {
    for name in ["tone.m4a", "tone-streamable.m4a"] {
        let played = Played::file(fixture(name)).await;
        assert_eq!(played.rate_hz, 16_000);
        assert_alike(&played.planes[0], &floats(&tone()), 2_400);
        assert_eq!(played.progress.problem(), None);
    }
}

#[tokio::test]
async fn a_pipe_of_streamable_m4a_is_decoded() {
    let file = File::open(fixture("tone-streamable.m4a")).unwrap();
    let played = Played::all(FileSource::from_reader("pipe", file, None)).await;
    assert_alike(&played.planes[0], &floats(&tone()), 2_400);
}
