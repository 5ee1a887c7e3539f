//! Blocks end where chunks end, so each chunk is finished with the quantum that completes it.

mod audio_support;

use inturn_client_core::audio::{BlockSchedule, ChunkLength, Pipeline};

use self::audio_support::RATES_HZ;

/// Web Audio's current quantum, a possible future one, and one that divides no other length.
const QUANTA: [usize; 3] = [128, 256, 441];

#[test]
fn no_chunk_is_delayed_until_the_end_of_a_block() {
    for rate_hz in RATES_HZ {
        for chunk_ms in [50, 70, 100, 1_000] {
            for quantum in QUANTA {
                let chunk = ChunkLength::from_ms(chunk_ms).expect("the length is allowed");
                let at_once = arrivals(rate_hz, chunk, quantum, |_| true);
                let boundaries = Boundaries::new(BlockSchedule::new(rate_hz, chunk));
                let in_blocks = arrivals(rate_hz, chunk, quantum, boundaries.posted_at());
                let case = format!("{rate_hz} Hz, {chunk_ms} ms, quanta of {quantum}");
                // The schedule's tolerance may move a boundary into the next quantum.
                let delay = |(earliest, actual): (&usize, &usize)| actual - earliest;
                let delays: Vec<usize> = at_once.iter().zip(&in_blocks).map(delay).collect();
                assert!(delays.len() >= 9, "{case}: {delays:?}");
                assert!(
                    delays.iter().all(|&delay| delay <= quantum),
                    "{case}: {delays:?}"
                );
                let undelayed = delays.iter().filter(|&&delay| delay == 0).count();
                assert!(undelayed * 10 >= delays.len() * 9, "{case}: {delays:?}");
            }
        }
    }
}

#[test]
fn the_message_rate_is_bounded() {
    for rate_hz in RATES_HZ {
        for chunk_ms in [50, 70, 100, 149, 250, 1_000] {
            let chunk = ChunkLength::from_ms(chunk_ms).expect("the length is allowed");
            let schedule = BlockSchedule::new(rate_hz, chunk);
            let per_second = f64::from(rate_hz) / schedule.step_frames;
            assert!(
                per_second < 40.001,
                "{rate_hz} Hz, {chunk_ms} ms: {per_second}"
            );
            // Enough for a level meter.
            assert!(
                per_second > 20.0,
                "{rate_hz} Hz, {chunk_ms} ms: {per_second}"
            );
        }
    }
}

#[test]
fn an_unsupported_rate_has_boundaries_too() {
    for rate_hz in [0, 1, 384_000, u32::MAX] {
        let schedule = BlockSchedule::new(rate_hz, ChunkLength::default());
        assert!(
            schedule.step_frames >= 200.0 && schedule.offset_frames >= 0.0,
            "{rate_hz} Hz"
        );
    }
}

/// Returns the number of captured frames at which each of the first chunks was finished. Frames are
/// captured one quantum at a time, and posted when `posted_at` returns `true`.
fn arrivals(
    rate_hz: u32,
    chunk: ChunkLength,
    quantum: usize,
    mut posted_at: impl FnMut(usize) -> bool,
) -> Vec<usize> {
    let mut pipeline = Pipeline::new(rate_hz, chunk).expect("the rate is supported");
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

/// Applies a schedule as `public/audio-processor.js` does.
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
