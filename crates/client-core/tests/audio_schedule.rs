//! Blocks that end where chunks do: a chunk is out with the quantum that completes it.

mod audio_support;

use audio_support::RATES_HZ;
use inturn_client_core::audio::{BlockSchedule, ChunkLength, Pipeline};

/// Web Audio's quantum today; another that may come; one that divides nothing.
const QUANTA: [usize; 3] = [128, 256, 441];

#[test]
fn no_chunk_waits_for_the_end_of_a_block() {
    for rate_hz in RATES_HZ {
        for chunk_ms in [50, 70, 100, 1_000] {
            for quantum in QUANTA {
                let chunk = ChunkLength::from_ms(chunk_ms).expect("within the bounds");
                let at_once = arrivals(rate_hz, chunk, quantum, |_| true);
                let boundaries = Boundaries::new(BlockSchedule::new(rate_hz, chunk));
                let in_blocks = arrivals(rate_hz, chunk, quantum, boundaries.posted_at());
                let what = format!("{rate_hz} Hz, {chunk_ms} ms, quanta of {quantum}");
                // The trifle of tolerance may fall into the next quantum.
                let late = |(soonest, taken): (&usize, &usize)| taken - soonest;
                let waits: Vec<usize> = at_once.iter().zip(&in_blocks).map(late).collect();
                assert!(waits.len() >= 9, "{what}: {waits:?}");
                assert!(
                    waits.iter().all(|&wait| wait <= quantum),
                    "{what}: {waits:?}"
                );
                let prompt = waits.iter().filter(|&&wait| wait == 0).count();
                assert!(prompt * 10 >= waits.len() * 9, "{what}: {waits:?}");
            }
        }
    }
}

#[test]
fn messages_stay_few() {
    for rate_hz in RATES_HZ {
        for chunk_ms in [50, 70, 100, 149, 250, 1_000] {
            let chunk = ChunkLength::from_ms(chunk_ms).expect("within the bounds");
            let schedule = BlockSchedule::new(rate_hz, chunk);
            let a_second = f64::from(rate_hz) / schedule.step_frames;
            assert!(a_second < 40.001, "{rate_hz} Hz, {chunk_ms} ms: {a_second}");
            // And often enough for a level meter.
            assert!(a_second > 20.0, "{rate_hz} Hz, {chunk_ms} ms: {a_second}");
        }
    }
}

#[test]
fn a_rate_that_is_not_resampled_has_boundaries_too() {
    for rate_hz in [0, 1, 384_000, u32::MAX] {
        let schedule = BlockSchedule::new(rate_hz, ChunkLength::default());
        assert!(
            schedule.step_frames >= 200.0 && schedule.offset_frames >= 0.0,
            "{rate_hz} Hz"
        );
    }
}

/// How many frames had been captured when each of the first chunks was out, if the frames are
/// handed over, a quantum at a time, where `posted_at` says so.
fn arrivals(
    rate_hz: u32,
    chunk: ChunkLength,
    quantum: usize,
    mut posted_at: impl FnMut(usize) -> bool,
) -> Vec<usize> {
    let mut pipeline = Pipeline::new(rate_hz, chunk).expect("a rate that is resampled");
    let frames = rate_hz as usize * chunk.ms() as usize / 1_000 * 10;
    let (mut captured, mut posted) = (0, 0);
    let mut arrivals = Vec::new();
    while captured < frames {
        captured += quantum;
        if posted_at(captured) {
            pipeline.push_block(&vec![0.0; captured - posted], 1);
            posted = captured;
            while pipeline.next_chunk().is_some() {
                arrivals.push(captured);
            }
        }
    }
    arrivals
}

/// What `public/audio-processor.js` makes of a schedule.
struct Boundaries(BlockSchedule);

impl Boundaries {
    fn new(schedule: BlockSchedule) -> Self {
        Self(schedule)
    }

    fn posted_at(self) -> impl FnMut(usize) -> bool {
        let mut next = self.0.offset_frames;
        move |captured| {
            let reached = captured as f64 >= next;
            while next <= captured as f64 {
                next += self.0.step_frames;
            }
            reached
        }
    }
}
