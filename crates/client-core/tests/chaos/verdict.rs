//! What must hold once a recording has ended.

use inturn_transcript::{Entry, Gap, GapReason};

use super::{
    microphone::{Heard, Interruption},
    script::{CODES, SAMPLES_PER_MS},
    service::{TIME_ERROR_MS, name},
    shell::Simulation,
};

/// How wrong a time in the transcript may be, in milliseconds: as wrong as the service's, the
/// rounding, and the blur of a filter.
const TOLERANCE_MS: i64 = TIME_ERROR_MS as i64 + 5;

/// Shortest stop of the capture that must be marked, and how wrong the mark may be, in
/// milliseconds.
const MARKED_MS: i64 = 1_000;

/// How much of a gap may overlap a word that is shown, in milliseconds.
const EDGE_MS: i64 = 150;

/// How far the end of the captured audio may be from the end of the timeline, in milliseconds: the
/// last chunk is filled up to the 50 ms that the service requires, and each change of the rate
/// rounds.
const TAIL_MS: u64 = 55;

/// A word of the transcript.
struct Shown {
    text: String,
    start_ms: i64,
    end_ms: i64,
}

/// A time in which nothing was captured, on the timeline in milliseconds.
struct Stop {
    from_ms: i64,
    to_ms: i64,
    /// Length by the clock. `None` if the recording began or ended with it.
    length_ms: Option<i64>,
    why: Interruption,
}

/// Returns what is wrong with a recording that has ended.
pub(crate) fn failures(simulation: &mut Simulation) -> Vec<String> {
    if simulation.watch.is_idle() {
        simulation.deliver_late_tokens();
    }
    let mut failures = simulation.watch.failures.clone();
    if !simulation.watch.is_idle() {
        let state = simulation.watch.state();
        failures.push(format!("the recording does not end: {state:?}"));
    }
    if &simulation.watch.transcript != simulation.recorder.recording().transcript() {
        failures.push("the changes make another transcript".to_owned());
    }
    if simulation.sockets.iter().any(|it| it.is_open) {
        failures.push("a socket is left open".to_owned());
    }
    if let Some(lease) = simulation.world.leases().next() {
        failures.push(format!("{lease} is not released"));
    }
    if simulation.recorder.kept_audio() != std::time::Duration::ZERO {
        failures.push("audio is kept after the end".to_owned());
    }
    check_captured(simulation, &mut failures);
    check_order(simulation, &mut failures);
    check_words(simulation, &mut failures);
    check_gaps(simulation, &mut failures);
    failures
}

/// Checks that all audio of the timeline was reported. A pause at its end has none.
fn check_captured(simulation: &Simulation, failures: &mut Vec<String>) {
    let end_ms = u64::from(simulation.recorder.recording().captured().ms());
    let captured_ms = simulation.watch.captured_until / SAMPLES_PER_MS;
    let is_pause = |gap: &Gap| {
        let (from, to) = (u64::from(gap.from_ms), u64::from(gap.to_ms));
        from <= captured_ms && to + TAIL_MS >= end_ms
    };
    let is_complete = captured_ms + TAIL_MS >= end_ms || gaps(simulation).any(is_pause);
    if !is_complete || captured_ms > end_ms + TAIL_MS {
        failures.push(format!("captures {captured_ms} ms of {end_ms} ms"));
    }
}

fn gaps(simulation: &Simulation) -> impl Iterator<Item = &Gap> {
    let entries = simulation.watch.transcript.entries().iter();
    entries.filter_map(|entry| match entry {
        Entry::Gap(gap) => Some(gap),
        Entry::Turn(_) => None,
    })
}

fn shown(simulation: &Simulation) -> Vec<Shown> {
    let turns = simulation.watch.transcript.turns();
    let words = turns.flat_map(|turn| turn.words.iter());
    let words = words.map(|word| Shown {
        text: word.text.to_owned(),
        start_ms: word.start_ms.into(),
        end_ms: word.end_ms.into(),
    });
    words.collect()
}

/// Returns how much of the time from `from` to `to` lies in another one.
fn overlap((from, to): (i64, i64), (other_from, other_to): (i64, i64)) -> i64 {
    (to.min(other_to) - from.max(other_from)).max(0)
}

fn range(gap: &Gap) -> (i64, i64) {
    (gap.from_ms.into(), gap.to_ms.into())
}

/// Checks that the times of the words rise, and that each gap is between its neighbours.
fn check_order(simulation: &Simulation, failures: &mut Vec<String>) {
    for pair in shown(simulation).windows(2) {
        if pair[0].start_ms + pair[0].end_ms >= pair[1].start_ms + pair[1].end_ms {
            failures.push(format!(
                "{} does not come after {}",
                pair[1].text, pair[0].text
            ));
        }
    }
    for pair in simulation.watch.transcript.entries().windows(2) {
        let [first, second] = [&pair[0], &pair[1]].map(|it| i64::from(it.start_ms()));
        let is_gap = pair.iter().any(|it| matches!(it, Entry::Gap(_)));
        if is_gap && first > second + TOLERANCE_MS {
            failures.push(format!(
                "an entry at {second} ms comes after one at {first} ms"
            ));
        }
    }
    for pair in gaps(simulation).collect::<Vec<_>>().windows(2) {
        if pair[0].to_ms > pair[1].from_ms {
            failures.push(format!("{:?} overlaps {:?}", pair[0], pair[1]));
        }
    }
}

/// Checks that each word is in the transcript once and at its time, or lies in a gap. A word that
/// was captured in part may be there.
fn check_words(simulation: &Simulation, failures: &mut Vec<String>) {
    let shown = shown(simulation);
    let gaps: Vec<(i64, i64)> = gaps(simulation).map(range).collect();
    let heard = &simulation.microphone.heard;
    for (number, word) in simulation.words.iter().enumerate() {
        let ms = |sample: u64| (sample / SAMPLES_PER_MS) as i64;
        let text = name(number as u64 % CODES);
        // A long script repeats its words after about an hour.
        let is_near = |it: &&Shown| (it.start_ms - ms(word.start)).abs() < 1_200_000;
        let mut found = shown.iter().filter(|it| it.text == text).filter(is_near);
        let (found, more) = (found.next(), found.count());
        let next = heard.partition_point(|it| it.to <= word.start);
        let Some(part) = heard.get(next).filter(|it| it.from < word.end) else {
            if found.is_some() {
                failures.push(format!("{text} is shown, but was not captured"));
            }
            continue;
        };
        if part.from > word.start || part.to < word.end {
            continue;
        }
        if more > 0 {
            failures.push(format!("{text} is shown {} times", more + 1));
        }
        let Some(offset_ms) = part.offset_ms else {
            if found.is_none() {
                failures.push(format!("{text} is missing"));
            }
            continue;
        };
        let (start, end) = (ms(word.start) + offset_ms, ms(word.end) + offset_ms);
        let in_gap: i64 = gaps.iter().map(|gap| overlap((start, end), *gap)).sum();
        let is_lost = in_gap == end - start;
        match found {
            Some(it) => {
                let is_early = it.start_ms + TOLERANCE_MS < start;
                if is_early || it.end_ms > end + TOLERANCE_MS {
                    let (from, to) = (it.start_ms, it.end_ms);
                    failures.push(format!("{text} at {from}..{to}, said at {start}..{end}"));
                }
                if is_lost && in_gap > EDGE_MS {
                    failures.push(format!("{text} is shown, but in a gap"));
                }
            }
            // The service reports a word only if it hears half of it.
            None if in_gap * 2 > end - start => {
                if !simulation.plan.may_lose() {
                    failures.push(format!("{text} is lost at {start}..{end}"));
                }
            }
            None => failures.push(format!("{text} is missing at {start}..{end}")),
        }
    }
}

/// Returns when nothing was captured, as far as the timeline is known.
fn stops(simulation: &Simulation) -> Vec<Stop> {
    let heard = &simulation.microphone.heard;
    let ms = |sample: u64| (sample / SAMPLES_PER_MS) as i64;
    let end = |part: &Heard| Some(ms(part.to) + part.offset_ms?);
    let start = |part: &Heard| Some(ms(part.from) + part.offset_ms?);
    let first = heard.first().and_then(|part| {
        Some(Stop {
            from_ms: 0,
            to_ms: start(part)?,
            length_ms: None,
            why: part.after,
        })
    });
    let between = heard.windows(2).filter_map(|pair| {
        Some(Stop {
            from_ms: end(&pair[0])?,
            to_ms: start(&pair[1])?,
            length_ms: Some(ms(pair[1].from - pair[0].to)),
            why: pair[1].after,
        })
    });
    let last = heard.last().and_then(|part| {
        Some(Stop {
            from_ms: end(part)?,
            to_ms: i64::MAX / 2,
            length_ms: None,
            why: simulation.microphone.interruption,
        })
    });
    first.into_iter().chain(between).chain(last).collect()
}

/// Checks that each stop of the capture is a gap of its length, and that there are no other gaps.
fn check_gaps(simulation: &Simulation, failures: &mut Vec<String>) {
    let stops = stops(simulation);
    for stop in &stops {
        let Some(length_ms) = stop.length_ms.filter(|it| *it >= MARKED_MS) else {
            continue;
        };
        let around = (stop.from_ms - MARKED_MS, stop.to_ms + MARKED_MS);
        let is_touched = |gap: &&Gap| overlap(range(gap), (stop.from_ms, stop.to_ms)) > 0;
        let covered: i64 = gaps(simulation)
            .filter(is_touched)
            .map(|gap| overlap(range(gap), around))
            .sum();
        let on_timeline = stop.to_ms - stop.from_ms;
        let is_marked = stop.why.is_mute || (covered - length_ms).abs() <= MARKED_MS;
        if !is_marked || (on_timeline - length_ms).abs() > MARKED_MS {
            failures.push(format!(
                "nothing was captured for {length_ms} ms: {on_timeline} ms on the timeline from \
                 {}, of which {covered} ms are marked",
                stop.from_ms
            ));
        }
    }
    if simulation
        .microphone
        .heard
        .iter()
        .any(|it| it.offset_ms.is_none())
    {
        return;
    }
    for gap in gaps(simulation) {
        let (from, to) = range(gap);
        let is_explained = |stop: &Stop| {
            let around = (stop.from_ms - MARKED_MS, stop.to_ms + MARKED_MS);
            let is_reason = match gap.reason {
                GapReason::Disconnected => false,
                GapReason::NoAudio => stop.why.is_loss || stop.why.is_mute,
                GapReason::Paused => stop.why.is_pause,
            };
            is_reason && overlap((from, to), around) == to - from
        };
        let is_kept = simulation.plan.may_lose() && gap.reason == GapReason::Disconnected;
        if !is_kept && !stops.iter().any(is_explained) {
            failures.push(format!("{gap:?} is not explained"));
        }
    }
}
