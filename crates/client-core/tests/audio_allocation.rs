//! Once running, the audio path asks the allocator for nothing.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use inturn_client_core::audio::{ChunkLength, Pipeline};

/// The system's allocator, with every request counted.
struct Counting;

thread_local! {
    // By thread, so that what the test harness does meanwhile is not counted.
    static REQUESTS: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: every call goes to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        REQUESTS.set(REQUESTS.get() + 1);
        // SAFETY: the caller keeps the contract, which is the same.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the contract, which is the same.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        REQUESTS.set(REQUESTS.get() + 1);
        // SAFETY: the caller keeps the contract, which is the same.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[test]
fn nothing_is_allocated_once_running() {
    for rate in [8_000, 16_000, 44_099, 44_100, 48_000, 192_000] {
        let mut second = vec![0.25; 2 * rate as usize];
        // Blocks of both channels in phase, and of one behind the other in opposite phase.
        second[rate as usize..].fill(-0.25);
        let mut pipeline = Pipeline::new(rate, ChunkLength::MAX).expect("a rate that is resampled");
        let before = REQUESTS.get();
        assert!(before > 0, "the allocator counts");
        let mut samples = 0;
        // From the first block on, whatever its size, up to a second of stereo.
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
