//! Random changes: nothing is lost and nothing is printed twice, in whatever order turns come.

use std::collections::BTreeMap;

use inturn_client_core::session::{Event, Outage, Progress, State};
use inturn_terminal::{Track, output::PlainLines, screen::Style};
use inturn_transcript::{
    Change, Gap, GapReason, Session, SessionEnd, Turn, TurnId, TurnState, Word, Words,
};
use proptest::prelude::*;

use super::terminal::{STYLE, Shown};

#[derive(Clone, Debug)]
enum Step {
    Change(Change),
    State(State),
}

fn step() -> impl Strategy<Value = Step> {
    let state = prop::sample::select(vec![
        State::Listening(Progress::Live),
        State::Listening(Progress::Filling { secs: 3 }),
        State::Reconnecting {
            outage: Outage::Service,
            secs: 3,
        },
    ]);
    prop_oneof![
        8 => turn().prop_map(|turn| Step::Change(Change::Turn(turn))),
        2 => (1_u32..4, 0_u32..30, prop::option::of(1_u32..30)).prop_map(|(number, start, len)| {
            Step::Change(Change::SessionBegan(Session {
                number,
                start_ms: start * 1_000,
                end_ms: len.map(|len| (start + len) * 1_000),
            }))
        }),
        1 => (1_u32..4, any::<bool>()).prop_map(|(session, is_clean)| {
            let end = if is_clean { SessionEnd::Clean } else { SessionEnd::BrokenOff };
            Step::Change(Change::SessionEnded { session, end })
        }),
        1 => (0_u32..30, 0_u32..5).prop_map(|(from, len)| Step::Change(Change::Gap(Gap {
            from_ms: from * 1_000,
            to_ms: (from + len) * 1_000,
            reason: GapReason::NoAudio,
        }))),
        1 => state.prop_map(Step::State),
    ]
}

/// Generates a turn whose words name its session, its number and its version.
fn turn() -> impl Strategy<Value = Turn> {
    let state = prop::sample::select(vec![
        TurnState::Open,
        TurnState::Open,
        TurnState::Raw,
        TurnState::Formatted,
    ]);
    (1_u32..4, 0_u32..6, 0_u32..3, 1_u32..4, state).prop_map(
        |(session, turn, version, count, state)| {
            let mut words = Words::default();
            for at in 0..count {
                let start_ms = (session * 5 + turn * 2 + at) * 1_000;
                words.push(Word {
                    text: &format!("s{session}t{turn}v{version}w{at}"),
                    start_ms,
                    end_ms: start_ms + 500,
                    ..Word::default()
                });
            }
            Turn {
                state,
                start_ms: (session * 5 + turn * 2) * 1_000,
                words,
                ..Turn::new(TurnId { session, turn })
            }
        },
    )
}

/// Returns the name that all words of a turn begin with.
fn name(id: TurnId) -> String {
    format!("s{}t{}v", id.session, id.turn)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn each_turn_is_printed_once_and_the_last_version_is_the_true_one(
        formatted_follows: bool,
        has_control: bool,
        steps in prop::collection::vec(step(), 1..50),
    ) {
        let mut plain = PlainLines::new(formatted_follows, 1);
        let mut shown = Shown::new(Style {
            columns: 200,
            // So low that finals do not always wait for a missed part.
            rows: 4,
            has_control,
            formatted_follows,
            ..STYLE
        });
        let mut lines = String::new();
        for step in steps {
            match step {
                Step::Change(change) => {
                    let event = Event::Changed(change.clone());
                    let touched = shown.apply(change);
                    let tracks = [Track::alone(&shown.transcript)];
                    lines += &plain.event(&event, &tracks, 0, &touched);
                }
                Step::State(state) => {
                    shown.state(state);
                    let tracks = [Track::alone(&shown.transcript)];
                    lines += &plain.event(&Event::State(state), &tracks, 0, &[]);
                }
            }
        }
        shown.close();
        lines += &plain.finish(&[Track::alone(&shown.transcript)]);

        let mut count = BTreeMap::<&str, usize>::new();
        for line in lines.lines() {
            let end = line.find('v').expect("a version");
            *count.entry(&line[..=end]).or_default() += 1;
        }
        prop_assert!(count.values().all(|it| *it == 1), "{}", lines);

        let rows = if has_control { shown.rows().join("\n") } else { shown.written };
        for turn in shown.transcript.turns() {
            let name = name(turn.id);
            prop_assert!(count.contains_key(name.as_str()), "{} is missing:\n{}", name, lines);
            let last = rows.lines().rfind(|it| it.contains(&name));
            let has_text = last.is_some_and(|it| it.contains(turn.text()));
            prop_assert!(has_text, "{}:\n{}", turn.text(), rows);
        }
    }
}
