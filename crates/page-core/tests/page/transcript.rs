//! The recorder's changes on the page: rows, their order, and equal documents on both sides.

use inturn_client_core::{
    recording::{Recording, RecordingId, RecordingInfo, Span},
    session::Event,
};
use inturn_page_core::{
    EntryChange,
    messages::{ToPage, decode, encode},
    page::{Effect, Input, Page},
};
use inturn_protocol::{Family, Turn, Word};
use inturn_transcript::{Change, SessionEnd, Transcript};

use crate::support::{handle, ready};

pub(crate) const INFO: RecordingInfo = RecordingInfo {
    id: RecordingId(5),
    started_unix_ms: 1_700_000_000_000,
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

#[test]
fn rows_are_ordered_by_the_timeline_and_show_its_times() {
    let (_, effects) = page();
    let mut rows: Vec<(_, String)> = Vec::new();
    for effect in effects {
        let Effect::ShowEntry(EntryChange::Put {
            id, view, before, ..
        }) = effect
        else {
            continue;
        };
        let text = format!("{} {}{}", view.time, view.firm, view.tentative);
        let index = before.and_then(|before| rows.iter().position(|(id, _)| *id == before));
        rows.insert(index.unwrap_or(rows.len()), (id, text));
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
