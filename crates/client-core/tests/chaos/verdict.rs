//! What must hold once a recording has ended.

use inturn_transcript::Entry;

use super::{
    script::{CODES, SAMPLES_PER_MS},
    service::{TIME_ERROR_MS, name},
    shell::Simulation,
};

/// How wrong a time in the transcript may be, in milliseconds: as wrong as the service's, and the
/// rounding.
const TOLERANCE_MS: u64 = TIME_ERROR_MS + 1;

/// A word of the transcript.
struct Shown {
    text: String,
    start_ms: u64,
    end_ms: u64,
}

/// Returns what is wrong with a recording that has ended.
pub(crate) fn failures(simulation: &mut Simulation) -> Vec<String> {
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
    check_words(simulation, &mut failures);
    failures
}

/// Returns `true` if more than half of the time from `start` to `end` lies in the gap.
fn is_half_in((from, to): (u64, u64), start: u64, end: u64) -> bool {
    let inside = end.min(to).saturating_sub(start.max(from));
    inside * 2 > end - start
}

/// Checks that each word is in the transcript once, in order and at its time, or lies in a gap.
fn check_words(simulation: &Simulation, failures: &mut Vec<String>) {
    let mut shown = Vec::new();
    let mut gaps = Vec::new();
    for entry in simulation.watch.transcript.entries() {
        match entry {
            Entry::Turn(turn) => shown.extend(turn.words.iter().map(|word| Shown {
                text: word.text.to_owned(),
                start_ms: word.start_ms.into(),
                end_ms: word.end_ms.into(),
            })),
            Entry::Gap(gap) => gaps.push((u64::from(gap.from_ms), u64::from(gap.to_ms))),
        }
    }
    for pair in shown.windows(2) {
        if pair[0].start_ms + pair[0].end_ms >= pair[1].start_ms + pair[1].end_ms {
            failures.push(format!(
                "{} does not come after {}",
                pair[1].text, pair[0].text
            ));
        }
    }
    let captured = simulation.microphone.captured;
    for (number, word) in simulation.words.iter().enumerate() {
        if word.end > captured {
            break;
        }
        let text = name(number as u64 % CODES);
        let (start, end) = (word.start / SAMPLES_PER_MS, word.end / SAMPLES_PER_MS);
        let is_lost = gaps.iter().any(|(from, to)| *from <= start && end <= *to);
        // A long script repeats its words after about an hour.
        let is_near = |it: &&Shown| it.start_ms.abs_diff(start) < 1_200_000;
        let mut found = shown.iter().filter(|it| it.text == text).filter(is_near);
        match (found.next(), found.count(), is_lost) {
            (Some(it), 0, false) => {
                let is_early = it.start_ms + TOLERANCE_MS < start;
                if is_early || it.end_ms > end + TOLERANCE_MS {
                    let (from, to) = (it.start_ms, it.end_ms);
                    failures.push(format!("{text} at {from}..{to}, said at {start}..{end}"));
                }
            }
            (Some(_), 0, true) => failures.push(format!("{text} is shown, but in a gap")),
            (Some(_), more, _) => failures.push(format!("{text} is shown {} times", more + 1)),
            // The service reports a word only if it hears half of it.
            (None, _, false) if gaps.iter().any(|gap| is_half_in(*gap, start, end)) => {}
            (None, _, true) => {
                if !simulation.plan.may_lose() {
                    failures.push(format!("{text} is lost at {start}..{end}"));
                }
            }
            (None, _, false) => failures.push(format!("{text} is missing at {start}..{end}")),
        }
    }
}
