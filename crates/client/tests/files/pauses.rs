//! After a pause, a file goes on where it stopped.

use inturn_client::{AudioStream, Device, FileSource, Pace, Piece, Source};

use super::sound::{floats, noise, write_wav};

#[tokio::test]
async fn no_sample_is_lost_or_repeated_by_a_pause() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("noise.wav");
    write_wav(&path, 1, 16_000, &noise(50_000));
    let mut source = FileSource::open(path, None)
        .unwrap()
        .with_pace(Pace::Unpaced);
    let mut samples = Vec::new();
    loop {
        let mut stream = source.open(Device::Chosen).await.unwrap();
        let mut is_over = take_block(&mut stream, &mut samples).await;
        stream.stop();
        while !is_over {
            let Some(piece) = stream.next().await else {
                break;
            };
            is_over = take(piece, &mut samples);
        }
        if is_over {
            break;
        }
    }
    assert_eq!(samples, floats(&noise(50_000)));
    // It stays at its end.
    let mut stream = source.open(Device::Lost).await.unwrap();
    assert_eq!(stream.next().await, Some(Piece::End));
}

#[tokio::test(start_paused = true)]
async fn a_pause_is_not_made_up() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("noise.wav");
    write_wav(&path, 1, 16_000, &noise(50_000));
    let mut source = FileSource::open(path, None).unwrap();
    let mut samples = Vec::new();
    let mut stream = source.open(Device::Chosen).await.unwrap();
    take_block(&mut stream, &mut samples).await;
    stream.stop();
    while let Some(piece) = stream.next().await {
        take(piece, &mut samples);
    }
    tokio::time::advance(std::time::Duration::from_secs(3_600)).await;

    let mut stream = source.open(Device::Chosen).await.unwrap();
    let resumed = tokio::time::Instant::now();
    for _ in 0..5 {
        take_block(&mut stream, &mut samples).await;
    }
    assert!(resumed.elapsed() >= std::time::Duration::from_millis(400));
    assert_eq!(samples, floats(&noise(50_000))[..samples.len()]);
}

async fn take_block(stream: &mut AudioStream, samples: &mut Vec<f32>) -> bool {
    let piece = stream.next().await.expect("a piece");
    take(piece, samples)
}

/// Adds the samples of a piece. Returns whether it is the end.
fn take(piece: Piece, samples: &mut Vec<f32>) -> bool {
    match piece {
        Piece::Block { planar, .. } => samples.extend(planar),
        Piece::End => return true,
        other => panic!("{other:?}"),
    }
    false
}
