//! The audio pipeline does not allocate after construction.

#![expect(
    unsafe_code,
    reason = "an allocator that counts implements an unsafe trait"
)]

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
};

use inturn_client_core::audio::{ChunkLength, Pipeline};

/// The system's allocator, with a count of all requests.
struct Counting;

thread_local! {
    // Per thread, so that requests of the test harness do not count.
    static REQUESTS: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: every call is forwarded unchanged to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        REQUESTS.set(REQUESTS.get() + 1);
        // SAFETY: the caller upholds the same contract.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller upholds the same contract.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        REQUESTS.set(REQUESTS.get() + 1);
        // SAFETY: the caller upholds the same contract.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[test]
fn the_pipeline_does_not_allocate_after_construction() {
    for rate in [8_000, 16_000, 44_099, 44_100, 48_000, 192_000] {
        let mut second = vec![0.25; 2 * rate as usize];
        // Cut into stereo blocks: some have both channels in phase, others in opposite phase.
        second[rate as usize..].fill(-0.25);
        let mut pipeline = Pipeline::new(rate, ChunkLength::MAX).expect("the rate is supported");
        let before = REQUESTS.get();
        assert!(before > 0, "the allocator does not count");
        let mut samples = 0;
        // From the first block on, with any size up to a second of stereo.
        for frames in [1, 128, 0, 896, 4_096, rate as usize, 127, rate as usize] {
            pipeline.push_block(&second[..2 * frames.min(rate as usize)], 2);
            while let Some(chunk) = pipeline.next_chunk() {
                samples += chunk.len();
            }
        }
        let mut tail = pipeline.flush();
        while let Some(chunk) = tail.next_chunk() {
            samples += chunk.len();
        }
        assert_eq!(REQUESTS.get(), before, "{rate} Hz");
        assert!(samples >= 2 * 16_000);
    }
}
