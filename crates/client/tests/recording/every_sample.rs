//! Every sample of the source reaches the service once and in order.

use inturn_client::{ChunkLength, Piece};
use inturn_client_core::audio::Pipeline;
use inturn_testkit::serving::Transport;

use crate::{
    sources::{Script, until_end},
    stage::{Stage, finish},
};

#[tokio::test(flavor = "multi_thread")]
async fn the_service_receives_the_resampled_source_sample_by_sample() {
    tokio::join!(
        compare(Transport::Tcp, 16_000, 1, 1_600),
        compare(Transport::Tls, 48_000, 2, 960),
        compare(Transport::Tcp, 44_100, 2, 1_024),
        compare(Transport::Tls, 8_000, 1, 37),
    );
}

async fn compare(transport: Transport, rate_hz: u32, channels: u32, block_frames: usize) {
    let frames = rate_hz as usize * 3 + 11;
    let planes = Vec::from_iter((0..channels).map(|seed| noise(frames, seed + 1)));
    let stage = Stage::start(transport, "[]").await;
    let pieces = until_end(blocks(&planes, block_frames));
    let (_handle, mut events) = stage.record(Script::of(rate_hz, pieces));
    let seen = finish(&mut events).await;

    let sessions = stage.closed_sessions().await;
    assert_eq!(sessions.len(), 1, "{seen:#?}");
    assert!(sessions[0].frames.all_but_the_last_are(3_200));
    let received = stage.recorded(&sessions[0]);
    let expected = resampled(rate_hz, &planes);
    assert_eq!(received.len(), expected.len(), "{rate_hz} Hz");
    assert!(received == expected, "{rate_hz} Hz: samples differ");
}

/// Cuts the planes into blocks.
fn blocks(planes: &[Vec<f32>], block_frames: usize) -> Vec<Piece> {
    let starts = (0..planes[0].len()).step_by(block_frames);
    let blocks = starts.map(|start| {
        let parts = planes.iter().map(|plane| {
            let end = plane.len().min(start + block_frames);
            &plane[start..end]
        });
        Piece::Block {
            planar: Vec::from_iter(parts).concat(),
            channels: planes.len(),
        }
    });
    blocks.collect()
}

/// Resamples the whole sound as a single block.
fn resampled(rate_hz: u32, planes: &[Vec<f32>]) -> Vec<i16> {
    let mut pipeline = Pipeline::new(rate_hz, ChunkLength::default()).expect("a usual rate");
    pipeline.push_block(&planes.concat(), planes.len());
    let mut samples = Vec::new();
    while let Some(chunk) = pipeline.next_chunk() {
        samples.extend_from_slice(chunk);
    }
    let mut tail = pipeline.flush();
    while let Some(chunk) = tail.next_chunk() {
        samples.extend_from_slice(chunk);
    }
    samples
}

/// Noise that differs in each sample.
fn noise(frames: usize, seed: u32) -> Vec<f32> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 24) as f32 - 0.5
    };
    Vec::from_iter((0..frames).map(|_| next()))
}
