//! Whatever is in a file, the recording ends and says so.

use std::{
    fs,
    io::{Cursor, Read},
};

use inturn_client::{Encoding, FileSource, OpenError, Pace, Piece, RawFormat, Source};
use proptest::prelude::*;

use super::sound::{Played, fixture, noise, write_wav};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn changed_bytes_never_hang_or_crash_it(
        file in 0_usize..3,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..30),
        is_pipe in any::<bool>(),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        match file {
            0 => write_wav(&path, 2, 16_000, &noise(2_000)),
            1 => drop(fs::copy(fixture("tone.m4a"), &path).unwrap()),
            _ => drop(fs::copy(fixture("tone.opus"), &path).unwrap()),
        }
        let mut bytes = fs::read(&path).unwrap();
        for (place, value) in changes {
            let place = place.index(bytes.len());
            bytes[place] = value;
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let problem = runtime.block_on(async {
            let source = if is_pipe {
                FileSource::from_reader("file", Cursor::new(bytes), None)
            } else {
                fs::write(&path, bytes).unwrap();
                FileSource::open(&path, None)?
            };
            problem_of(source).await
        });
        let text = match problem {
            Ok(problem) => problem.unwrap_or_default(),
            Err(error) => error.message,
        };
        prop_assert!(!text.contains("crashed"), "{}", text);
    }
}

#[tokio::test]
async fn a_decoder_that_crashes_is_reported() {
    struct Crashing;
    impl Read for Crashing {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            panic!("this test lets a thread crash")
        }
    }
    let format = RawFormat {
        rate_hz: 16_000,
        channels: 1,
        encoding: Encoding::S16Le,
    };
    let reader = Cursor::new([1; 32_000]).chain(Crashing);
    let played = Played::all(FileSource::from_reader("pipe", reader, Some(format))).await;
    assert_eq!(played.planes[0].len(), 16_000);
    assert_eq!(
        played.progress.problem(),
        Some("pipe: its decoder has crashed at 1.0 s.")
    );
}

/// Plays all, and returns the problem.
async fn problem_of(source: FileSource) -> Result<Option<String>, OpenError> {
    let mut source = source.with_pace(Pace::Unpaced);
    let mut stream = source.open(inturn_client::Device::Chosen).await?;
    while stream.next().await != Some(Piece::End) {}
    Ok(source.progress().problem().map(str::to_owned))
}
