//! The memory of a recording of three hours with many drops stays small.

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
    time::Duration,
};

use super::{plan::Plan, shell::Simulation, verdict};

/// The system's allocator, with a count of the bytes in use.
struct Counting;

thread_local! {
    // Per thread, so that other tests do not count.
    static BYTES: Cell<isize> = const { Cell::new(0) };
}

fn count(bytes: isize) {
    // A thread that ends may free memory after its counter is gone.
    let _ = BYTES.try_with(|it| it.set(it.get() + bytes));
}

// SAFETY: every call is forwarded unchanged to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as isize);
        // SAFETY: the caller upholds the same contract.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count(-(layout.size() as isize));
        // SAFETY: the caller upholds the same contract.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size as isize - layout.size() as isize);
        // SAFETY: the caller upholds the same contract.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Length of the recording.
const MINUTES: u64 = 180;
const DROPS: u64 = 50;

/// Bound for the kept audio: the longest turn, an outage, and the time to catch up.
const MAX_KEPT: Duration = Duration::from_secs(90);

/// Bound for the heap of the recorder and of the simulation around it: twice [`MAX_KEPT`] of audio,
/// 32 kB a second, and about 100 bytes for each of 15,000 words in two transcripts.
const MAX_BYTES: isize = 9_000_000;

#[test]
fn a_long_recording_with_many_drops_needs_little_memory() {
    let plan = Plan::long(MINUTES, DROPS);
    let before = BYTES.get();
    let mut simulation = Simulation::new(plan, false);
    let script = BYTES.get() - before;
    let mut kept = Duration::ZERO;
    let mut bytes = 0;
    simulation.start();
    while !simulation.is_over() {
        simulation.step();
        kept = kept.max(simulation.recorder.kept_audio());
        bytes = bytes.max(BYTES.get() - before - script);
    }
    assert_eq!(verdict::failures(&mut simulation), [""; 0]);
    assert!(
        simulation.sockets.len() as u64 > DROPS,
        "there were no drops"
    );
    assert!(
        kept > Duration::from_secs(5),
        "the kept audio is not measured"
    );
    assert!(kept < MAX_KEPT, "up to {kept:?} were kept");
    assert!(bytes < MAX_BYTES, "up to {bytes} bytes were in use");
}
