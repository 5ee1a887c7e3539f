//! The recorder's changes on the page: rows, their order, and equal documents on both sides.

use inturn_client_core::{
    recording::{Recording, RecordingId, RecordingInfo, Span},
    session::{Event, LevelReading, Progress, State},
};
use inturn_page_core::{
    EntryChange, RowId,
    messages::{ToPage, decode, encode},
    page::{Effect, Input, Page},
};
use inturn_protocol::{Family, Turn, Word};
use inturn_transcript::{Change, Entry, EntryId, Gap, GapReason, SessionEnd, Transcript};

use crate::support::{handle, ready};

pub(crate) const INFO: RecordingInfo = RecordingInfo {
    id: RecordingId(5),
    started_unix_ms: 1_700_000_000_000,
    utc_offset_min: 60,
};

fn turn(turn_order: u32, text: &str, start: u64, end_of_turn: bool) -> Turn {
    Turn {
        turn_order,
        end_of_turn,
        transcript: text.to_owned(),
        words: vec![Word {
            text: text.to_owned(),
            start,
            end: start + 300,
            ..Word::default()
        }],
        ..Turn::default()
    }
}

/// Returns a recording with two sessions, as the worker holds it, and its changes. The second
/// session begins at one minute and is still open.
pub(crate) fn worker() -> (Recording, Vec<Change>) {
    let mut recording = Recording::new(INFO, 48_000);
    let family = Family::Universal3;
    let mut changes = vec![recording.begin_session(1, Span::default(), family)];
    changes.extend(recording.take_turn(1, &turn(0, "First.", 1_000, true)));
    changes.extend(recording.end_session(1, SessionEnd::Clean));
    let second = Span::from_sample(60 * 16_000);
    changes.push(recording.begin_session(2, second, family));
    changes.extend(recording.take_turn(2, &turn(1, "Third", 9_000, false)));
    changes.extend(recording.take_turn(2, &turn(0, "Second.", 2_000, true)));
    (recording, changes)
}

pub(crate) fn changes() -> Vec<Change> {
    worker().1
}

/// Sends changes to the page, encoded as the recorder encodes them.
pub(crate) fn send_changes(page: &mut Page, changes: &[Change]) -> Vec<Effect> {
    let mut effects = Vec::new();
    for change in changes {
        let message = ToPage::Event(Event::Changed(change.clone()));
        let bytes = encode(&message).expect("the message is encoded");
        let message = decode(&bytes).expect("the message is decoded");
        effects.extend(handle(page, Input::Recorder(message)));
    }
    effects
}

/// Returns a page that has received the whole recording.
pub(crate) fn page() -> (Page, Vec<Effect>) {
    let mut page = ready();
    handle(
        &mut page,
        Input::Recorder(ToPage::Event(Event::Began(INFO))),
    );
    let effects = send_changes(&mut page, &changes());
    (page, effects)
}

fn transcript(page: &Page) -> &Transcript {
    &page.document().last().expect("the page has a recording").1
}

#[test]
fn worker_page_and_replayed_log_hold_the_same_transcript() {
    let (worker, changes) = worker();
    let (page, _) = page();
    let mut replayed = Transcript::default();
    for change in &changes {
        replayed.apply(change);
    }
    assert_eq!(transcript(&page), worker.transcript());
    assert_eq!(&replayed, worker.transcript());
    assert_eq!(replayed.turns().count(), 3);
}

/// Shows a change as the page does.
fn show(rows: &mut Vec<(RowId, String)>, effect: Effect) {
    match effect {
        Effect::ShowEntry(EntryChange::Put {
            id, view, before, ..
        }) => {
            let text = format!("{} {}{}", view.time, view.firm, view.tentative);
            let index = |id: RowId| rows.iter().position(|(shown, _)| *shown == id);
            match (
                index(id),
                before.map(|it| index(it).expect("a row follows")),
            ) {
                (Some(at), _) => rows[at].1 = text,
                (None, next) => rows.insert(next.unwrap_or(rows.len()), (id, text)),
            }
        }
        Effect::ShowEntry(EntryChange::Removed(id)) => rows.retain(|(shown, _)| *shown != id),
        _ => {}
    }
}

#[test]
fn rows_are_ordered_by_the_timeline_and_show_its_times() {
    let (_, effects) = page();
    let mut rows = Vec::new();
    for effect in effects {
        show(&mut rows, effect);
    }
    let texts: Vec<&str> = rows.iter().map(|(_, text)| text.as_str()).collect();
    assert_eq!(texts, ["0:01 First.", "1:02 Second.", "1:09 Third"]);
}

#[test]
fn a_turn_ends_once() {
    let (mut page, effects) = page();
    let ended = |effects: &[Effect]| {
        let ended = effects.iter().filter(|effect| {
            matches!(
                effect,
                Effect::ShowEntry(EntryChange::Put {
                    has_just_ended: true,
                    ..
                })
            )
        });
        ended.count()
    };
    assert_eq!(ended(&effects), 2);
    let end = Change::SessionEnded {
        session: 2,
        end: SessionEnd::Clean,
    };
    assert_eq!(ended(&send_changes(&mut page, &[end])), 1);
    assert_eq!(ended(&send_changes(&mut page, &changes())), 0);
}

#[test]
fn each_recording_has_its_own_timeline() {
    let (mut page, _) = page();
    let before = transcript(&page).clone();
    let began = Event::Began(RecordingInfo::default());
    handle(&mut page, Input::Recorder(ToPage::Event(began)));
    assert!(transcript(&page).is_empty());
    assert!(!page.document().is_empty());
    let mut recording = Recording::new(RecordingInfo::default(), 48_000);
    let mut changes = vec![recording.begin_session(3, Span::default(), Family::Universal3)];
    changes.extend(recording.take_turn(3, &turn(0, "Anew.", 4_000, true)));
    let effects = send_changes(&mut page, &changes);
    let shown = effects.iter().find_map(|effect| match effect {
        Effect::ShowEntry(EntryChange::Put { view, .. }) => Some(view.time.as_str()),
        _ => None,
    });
    assert_eq!(shown, Some("0:04"));
    assert_ne!(transcript(&page), &before);
    assert_eq!(page.document().last_session(), 3);
}

#[test]
fn rows_that_a_gap_moves_are_placed_again() {
    let fills = Span::owning(20 * 16_000, 20 * 16_000, Some(30 * 16_000));
    let family = Family::Universal3;
    let mut recording = Recording::new(INFO, 48_000);
    let mut changes = vec![
        recording.begin_session(1, Span::default(), family),
        recording.begin_session(2, fills, family),
    ];
    for (session, number, text, start) in [
        (1, 0, "First.", 5_000),
        (1, 1, "Fourth.", 45_000),
        (2, 0, "Second.", 3_000),
        (2, 1, "Third.", 6_000),
    ] {
        changes.extend(recording.take_turn(session, &turn(number, text, start, true)));
    }
    for (from_ms, to_ms) in [(40_000, 41_000), (40_000, 44_000), (8_000, 9_000)] {
        changes.push(Change::Gap(Gap {
            from_ms,
            to_ms,
            reason: GapReason::NoAudio,
        }));
    }
    let (mut page, _) = page();
    handle(
        &mut page,
        Input::Recorder(ToPage::Event(Event::Began(INFO))),
    );
    let mut rows = Vec::new();
    for effect in send_changes(&mut page, &changes) {
        show(&mut rows, effect);
    }
    let entries = transcript(&page).entries().iter();
    let expected: Vec<EntryId> = entries.map(Entry::id).collect();
    let shown: Vec<EntryId> = rows.iter().map(|(id, _)| id.entry).collect();
    assert_eq!(shown, expected);
    let texts: Vec<&str> = rows.iter().map(|(_, text)| text.as_str()).collect();
    assert_eq!((texts[0], texts[2]), ("0:05 First.", "0:23 Second."));
    assert_eq!((texts[3], texts[5]), ("0:26 Third.", "0:45 Fourth."));
}

/// Returns the headings among `effects`, with the number of rows before each.
fn headings(effects: &[Effect]) -> Vec<(String, usize)> {
    let mut headings = Vec::new();
    let mut rows = 0;
    for effect in effects {
        match effect {
            Effect::ShowEntry(EntryChange::Began { started_unix_ms }) => {
                headings.push((started_unix_ms.to_string(), rows));
            }
            Effect::ShowEntry(EntryChange::Ended { length }) => {
                headings.push((length.clone(), rows));
            }
            Effect::ShowEntry(EntryChange::Put { .. }) => rows += 1,
            _ => {}
        }
    }
    headings
}

#[test]
fn a_recording_has_a_heading_from_its_first_row_on() {
    let (_, effects) = page();
    let [(started, rows)] = &headings(&effects)[..] else {
        panic!("not one heading: {effects:?}");
    };
    assert_eq!((started.as_str(), *rows), ("1700000000000", 0));
}

#[test]
fn the_heading_shows_the_length_when_the_recording_has_ended() {
    let (mut page, _) = page();
    let level = LevelReading {
        percent: 50,
        captured_ms: 65_400,
    };
    let listening = State::Listening(Progress::Live);
    let mut effects = Vec::new();
    for event in [
        Event::State(listening),
        Event::Level(level),
        Event::State(State::Idle),
    ] {
        effects.extend(handle(&mut page, Input::Recorder(ToPage::Event(event))));
    }
    assert_eq!(headings(&effects), [("1:05".to_owned(), 0)]);
}

#[test]
fn a_recording_that_is_put_back_has_its_length() {
    let (mut page, _) = page();
    let captured_ms = 65_400;
    let mut effects = Vec::new();
    for event in [
        Event::Level(LevelReading {
            percent: 0,
            captured_ms,
        }),
        Event::State(State::Idle),
    ] {
        effects.extend(handle(&mut page, Input::Recorder(ToPage::Event(event))));
    }
    assert_eq!(headings(&effects), [("1:05".to_owned(), 0)]);
}

#[test]
fn a_recording_without_words_has_no_heading() {
    let mut page = ready();
    let mut effects = Vec::new();
    for event in [
        Event::Began(INFO),
        Event::State(State::Listening(Progress::Live)),
        Event::State(State::Idle),
    ] {
        effects.extend(handle(&mut page, Input::Recorder(ToPage::Event(event))));
    }
    assert_eq!(headings(&effects), []);
}

#[test]
fn the_heading_comes_back_with_the_first_words_after_a_partial_that_became_empty() {
    let mut recording = Recording::new(INFO, 48_000);
    let mut changes = vec![recording.begin_session(1, Span::default(), Family::Universal3)];
    for text in ["Uh", "", "Hello."] {
        let mut turn = turn(0, text, 1_000, text == "Hello.");
        turn.words.retain(|it| !it.text.is_empty());
        changes.extend(recording.take_turn(1, &turn));
    }
    let mut page = ready();
    handle(
        &mut page,
        Input::Recorder(ToPage::Event(Event::Began(INFO))),
    );
    let effects = send_changes(&mut page, &changes);
    let rows: Vec<usize> = headings(&effects).iter().map(|(_, rows)| *rows).collect();
    assert_eq!(rows, [0, 1]);
}
