//! Entries are in the order of the timeline, and within a session in the service's order.

use inturn_transcript::{
    Change, Entry, EntryId, Gap, GapReason, Session, Touched, Transcript, Turn, TurnId,
};

fn began(number: u32, start_ms: u32) -> Change {
    Change::SessionBegan(Session {
        number,
        start_ms,
        end_ms: None,
    })
}

fn turn(session: u32, turn: u32) -> Change {
    turn_at(0, session, turn)
}

fn turn_at(start_ms: u32, session: u32, turn: u32) -> Change {
    Change::Turn(Turn {
        text: Some(format!("{session}/{turn}")),
        start_ms,
        ..Turn::new(TurnId { session, turn })
    })
}

fn gap(from_ms: u32, to_ms: u32) -> Change {
    Change::Gap(Gap {
        from_ms,
        to_ms,
        reason: GapReason::Disconnected,
    })
}

fn shown(transcript: &Transcript) -> Vec<String> {
    let entries = transcript.entries().iter();
    let text = |entry: &Entry| match entry {
        Entry::Turn(turn) => turn.text().to_owned(),
        Entry::Gap(gap) => format!("gap {}-{}", gap.from_ms, gap.to_ms),
    };
    entries.map(text).collect()
}

fn id(session: u32, turn: u32) -> EntryId {
    EntryId::Turn(TurnId { session, turn })
}

fn of(changes: &[Change]) -> Transcript {
    let mut transcript = Transcript::default();
    for change in changes {
        transcript.apply(change);
    }
    transcript
}

#[test]
fn a_session_that_fills_a_gap_is_sorted_into_the_gap() {
    let transcript = of(&[
        began(1, 0),
        turn(1, 0),
        turn(1, 1),
        began(2, 75_000),
        turn_at(75_000, 2, 0),
        Change::SessionBegan(Session {
            number: 3,
            start_ms: 60_000,
            end_ms: Some(75_000),
        }),
        turn_at(60_000, 3, 0),
        turn_at(80_000, 2, 1),
        turn_at(70_000, 3, 1),
    ]);
    assert_eq!(
        shown(&transcript),
        ["1/0", "1/1", "3/0", "3/1", "2/0", "2/1"]
    );
}

#[test]
fn sessions_and_turns_sort_numerically() {
    let transcript = of(&[turn(2, 0), turn(1, 10), turn(10, 0), turn(1, 9)]);
    assert_eq!(shown(&transcript), ["1/9", "1/10", "2/0", "10/0"]);
}

#[test]
fn the_times_of_words_do_not_reorder_a_session() {
    let mut late = Turn::new(TurnId {
        session: 1,
        turn: 0,
    });
    late.text = Some("1/0".to_owned());
    late.start_ms = 90_000;
    let transcript = of(&[began(1, 0), turn(1, 1), Change::Turn(late)]);
    assert_eq!(shown(&transcript), ["1/0", "1/1"]);
}

#[test]
fn a_gap_is_sorted_by_its_start_and_can_shrink_and_disappear() {
    let mut changes = vec![
        gap(60_000, 90_000),
        began(2, 90_000),
        turn_at(90_000, 2, 0),
        began(1, 0),
        turn(1, 0),
    ];
    assert_eq!(shown(&of(&changes)), ["1/0", "gap 60000-90000", "2/0"]);
    changes.push(gap(60_000, 70_000));
    assert_eq!(shown(&of(&changes)), ["1/0", "gap 60000-70000", "2/0"]);
    changes.push(gap(60_000, 60_000));
    assert_eq!(shown(&of(&changes)), ["1/0", "2/0"]);
}

#[test]
fn a_gap_within_a_session_is_between_the_turns_before_and_after_it() {
    let gap = gap(10_000, 20_000);
    let turns = [turn_at(5_000, 1, 0), turn_at(40_000, 1, 1)];
    for changes in [
        [began(1, 0), turns[0].clone(), gap.clone(), turns[1].clone()],
        [gap.clone(), turns[1].clone(), turns[0].clone(), began(1, 0)],
        [turns[1].clone(), turns[0].clone(), began(1, 0), gap.clone()],
    ] {
        assert_eq!(shown(&of(&changes)), ["1/0", "gap 10000-20000", "1/1"]);
    }
}

#[test]
fn a_turn_whose_start_moves_across_a_gap_moves() {
    let mut transcript = of(&[began(1, 0), gap(10_000, 20_000), turn_at(9_900, 1, 0)]);
    let moved = [Touched {
        id: id(1, 0),
        has_moved: true,
    }];
    assert_eq!(transcript.apply(&turn_at(20_100, 1, 0)), moved);
    assert_eq!(shown(&transcript), ["gap 10000-20000", "1/0"]);
    assert_eq!(transcript.apply(&turn_at(9_900, 1, 0)), moved);
    assert_eq!(shown(&transcript), ["1/0", "gap 10000-20000"]);
}

#[test]
fn a_gap_moves_the_turns_of_other_sessions() {
    let mut transcript = of(&[
        began(1, 0),
        turn_at(5_000, 1, 0),
        turn_at(45_000, 1, 1),
        Change::SessionBegan(Session {
            number: 3,
            start_ms: 20_000,
            end_ms: Some(30_000),
        }),
        turn_at(25_000, 3, 0),
    ]);
    assert_eq!(shown(&transcript), ["1/0", "1/1", "3/0"]);
    let touched = [(EntryId::Gap(40_000), false), (id(3, 0), true)];
    let touched = touched.map(|(id, has_moved)| Touched { id, has_moved });
    assert_eq!(transcript.apply(&gap(40_000, 44_000)), touched);
    assert_eq!(shown(&transcript), ["1/0", "3/0", "gap 40000-44000", "1/1"]);
    assert_eq!(
        transcript.apply(&gap(40_000, 43_000)),
        touched[..1],
        "it shrinks in place"
    );
    let mut touched = touched;
    touched[1].id = id(1, 1);
    assert_eq!(
        transcript.apply(&gap(40_000, 40_000)),
        touched,
        "it disappears"
    );
    assert_eq!(shown(&transcript), ["1/0", "1/1", "3/0"]);
}

#[test]
fn a_gap_outside_of_a_session_does_not_divide_it() {
    let span = Session {
        number: 1,
        start_ms: 20_000,
        end_ms: Some(30_000),
    };
    let transcript = of(&[
        Change::SessionBegan(span),
        turn_at(25_000, 1, 1),
        turn_at(29_000, 1, 0),
        gap(10_000, 20_000 - 1),
        gap(30_000, 40_000),
    ]);
    let gaps = ["gap 10000-19999", "gap 30000-40000"];
    assert_eq!(shown(&transcript), [gaps[0], "1/0", "1/1", gaps[1]]);
}

#[test]
fn entry_after_returns_the_next_entry() {
    let transcript = of(&[turn(1, 0), turn(1, 2)]);
    let after = |turn| transcript.entry_after(id(1, turn)).map(Entry::id);
    assert_eq!([after(0), after(1), after(2)], [Some(id(1, 2)), None, None]);
}
