//! Time for one more partial, from the decoded message to the change for the page, for transcripts
//! of different lengths and for a turn of a minute.

#![allow(
    missing_docs,
    unreachable_pub,
    reason = "criterion's macros make public items without them"
)]

use std::{hint::black_box, time::Duration};

use criterion::{
    BenchmarkGroup, BenchmarkId, Criterion, criterion_group, criterion_main, measurement::WallTime,
};
use inturn_client_core::recording::{Recording, RecordingInfo, Span};
use inturn_protocol::{Family, Turn, Word};

/// Measures all lengths in each of several rounds. So a slow moment of the machine affects all
/// lengths, and the spread of the rounds shows the noise.
fn one_more_partial(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("partial");
    group
        .sample_size(20)
        // Only the median is used, so confidence intervals need few resamples.
        .nresamples(2_000)
        .warm_up_time(Duration::from_millis(50))
        .measurement_time(Duration::from_millis(150));
    for round in 0..ROUNDS {
        for turns in TURNS {
            bench_partial(&mut group, round, turns);
        }
        bench_long_turn(&mut group, round);
    }
}

fn bench_partial(group: &mut BenchmarkGroup<'_, WallTime>, round: u32, turns: u32) {
    let mut recording = recording();
    for order in 0..turns {
        recording.take_turn(1, &turn(order, 10, true));
    }
    // Each partial differs from the one before, as in continuous speech.
    let partials = [turn(turns, 9, false), turn(turns, 10, false)];
    let id = BenchmarkId::new(turns.to_string(), round);
    bench_messages(group, id, &mut recording, &partials);
}

/// A turn of 60 s, at 160 words a minute.
fn bench_long_turn(group: &mut BenchmarkGroup<'_, WallTime>, round: u32) {
    let partials = [turn(0, 159, false), turn(0, 160, false)];
    let id = BenchmarkId::new("minute", round);
    bench_messages(group, id, &mut recording(), &partials);
}

fn bench_messages(
    group: &mut BenchmarkGroup<'_, WallTime>,
    id: BenchmarkId,
    recording: &mut Recording,
    partials: &[Turn],
) {
    let mut next = partials.iter().cycle();
    group.bench_function(id, |bencher| {
        bencher.iter(|| {
            let message = next.next().expect("the iterator is endless");
            let change = recording.take_turn(1, black_box(message));
            change.expect("a partial that differs is a change")
        });
    });
}

fn recording() -> Recording {
    let mut recording = Recording::new(RecordingInfo::default(), 48_000);
    recording.begin_session(1, Span::default(), Family::UniversalStreaming);
    recording
}

/// Returns a turn with this number of words.
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

/// Same as in the section `growth`.
const ROUNDS: u32 = 7;

const TURNS: [u32; 4] = [10, 100, 1_000, 10_000];

criterion_group!(benches, one_more_partial);
criterion_main!(benches);
