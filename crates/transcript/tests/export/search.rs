//! Search.

use inturn_transcript::{
    Change, DocumentChange, Entry, EntryId, Query, Turn, TurnId, Unicode, Word, Words,
};

use super::{
    generator::documents,
    sample::{self, MORNING},
};

/// Returns the texts that are found in the sample, with their words.
fn found(query: &str) -> Vec<(String, std::ops::Range<usize>)> {
    let document = sample::document();
    let query = Query::new(query, Unicode::default()).expect("it has letters");
    let found = query.in_document(&document).into_iter().map(|it| {
        let part = document.part(it.recording).expect("the recording exists");
        let EntryId::Turn(id) = it.entry else {
            panic!("only turns have text");
        };
        let reading = part.transcript.reading(id).expect("the turn exists");
        (reading.text()[it.bytes].to_owned(), it.words)
    });
    found.collect()
}

#[test]
fn case_diacritics_and_word_borders_do_not_count() {
    assert_eq!(found("GÖÖD mörning"), [("Good morning".to_owned(), 0..2)]);
    assert_eq!(found("ning, ev"), [("ning, ev".to_owned(), 1..3)]);
    assert_eq!(found("は天"), [("は天".to_owned(), 0..2)]);
    assert_eq!(
        found(" o"),
        found("o"),
        "spaces around the query do not count"
    );
    assert_eq!(found("nowhere"), []);
}

#[test]
fn corrected_text_is_found_and_the_original_is_not() {
    assert_eq!(found("bergen"), [("Bergen".to_owned(), 2..3)]);
    assert_eq!(found("bargain"), []);
}

#[test]
fn a_query_without_letters_is_none() {
    assert!(Query::new(" \n\u{301} ", Unicode::default()).is_none());
}

#[test]
fn results_in_other_entries_stay_valid_after_a_change() {
    let mut document = sample::document();
    let query = Query::new("ferries", Unicode::default()).expect("it has letters");
    let before = query.in_document(&document);
    let mut words = Words::default();
    words.push(Word {
        text: "Ferries",
        start_ms: 100,
        ..Word::default()
    });
    document.apply(&DocumentChange::Transcript {
        recording: MORNING,
        change: Change::Turn(Turn {
            start_ms: 100,
            words,
            ..Turn::new(TurnId {
                session: 9,
                turn: 0,
            })
        }),
    });
    let after = query.in_document(&document);
    assert_eq!(after.len(), 2);
    assert!(after.contains(&before[0]));
}

#[test]
fn each_word_is_found_where_it_is() {
    for (seed, document) in documents(200) {
        for part in document.parts() {
            for turn in part.transcript.turns() {
                let reading = part.transcript.reading(turn.id).expect("the turn exists");
                let entry = Entry::Turn(turn.clone());
                for (at, word) in reading.words().iter().enumerate() {
                    let text = reading.word(at);
                    let Some(query) = Query::new(text, Unicode::default()) else {
                        continue;
                    };
                    let found = query.in_entry(part.info.id, &part.transcript, &entry);
                    let is_here = found.iter().any(|it| {
                        it.bytes.start < word.bytes.end && word.bytes.start < it.bytes.end
                    });
                    assert!(is_here, "seed {seed}: {text:?} in {:?}", reading.text());
                    for place in found {
                        assert!(reading.text().get(place.bytes).is_some(), "seed {seed}");
                    }
                }
            }
        }
    }
}
