//! The memory of a word and of a turn, as counted by the allocator.

#![expect(
    unsafe_code,
    reason = "an allocator that counts implements an unsafe trait"
)]

use std::{
    alloc::{GlobalAlloc, Layout, System},
    sync::atomic::{AtomicUsize, Ordering},
};

use inturn_transcript::{Change, Entry, Transcript, Turn, TurnId, Word, Words};

/// Counts the bytes in use.
struct Counting;

static IN_USE: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call is forwarded unchanged to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        IN_USE.fetch_add(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller upholds the same contract.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        IN_USE.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller upholds the same contract.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn turn(turn: u32, words: usize) -> Change {
    let mut packed = Words::default();
    for _ in 0..words {
        packed.push(Word {
            text: "ferry",
            ..Word::default()
        });
    }
    Change::Turn(Turn {
        words: packed,
        ..Turn::new(TurnId { session: 1, turn })
    })
}

/// Returns the bytes of a turn of `words` words, without its element in the list of entries.
fn bytes_of(words: usize) -> usize {
    let changes: Vec<Change> = (0..TURNS).map(|at| turn(at, words)).collect();
    let mut transcript = Transcript::default();
    let before = IN_USE.load(Ordering::Relaxed);
    for change in &changes {
        transcript.apply(change);
    }
    let list = transcript.entries().len().next_power_of_two() * size_of::<Entry>();
    (IN_USE.load(Ordering::Relaxed) - before - list) / TURNS as usize
}

#[test]
fn a_word_of_five_letters_takes_26_bytes_and_a_turn_168_more() {
    let (ten, twenty) = (bytes_of(10), bytes_of(20));
    assert_eq!((twenty - ten) / 10, 26);
    // The text has one space fewer than words. The rest is the element in the list.
    assert_eq!(ten, 10 * 26 - 1);
    assert_eq!(size_of::<Entry>(), 168);
}

const TURNS: u32 = 1 << 10;
