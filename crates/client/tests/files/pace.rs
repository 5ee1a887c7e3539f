//! Files are delivered as a microphone would, on tokio's virtual clock.

use std::io::Cursor;

use inturn_client::{AudioStream, Device, Encoding, FileSource, Pace, Piece, RawFormat, Source};
use tokio::time::{Duration, Instant, advance};

use super::sound::{noise, write_wav};

#[tokio::test(start_paused = true)]
async fn a_block_of_100_ms_comes_every_100_ms() {
    let (mut stream, started) = open(Pace::RealTime).await;
    for block in 0..100 {
        assert_eq!(frames(stream.next().await), 1_600);
        assert_at(started, block * 100);
    }
}

#[tokio::test(start_paused = true)]
async fn a_factor_makes_it_faster() {
    let (mut stream, started) = open(Pace::Times(4.0)).await;
    for block in 0..100 {
        assert_eq!(frames(stream.next().await), 1_600);
        assert_at(started, block * 25);
    }
}

#[tokio::test(start_paused = true)]
async fn unpaced_takes_no_time() {
    let (mut stream, started) = open(Pace::Unpaced).await;
    while stream.next().await != Some(Piece::End) {}
    assert_at(started, 0);
}

#[tokio::test(start_paused = true)]
async fn after_a_stall_half_a_second_is_made_up() {
    let (mut stream, started) = open(Pace::RealTime).await;
    stream.next().await;
    advance(Duration::from_secs(60)).await;
    let mut at_once = 0;
    while started.elapsed() <= Duration::from_millis(60_001) {
        stream.next().await;
        at_once += 1;
    }
    // Two more were due before the stall: one waited for the reader, one for its time.
    assert!((5..=9).contains(&at_once), "{at_once} blocks at once");
}

#[tokio::test(start_paused = true)]
async fn a_pipe_that_a_program_fills_at_once_is_held_back() {
    let format = RawFormat {
        rate_hz: 16_000,
        channels: 1,
        encoding: Encoding::S16Le,
    };
    let bytes = vec![1; 60 * 32_000];
    let mut source = FileSource::from_reader("pipe", Cursor::new(bytes), Some(format));
    let mut stream = source.open(Device::Chosen).await.unwrap();
    let started = Instant::now();
    let mut blocks = 0;
    while stream.next().await != Some(Piece::End) {
        blocks += 1;
        // What a pipe may have gathered before, and then real time.
        let most = 22.0 + started.elapsed().as_secs_f64() * 10.01;
        assert!(
            f64::from(blocks) <= most,
            "{blocks} blocks after {:?}",
            started.elapsed()
        );
    }
    assert_eq!(blocks, 600);
}

async fn open(pace: Pace) -> (AudioStream, Instant) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("noise.wav");
    write_wav(&path, 1, 16_000, &noise(12 * 16_000));
    let mut source = FileSource::open(path, None).unwrap().with_pace(pace);
    let stream = source.open(Device::Chosen).await.unwrap();
    (stream, Instant::now())
}

fn assert_at(started: Instant, ms: u64) {
    let elapsed = started.elapsed();
    // Timers of tokio are exact to a millisecond.
    let latest = Duration::from_millis(ms + 2);
    assert!(
        Duration::from_millis(ms) <= elapsed && elapsed <= latest,
        "{elapsed:?}, not {ms} ms"
    );
}

fn frames(piece: Option<Piece>) -> usize {
    match piece {
        Some(Piece::Block { planar, channels }) => planar.len() / channels,
        other => panic!("{other:?}"),
    }
}
