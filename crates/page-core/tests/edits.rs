//! What a person edits on the page.

use inturn_page_core::edits::{CorrectedLine, Edit, NamedSpeakers, ShownName};
use inturn_transcript::{Change, Session, Transcript, Turn, TurnId, TurnState, Word, Words};

/// A recording with an interruption: the same label in both sessions.
fn meeting() -> Transcript {
    let mut transcript = Transcript::default();
    for (session, start_ms) in [(1, 0), (2, 60_000)] {
        transcript.apply(&Change::SessionBegan(Session {
            number: session,
            start_ms,
            end_ms: None,
        }));
        for (turn, speaker) in [(0, "A"), (1, "UNKNOWN")] {
            let start_ms = start_ms + turn * 5_000;
            let mut words = Words::default();
            for (at, text) in (0..).zip(["The", "fairy", "leaves."]) {
                words.push(Word {
                    text,
                    start_ms: start_ms + at * 400,
                    end_ms: start_ms + at * 400 + 350,
                    ..Word::default()
                });
            }
            transcript.apply(&Change::Turn(Turn {
                state: TurnState::Formatted,
                start_ms,
                words,
                speaker: Some(speaker.to_owned()),
                ..Turn::new(TurnId { session, turn })
            }));
        }
    }
    transcript
}

fn id(session: u32, turn: u32) -> TurnId {
    TurnId { session, turn }
}

fn edit(transcript: &mut Transcript, turn: TurnId, edit: Edit<'_>) {
    for change in edit.changes(transcript, turn) {
        transcript.apply(&change);
    }
}

fn name(transcript: &mut Transcript, session: u32, name: &str, only_session: bool) {
    edit(
        transcript,
        id(session, 0),
        Edit::Named { name, only_session },
    );
}

/// The names in both sessions, and whether they are only there.
fn names(transcript: &Transcript) -> Vec<(u32, String, bool)> {
    let NamedSpeakers { sessions, names } = NamedSpeakers::of(transcript);
    assert_eq!(sessions, [1, 2]);
    let names = names.into_iter().map(|it| {
        assert_eq!(it.speaker, "Speaker A");
        let ShownName {
            session,
            name,
            only_session,
            ..
        } = it;
        (session, name, only_session)
    });
    names.collect()
}

#[test]
fn a_corrected_line_has_its_original_until_it_is_undone() {
    let mut transcript = meeting();
    let before = transcript.clone();
    let turn = id(1, 0);
    assert_eq!(CorrectedLine::of(&transcript, turn), None);
    edit(
        &mut transcript,
        turn,
        Edit::Corrected(" The\nferry leaves. "),
    );
    let line = CorrectedLine {
        text: "The ferry leaves.".to_owned(),
        original: "The fairy leaves.".to_owned(),
    };
    assert_eq!(CorrectedLine::of(&transcript, turn), Some(line));
    let same = Edit::Corrected("The ferry leaves.").changes(&transcript, turn);
    assert_eq!(same, []);
    edit(&mut transcript, turn, Edit::Undone);
    assert_eq!(transcript, before);
    assert_eq!(Edit::Undone.changes(&transcript, turn), []);
    assert_eq!(Edit::Corrected("words").changes(&transcript, id(3, 0)), []);
}

#[test]
fn a_name_is_for_the_recording_or_for_a_session() {
    let mut transcript = meeting();
    name(&mut transcript, 2, " Anna ", false);
    let (anna, ben) = ("Anna".to_owned(), "Ben".to_owned());
    let everywhere = [(1, anna.clone(), false), (2, anna.clone(), false)];
    assert_eq!(names(&transcript), everywhere);
    name(&mut transcript, 2, "Ben", true);
    assert_eq!(
        names(&transcript),
        [(1, anna.clone(), false), (2, ben.clone(), true)]
    );
    // Without its own name, it has that of the recording.
    name(&mut transcript, 2, "", true);
    assert_eq!(names(&transcript), everywhere);
    name(&mut transcript, 2, "Ben", true);
    name(&mut transcript, 2, "Anna", false);
    assert_eq!(names(&transcript), everywhere);
    name(&mut transcript, 1, "", false);
    assert_eq!(names(&transcript), []);
    name(&mut transcript, 1, "Ben", true);
    assert_eq!(names(&transcript), [(1, ben, true)]);
}

#[test]
fn an_unknown_speaker_has_no_name() {
    let unknown = Edit::Named {
        name: "Anna",
        only_session: false,
    };
    assert_eq!(unknown.changes(&meeting(), id(1, 1)), []);
}
