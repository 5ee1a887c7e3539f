//! The cost of one more partial, however long the transcript is: from the message to the row that the
//! page is told.

#![allow(
    missing_docs,
    unreachable_pub,
    reason = "criterion's macros make public items without them"
)]

use std::{hint::black_box, time::Duration};

use criterion::{
    BenchmarkGroup, BenchmarkId, Criterion, criterion_group, criterion_main, measurement::WallTime,
};
use inturn_client_core::{
    turns::{Change, Transcript},
    view::TurnView,
};
use inturn_protocol::{Family, Turn, Word};

/// The lengths in turns, several times: a slow second of the machine meets them all, and how far the
/// rounds of one length lie apart tells how quiet it was.
fn one_more_partial(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("partial");
    group
        .sample_size(20)
        // Of a median no more is asked than its value.
        .nresamples(2_000)
        .warm_up_time(Duration::from_millis(50))
        .measurement_time(Duration::from_millis(150));
    for round in 0..ROUNDS {
        for turns in TURNS {
            bench_partial(&mut group, round, turns);
        }
    }
}

fn bench_partial(group: &mut BenchmarkGroup<'_, WallTime>, round: u32, turns: u32) {
    let mut transcript = Transcript::default();
    for order in 0..turns {
        transcript.apply(1, Family::UniversalStreaming, &turn(order, 10, true));
    }
    // Each is a change against the one before, as speech goes on.
    let partials = [turn(turns, 9, false), turn(turns, 10, false)];
    let mut next = partials.iter().cycle();
    group.bench_function(BenchmarkId::new(turns.to_string(), round), |bencher| {
        bencher.iter(|| {
            let message = next.next().expect("it goes round and round");
            let change = transcript.apply(1, Family::UniversalStreaming, black_box(message));
            let Change::Changed(key) = change else {
                panic!("a partial that differs changes its row");
            };
            transcript.row(key).map(|row| TurnView::new(key, row))
        });
    });
}

/// A turn of so many words.
fn turn(turn_order: u32, words: u64, end_of_turn: bool) -> Turn {
    let words: Vec<Word> = (0..words)
        .map(|word| Word {
            text: format!("word{word}"),
            start: word * 400,
            end: word * 400 + 300,
            confidence: 0.9,
            word_is_final: true,
            ..Word::default()
        })
        .collect();
    let texts: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
    Turn {
        turn_order,
        end_of_turn,
        transcript: texts.join(" "),
        words: words.clone(),
        ..Turn::default()
    }
}

/// As many as the section `growth` reads.
const ROUNDS: u32 = 7;

const TURNS: [u32; 4] = [10, 100, 1_000, 10_000];

criterion_group!(benches, one_more_partial);
criterion_main!(benches);
