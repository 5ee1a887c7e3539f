//! Pipes: WAV headers without a length, parts of samples, and live input.

use std::io::{Cursor, Read, Write};

use inturn_client::{Device, Encoding, FileSource, Piece, RawFormat, Source};
use tokio::time::{Duration, Instant, advance};

use super::sound::{Played, floats, noise, write_wav};

#[tokio::test]
async fn a_header_without_a_length_lasts_until_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("noise.wav");
    write_wav(&path, 1, 16_000, &noise(30_000));
    let bytes = std::fs::read(path).unwrap();
    for size in [0, u32::MAX, 0x7FFF_F000, 0x8000_0000] {
        let mut bytes = bytes.clone();
        bytes[4..8].copy_from_slice(&size.to_le_bytes());
        let data = bytes.windows(4).position(|id| id == b"data").unwrap();
        bytes[data + 4..data + 8].copy_from_slice(&size.to_le_bytes());
        let source = FileSource::from_reader("pipe", Cursor::new(bytes), None);
        let played = Played::all(source).await;
        assert_eq!(played.planes, [floats(&noise(30_000))], "{size:#x}");
        assert_eq!(played.progress.length_ms(), None);
        assert_eq!(played.progress.problem(), None);
    }
}

#[tokio::test]
async fn reads_that_end_within_a_sample_lose_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("noise.wav");
    write_wav(&path, 2, 16_000, &noise(20_000));
    let reader = ShortReads(Cursor::new(std::fs::read(path).unwrap()));
    let played = Played::all(FileSource::from_reader("pipe", reader, None)).await;
    let left: Vec<_> = noise(20_000).into_iter().step_by(2).collect();
    assert_eq!(played.planes[0], floats(&left));
}

#[tokio::test]
async fn chunks_after_the_samples_are_no_sound() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("noise.wav");
    write_wav(&path, 1, 16_000, &noise(20_000));
    let mut bytes = std::fs::read(path).unwrap();
    bytes.extend(b"LIST\x10\0\0\0INFOISFT\x04\0\0\0test");
    let played = Played::all(FileSource::from_reader("pipe", Cursor::new(bytes), None)).await;
    assert_eq!(played.planes, [floats(&noise(20_000))]);
}

#[tokio::test(start_paused = true)]
async fn a_live_pipe_is_not_delayed() {
    let (reader, mut writer) = std::io::pipe().unwrap();
    let mut source = FileSource::from_reader("pipe", reader, Some(FORMAT));
    let opened = source.open(Device::Chosen);
    writer.write_all(&[1; 3_200]).unwrap();
    let mut stream = opened.await.unwrap();
    for _ in 0..100 {
        let captured = Instant::now();
        assert!(matches!(stream.next().await, Some(Piece::Block { .. })));
        assert_eq!(captured.elapsed(), Duration::ZERO);
        advance(Duration::from_millis(100)).await;
        writer.write_all(&[1; 3_200]).unwrap();
    }
}

#[tokio::test]
async fn the_end_of_a_live_pipe_is_the_end() {
    let (reader, mut writer) = std::io::pipe().unwrap();
    let mut source = FileSource::from_reader("pipe", reader, Some(FORMAT));
    writer.write_all(&[1; 3_201]).unwrap();
    drop(writer);
    let mut stream = source.open(Device::Chosen).await.unwrap();
    assert!(matches!(stream.next().await, Some(Piece::Block { .. })));
    assert_eq!(stream.next().await, Some(Piece::End));
}

/// Delivers three bytes at a time.
struct ShortReads(Cursor<Vec<u8>>);

impl Read for ShortReads {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let length = buffer.len().min(3);
        self.0.read(&mut buffer[..length])
    }
}

const FORMAT: RawFormat = RawFormat {
    rate_hz: 16_000,
    channels: 1,
    encoding: Encoding::S16Le,
};
