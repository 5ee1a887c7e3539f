//! Random conversations of two recordings: all turns once, and in the order of the clock.

use inturn_client_core::session::{Event, Outage, Progress, State};
use inturn_transcript::{Change, Turn, TurnId, TurnState, Word, Words};
use proptest::prelude::*;

use super::pair::{MEETING, OFFSET_MS, Pair, YOU};

/// A turn of one of the recordings, in milliseconds.
#[derive(Clone, Copy, Debug)]
struct Said {
    pause_ms: u32,
    length_ms: u32,
    /// How long after a word the service reports it.
    latency_ms: u32,
}

/// A time without a connection.
#[derive(Clone, Copy, Debug)]
struct Outages {
    from_ms: u32,
    length_ms: u32,
}

fn turns() -> impl Strategy<Value = Vec<Said>> {
    let said = (0_u32..5_000, 100_u32..6_000, 100_u32..2_500);
    let said = said.prop_map(|(pause_ms, length_ms, latency_ms)| Said {
        pause_ms,
        length_ms,
        latency_ms,
    });
    prop::collection::vec(said, 0..15)
}

fn outage() -> impl Strategy<Value = Option<Outages>> {
    let outage = (0_u32..40_000, 500_u32..15_000);
    prop::option::of(outage.prop_map(|(from_ms, length_ms)| Outages { from_ms, length_ms }))
}

/// Returns the events of a recording, with the times at which they come.
fn events(at: usize, turns: &[Said], outage: Option<Outages>) -> Vec<(u32, usize, Event)> {
    let mut events = Vec::new();
    let mut now_ms = 0;
    // No word comes during an outage, and all that was said comes at its end.
    let delayed = |ms: u32| match outage {
        Some(it) if (it.from_ms..it.from_ms + it.length_ms).contains(&ms) => {
            it.from_ms + it.length_ms
        }
        _ => ms,
    };
    for (id, said) in (0..).zip(turns) {
        let start_ms = now_ms + said.pause_ms;
        now_ms = start_ms + said.length_ms;
        let open = turn(id, at, start_ms, TurnState::Open);
        let end = turn(id, at, start_ms, TurnState::Formatted);
        events.push((
            delayed(start_ms + said.latency_ms),
            at,
            Event::Changed(open),
        ));
        events.push((delayed(now_ms + said.latency_ms), at, Event::Changed(end)));
    }
    if let Some(it) = outage {
        let outage = Outage::Service;
        let lost = State::Reconnecting { outage, secs: 1 };
        events.push((it.from_ms, at, Event::State(lost)));
        let live = State::Listening(Progress::Live);
        events.push((it.from_ms + it.length_ms, at, Event::State(live)));
    }
    for (ms, _, _) in &mut events {
        *ms += offset_ms(at);
    }
    // Stable: the words of an outage come before the next state.
    events.sort_by_key(|it| it.0);
    events
}

fn turn(id: u32, at: usize, start_ms: u32, state: TurnState) -> Change {
    let mut words = Words::default();
    words.push(Word {
        text: &format!("r{at}t{id}."),
        start_ms,
        end_ms: start_ms + 100,
        ..Word::default()
    });
    let id = TurnId {
        session: 1,
        turn: id,
    };
    Change::Turn(Turn {
        state,
        start_ms,
        words,
        ..Turn::new(id)
    })
}

/// When a turn was said, and when its first and its last words were reported.
struct Times {
    start_ms: u32,
    reported_ms: u32,
    ended_ms: u32,
}

impl Times {
    /// Returns those of the turn in a row.
    fn of(row: &str, events: &[(u32, usize, Event)]) -> Self {
        let said = events.iter().filter_map(|(ms, at, event)| match event {
            Event::Changed(Change::Turn(turn)) if row.ends_with(turn.text()) => {
                Some((*ms, turn.start_ms + offset_ms(*at)))
            }
            _ => None,
        });
        let said: Vec<(u32, u32)> = said.collect();
        let [(reported_ms, start_ms), (ended_ms, _)] = said[..] else {
            panic!("{row}: {said:?}");
        };
        Self {
            start_ms,
            reported_ms,
            ended_ms,
        }
    }
}

fn offset_ms(at: usize) -> u32 {
    if at == MEETING { OFFSET_MS } else { 0 }
}

/// Returns the seconds at the start of a row.
fn secs(row: &str) -> Option<u32> {
    let (min, rest) = row.split_once(':')?;
    let (secs, _) = rest.split_once(' ')?;
    Some(min.parse::<u32>().ok()? * 60 + secs.parse::<u32>().ok()?)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn each_turn_of_both_comes_once_and_in_the_order_of_the_clock(
        turns in [turns(), turns()],
        outages in [outage(), outage()],
        // So low that finals sometimes do not wait.
        rows in 4_u16..20,
    ) {
        let mut events: Vec<_> = [YOU, MEETING]
            .into_iter()
            .flat_map(|at| events(at, &turns[at], outages[at]))
            .collect();
        events.sort_by_key(|it| it.0);
        let mut pair = Pair::new(60, rows);
        for (_, at, event) in &events {
            pair.event(*at, event);
        }
        pair.close();

        let shown = pair.rows();
        let mut expected: Vec<String> = [(YOU, "You"), (MEETING, "Meeting")]
            .into_iter()
            .flat_map(|(at, label)| {
                (0..turns[at].len()).map(move |id| format!("{label}: r{at}t{id}."))
            })
            .collect();
        expected.sort();
        let mut lines: Vec<&str> = pair.lines.lines().collect();
        lines.sort_unstable();
        prop_assert_eq!(&lines, &expected);
        let words = shown.iter().map(|row| {
            let (_, words) = row.split_once(' ').unwrap_or_default();
            words.trim_start_matches("(earlier) ").to_owned()
        });
        let mut words: Vec<String> = words.collect();
        words.sort();
        prop_assert_eq!(&words, &expected, "{}", shown.join("\n"));

        let mut last = 0;
        for (at, row) in shown.iter().enumerate() {
            let secs = secs(row).expect("a time");
            if !row.contains("(earlier)") {
                prop_assert!(secs >= last, "{}", shown.join("\n"));
                last = secs;
                continue;
            }
            // A later one could be printed before the service had reported this one.
            let late = Times::of(row, &events);
            let mut before = shown[..at].iter().map(|it| Times::of(it, &events));
            let is_late =
                before.any(|it| it.start_ms > late.start_ms && it.ended_ms <= late.reported_ms);
            prop_assert!(is_late, "{}:\n{}", row, shown.join("\n"));
        }
    }
}
