//! Corrections, names and revised speakers outlive the service's later versions of a turn.

use inturn_transcript::{
    Change, CorrectionId, EntryId, Phrases, Session, Speaker, SpeakerName, Transcript, Turn,
    TurnId, TurnSpeakers, TurnState, Word, Words,
};

const ID: TurnId = TurnId {
    session: 1,
    turn: 0,
};

fn first_correction() -> CorrectionId {
    CorrectionId { turn: ID, index: 0 }
}

/// Returns words of 200 ms each.
fn words(text: &str) -> Words {
    let mut words = Words::default();
    for (word, at) in text.split_whitespace().zip(0_u32..) {
        words.push(Word {
            text: word,
            start_ms: at * 200,
            end_ms: at * 200 + 180,
            confidence: 0.5,
            ..Word::default()
        });
    }
    words
}

fn turn(text: &str, state: TurnState) -> Change {
    Change::Turn(Turn {
        state,
        words: words(text),
        ..Turn::new(ID)
    })
}

fn partial(text: &str) -> Change {
    turn(text, TurnState::Open)
}

fn of(changes: &[Change]) -> Transcript {
    let mut transcript = Transcript::default();
    for change in changes {
        transcript.apply(change);
    }
    transcript
}

fn text(transcript: &Transcript) -> String {
    let reading = transcript.reading(ID).expect("the turn exists");
    reading.text().to_owned()
}

/// Corrects some words of the turn, as they are shown.
fn correct(transcript: &mut Transcript, words: std::ops::Range<usize>, text: &str) {
    let change = transcript.correction(ID, words, text);
    transcript.apply(&change.expect("something changes"));
}

#[test]
fn a_corrected_word_keeps_its_times_and_the_original_is_kept() {
    let mut transcript = of(&[turn("the fairy leaves", TurnState::Formatted)]);
    correct(&mut transcript, 1..2, "ferry");
    assert_eq!(text(&transcript), "the ferry leaves");
    let turn = transcript.turn(ID).expect("the turn exists");
    assert_eq!(turn.text(), "the fairy leaves");
    let reading = transcript.reading(ID).expect("the turn exists");
    let word = &reading.words()[1];
    assert_eq!(
        (word.start_ms, word.end_ms, word.confidence),
        (200, 380, 0.5)
    );
    assert_eq!(word.correction, Some(first_correction()));
    assert_eq!(reading.words()[2].start_ms, 400);
    assert_eq!(transcript.corrections(ID)[0].original, "fairy");
}

#[test]
fn a_correction_outlives_every_later_version() {
    let mut transcript = of(&[partial("the fairy lea")]);
    correct(&mut transcript, 1..2, "ferry");
    for (change, expected) in [
        (partial("the fairy leaves at"), "the ferry leaves at"),
        // A word more before it.
        (partial("so the fairy leaves at"), "so the ferry leaves at"),
        // Another word in its place, at the same time.
        (
            partial("the fury leaves at nine"),
            "the ferry leaves at nine",
        ),
        (partial("the"), "the ferry"),
        (
            turn("the fairy leaves at nine", TurnState::Raw),
            "the ferry leaves at nine",
        ),
        (
            turn("The Fairy, leaves at 9.", TurnState::Formatted),
            "The ferry leaves at 9.",
        ),
    ] {
        transcript.apply(&change);
        assert_eq!(text(&transcript), expected);
    }
}

#[test]
fn a_corrected_turn_goes_on() {
    let mut transcript = of(&[partial("the fairy leaf")]);
    let change = transcript.turn_correction(ID, "The ferry leaves");
    transcript.apply(&change.expect("something changes"));
    transcript.apply(&partial("the fairy leaf at nine"));
    assert_eq!(text(&transcript), "The ferry leaves at nine");
}

#[test]
fn undoing_shows_the_original() {
    let mut transcript = of(&[turn("the fairy leaves", TurnState::Formatted)]);
    let before = transcript.clone();
    correct(&mut transcript, 1..2, "ferry");
    let undo = transcript
        .undone_correction(first_correction())
        .expect("there is one");
    transcript.apply(&undo);
    assert_eq!(transcript, before);
    assert_eq!(transcript.undone_correction(first_correction()), None);
    correct(&mut transcript, 1..2, "ferry");
    correct(&mut transcript, 1..2, "fairy");
    assert_eq!(transcript, before, "typing the original undoes it too");
}

#[test]
fn a_whole_line_is_corrected_removed_written_again_and_undone() {
    let mut transcript = of(&[turn("the fairy leaves at nine", TurnState::Formatted)]);
    let before = transcript.clone();
    for line in ["The ferry leaves at ten", "", "No  ferry\ntoday", ""] {
        let change = transcript.turn_correction(ID, line);
        transcript.apply(&change.expect("something changes"));
        assert!(transcript.is_corrected(ID));
        let line: Vec<&str> = line.split_whitespace().collect();
        assert_eq!(text(&transcript), line.join(" "));
    }
    let original = transcript.turn_correction(ID, "the fairy leaves at nine");
    transcript.apply(&original.expect("something changes"));
    assert_eq!(transcript, before);

    for words in [1..2, 4..5] {
        correct(&mut transcript, words, "other");
    }
    for change in transcript.undone_corrections(ID) {
        transcript.apply(&change);
    }
    assert_eq!(transcript, before);
    assert!(!transcript.is_corrected(ID));
    assert_eq!(transcript.undone_corrections(ID), []);
}

#[test]
fn a_correction_of_a_correction_has_the_first_original() {
    let mut transcript = of(&[turn("one two three four", TurnState::Formatted)]);
    correct(&mut transcript, 1..3, "2 3");
    assert_eq!(text(&transcript), "one 2 3 four");
    correct(&mut transcript, 2..3, "drei");
    assert_eq!(text(&transcript), "one 2 drei four");
    correct(&mut transcript, 0..2, "1 zwei");
    assert_eq!(text(&transcript), "1 zwei drei four");
    let corrections = transcript.corrections(ID);
    assert_eq!(corrections.len(), 1);
    assert_eq!(corrections[0].original, "one two three");
}

#[test]
fn words_can_be_removed_and_added() {
    let mut transcript = of(&[turn("um the ferry leaves", TurnState::Formatted)]);
    correct(&mut transcript, 0..1, "");
    assert_eq!(text(&transcript), "the ferry leaves");
    let change = transcript.turn_correction(ID, "the first ferry leaves");
    transcript.apply(&change.expect("something changes"));
    assert_eq!(text(&transcript), "the first ferry leaves");
    let reading = transcript.reading(ID).expect("the turn exists");
    let starts: Vec<u32> = reading.words().iter().map(|it| it.start_ms).collect();
    assert!(starts.is_sorted(), "{starts:?}");
    assert_eq!(starts[3], 600, "an unchanged word keeps its time");
}

#[test]
fn the_correction_of_a_line_changes_only_what_differs() {
    for (old, new, originals) in [
        ("the fairy leaves", "the ferry leaves", ["fairy"].as_slice()),
        ("the cat", "they cat", &["the"]),
        ("a b", "a a b", &["b"]),
        ("a", "a a", &["a"]),
        ("a a", "a", &["a"]),
        ("one two", "one  two", &[]),
    ] {
        let mut transcript = of(&[turn(old, TurnState::Formatted)]);
        if let Some(change) = transcript.turn_correction(ID, new) {
            transcript.apply(&change);
        }
        let shown = text(&transcript);
        assert_eq!(shown, new.split_whitespace().collect::<Vec<_>>().join(" "));
        let corrections = transcript.corrections(ID).iter();
        let found: Vec<&str> = corrections.map(|it| it.original.as_str()).collect();
        assert_eq!(
            found.len(),
            originals.len(),
            "{old:?} to {new:?}: {found:?}"
        );
    }
    let transcript = of(&[turn("the fairy leaves", TurnState::Formatted)]);
    let Some(Change::Corrected { corrections, .. }) =
        transcript.turn_correction(ID, "the ferry leaves")
    else {
        panic!("a correction");
    };
    assert_eq!(
        (corrections[0].first, corrections[0].text.as_str()),
        (1, "ferry")
    );
}

#[test]
fn a_text_without_spaces_is_corrected_in_place() {
    let mut transcript = of(&[Change::Turn(Turn {
        state: TurnState::Formatted,
        words: words("今日は 電気が いい。"),
        text: Some("今日は電気がいい。".to_owned()),
        ..Turn::new(ID)
    })]);
    let change = transcript.turn_correction(ID, "今日は天気がいい。");
    transcript.apply(&change.expect("something changes"));
    assert_eq!(text(&transcript), "今日は天気がいい。");
    assert_eq!(transcript.corrections(ID)[0].original, "電気が");
}

#[test]
fn the_firm_part_of_a_reading_is_that_of_the_turn() {
    let transcript = of(&[Change::Turn(Turn {
        words: words("the ferry lea"),
        firm_words: 2,
        ..Turn::new(ID)
    })]);
    let reading = transcript.reading(ID).expect("the turn exists");
    assert_eq!(reading.parts(), ("the ferry", "lea"));
}

fn named(session: Option<u32>, label: &str, name: &str) -> Change {
    Change::SpeakerNamed(SpeakerName {
        session,
        label: label.to_owned(),
        name: name.to_owned(),
    })
}

#[test]
fn a_name_holds_for_all_sessions_unless_one_has_its_own() {
    let transcript = of(&[named(None, "A", "Mia "), named(Some(2), "A", "Tom")]);
    assert_eq!(transcript.speaker_name(1, "A"), Some("Mia"));
    assert_eq!(transcript.speaker_name(2, "A"), Some("Tom"));
    assert_eq!(transcript.speaker_name(1, "B"), None);
    let phrases = Phrases::ENGLISH;
    assert_eq!(phrases.speaker_name(&transcript, 1, "B"), "Speaker B");
    assert_eq!(
        phrases.speaker_name(&transcript, 1, "PENDING"),
        "Unknown speaker"
    );
    let mut transcript = transcript;
    transcript.apply(&named(None, "A", ""));
    assert_eq!(transcript.speaker_name(1, "A"), None);
}

#[test]
fn only_a_letter_is_a_known_speaker() {
    assert_eq!(Speaker::new("B"), Speaker::Known("B"));
    for label in ["UNKNOWN", "PENDING", "", "?", "AB"] {
        assert_eq!(Speaker::new(label), Speaker::Unknown, "{label:?}");
    }
}

fn speakers(label: &str, words: Words) -> Change {
    Change::Speakers(TurnSpeakers {
        turn: ID,
        speaker: Some(label.to_owned()),
        words,
    })
}

fn labels(transcript: &Transcript) -> (Option<&str>, Vec<Option<&str>>) {
    let turn = transcript.turn(ID).expect("the turn exists");
    let words = turn.words.iter().map(|it| it.speaker);
    (turn.speaker.as_deref(), words.collect())
}

#[test]
fn revised_speakers_outlive_a_later_copy_of_the_turn() {
    let mut revised = Words::default();
    for (word, label) in words("so be it").iter().zip(["A", "B", "B"]) {
        revised.push(Word {
            speaker: Some(label),
            ..word
        });
    }
    let raw = turn("so be it", TurnState::Raw);
    let formatted = turn("So be it.", TurnState::Formatted);
    let expected = (Some("B"), vec![Some("A"), Some("B"), Some("B")]);
    let transcript = of(&[raw.clone(), speakers("B", revised.clone())]);
    assert_eq!(labels(&transcript), expected);
    let transcript = of(&[raw, speakers("B", revised), formatted]);
    assert_eq!(labels(&transcript), expected);
    // A revision without words changes the label of the turn only.
    let mut transcript = transcript;
    transcript.apply(&speakers("C", Words::default()));
    assert_eq!(labels(&transcript), (Some("C"), expected.1));
    assert_eq!(text(&transcript), "So be it.");
}

#[test]
fn words_are_grouped_by_speaker() {
    let mut mixed = Words::default();
    for (word, label) in words("yes no no maybe")
        .iter()
        .zip([None, Some("B"), Some("B"), None])
    {
        mixed.push(Word {
            speaker: label,
            ..word
        });
    }
    let transcript = of(&[Change::Turn(Turn {
        words: mixed,
        speaker: Some("A".to_owned()),
        ..Turn::new(ID)
    })]);
    let reading = transcript.reading(ID).expect("the turn exists");
    let groups: Vec<&str> = reading.by_speaker().map(|it| reading.text_of(it)).collect();
    assert_eq!(groups, ["yes", "no no", "maybe"]);
}

#[test]
fn a_correction_goes_to_the_session_that_takes_over_its_words() {
    let second = TurnId {
        session: 2,
        turn: 0,
    };
    let began = |number, start_ms| {
        Change::SessionBegan(Session {
            number,
            start_ms,
            end_ms: None,
        })
    };
    let mut transcript = of(&[began(1, 0), partial("so the fairy leaves")]);
    correct(&mut transcript, 2..3, "ferry");
    // The connection is lost, and another session hears the audio from 150 ms on.
    transcript.apply(&began(2, 150));
    let mut heard = Words::default();
    for word in words("so the fury leaves at").iter().skip(1) {
        heard.push(word);
    }
    transcript.apply(&Change::Turn(Turn {
        start_ms: 200,
        words: heard,
        ..Turn::new(second)
    }));
    assert_eq!(text(&transcript), "so");
    let shown = |transcript: &Transcript| {
        let reading = transcript.reading(second).expect("the turn exists");
        reading.text().to_owned()
    };
    assert_eq!(shown(&transcript), "the ferry leaves at");

    // It can be corrected again, and undone, like any other.
    let again = transcript
        .correction(second, 1..2, "fairies")
        .expect("it changes");
    let mut corrected = transcript.clone();
    corrected.apply(&again);
    assert_eq!(shown(&corrected), "the fairies leaves at");
    let reading = transcript.reading(second).expect("the turn exists");
    let id = reading.words()[1].correction.expect("it is corrected");
    assert_eq!(id.turn, ID);
    let undo = transcript.undone_correction(id).expect("it exists");
    let touched = transcript.clone().apply(&undo);
    let touched: Vec<EntryId> = touched.into_iter().map(|it| it.id).collect();
    assert!(touched.contains(&EntryId::Turn(second)), "{touched:?}");
    let original = transcript.correction(second, 1..2, "fury");
    assert_eq!(original, Some(undo.clone()));
    let undo_all = transcript.undone_corrections(second);
    assert_eq!(undo_all, std::slice::from_ref(&undo));
    transcript.apply(&undo);
    assert_eq!(shown(&transcript), "the fury leaves at");
}
