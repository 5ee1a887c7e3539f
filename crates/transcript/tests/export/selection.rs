//! A part of a document.

use inturn_transcript::{
    Document, Entry, EntryId, Place, RecordingId, TurnId,
    export::{TextOptions, Times, to_json, to_text},
    from_json,
};

use super::{
    generator::documents,
    random::Random,
    sample::{self, AFTERNOON, MORNING},
};

fn plain(document: &Document) -> String {
    let options = TextOptions {
        times: Times::None,
        names: false,
        headings: false,
        ..TextOptions::default()
    };
    to_text(document, &options)
}

/// Returns each shown word of the document with its place.
fn words(document: &Document) -> Vec<(Place, String)> {
    let mut words = Vec::new();
    for part in document.parts() {
        for entry in part.transcript.entries() {
            let Entry::Turn(turn) = entry else {
                continue;
            };
            let reading = part.transcript.reading(turn.id).expect("the turn exists");
            for word in 0..reading.words().len() {
                let place = Place {
                    recording: part.info.id,
                    entry: entry.id(),
                    word,
                };
                words.push((place, reading.word(word).to_owned()));
            }
        }
    }
    words
}

fn place(recording: RecordingId, turn: u32, word: usize) -> Place {
    let session = if recording == MORNING { 1 } else { 2 };
    let entry = EntryId::Turn(TurnId { session, turn });
    Place {
        recording,
        entry,
        word,
    }
}

#[test]
fn a_selection_has_parts_of_its_first_and_last_turn() {
    let document = sample::document();
    let selected = document.selected(place(MORNING, 0, 3), place(MORNING, 1, 3));
    assert_eq!(plain(&selected), "Are we complete?\nFerries to Bergen\n");
    let selected = document.selected(place(MORNING, 1, 5), place(AFTERNOON, 0, 2));
    assert_eq!(
        plain(&selected),
        "9 & 10.\n[not transcribed: paused]\nYes.\n今日は天気が\n"
    );
    let selected = document.selected(place(MORNING, 2, 0), place(MORNING, 2, Place::END));
    assert_eq!(plain(&selected), "Yes.\n");
}

#[test]
fn a_selection_keeps_corrections_and_their_originals() {
    let document = sample::document();
    let selected = document.selected(place(MORNING, 1, 2), place(MORNING, 1, 4));
    let part = selected.part(MORNING).expect("it is selected");
    let corrections = part.transcript.corrections(sample::id(1));
    assert_eq!(corrections.len(), 1);
    assert_eq!(
        (corrections[0].first, corrections[0].original.as_str()),
        (0, "Bargain")
    );
    assert_eq!(plain(&selected), "Bergen <b>leave</b>\n");
}

#[test]
fn a_place_that_does_not_exist_selects_nothing() {
    let document = sample::document();
    let selected = document.selected(place(MORNING, 9, 0), place(MORNING, 1, 3));
    assert!(selected.is_empty());
    let selected = document.selected(place(MORNING, 1, 3), place(MORNING, 0, 0));
    assert!(selected.is_empty());
}

#[test]
fn a_selection_has_the_words_between_its_places() {
    let mut random = Random::new(5);
    let texts = |words: &[(Place, String)]| -> String {
        let texts = words.iter().flat_map(|it| it.1.split_whitespace());
        texts.collect()
    };
    for (seed, document) in documents(1_000) {
        let all = words(&document);
        if all.is_empty() {
            continue;
        }
        let last = all.len() as u32 - 1;
        let (one, other) = (random.range(0, last), random.range(0, last));
        let (from, to) = (one.min(other) as usize, one.max(other) as usize);
        let end = Place {
            word: all[to].0.word + 1,
            ..all[to].0
        };
        let selected = document.selected(all[from].0, end);
        assert_eq!(
            from_json(&to_json(&selected)).as_ref(),
            Ok(&selected),
            "seed {seed}"
        );
        let selected = texts(&words(&selected));
        let expected = texts(&all[from..=to]);
        if has_correction(&document) {
            // A correction that is partly in the selection is in it as a whole.
            assert!(
                selected.contains(&expected),
                "seed {seed}: {selected:?} {expected:?}"
            );
        } else {
            assert_eq!(selected, expected, "seed {seed}");
        }
    }
}

/// A turn may also show the correction of another turn, whose words it has taken over.
fn has_correction(document: &Document) -> bool {
    document.parts().iter().any(|part| {
        let turns = part.transcript.turns();
        let mut readings = turns.filter_map(|turn| part.transcript.reading(turn.id));
        readings.any(|reading| reading.words().iter().any(|it| it.correction.is_some()))
    })
}
