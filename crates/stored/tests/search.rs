//! Searching all past transcripts.

use inturn_stored::history::{Hits, Snippet};
use inturn_transcript::{
    Change, Document, DocumentChange, Query, RecordingId, RecordingInfo, Turn, TurnId, Unicode,
    Word, Words,
};

fn spoken(texts: &[&str]) -> Document {
    let mut document = Document::default();
    let recording = RecordingId(1);
    document.apply(&DocumentChange::RecordingBegan(RecordingInfo {
        id: recording,
        ..RecordingInfo::default()
    }));
    for (turn, text) in (0..).zip(texts) {
        let mut words = Words::default();
        for text in text.split(' ') {
            words.push(Word {
                text,
                ..Word::default()
            });
        }
        let change = Change::Turn(Turn {
            words,
            ..Turn::new(TurnId { session: 1, turn })
        });
        document.apply(&DocumentChange::Transcript { recording, change });
    }
    document
}

fn find(text: &str, title: &str, texts: &[&str]) -> Option<Hits> {
    let query = Query::new(text, Unicode::default()).expect("the text has letters");
    Hits::find(&query, title, &spoken(texts))
}

fn snippet(before: &str, found: &str, after: &str) -> Option<Snippet> {
    Some(Snippet {
        before: before.to_owned(),
        found: found.to_owned(),
        after: after.to_owned(),
    })
}

#[test]
fn places_are_counted_and_the_first_one_is_shown() {
    let texts = ["One ferry", "The FÉRRY leaves", "no boat"];
    let hits = find("ferry", "Today 14:05", &texts).expect("it is there");
    assert_eq!(hits.count, 2);
    assert_eq!(hits.first, snippet("One ", "ferry", ""));
}

#[test]
fn a_long_turn_is_cut_between_words() {
    let text = "we have talked about it for a long time and the ferry has changed its times again \
                since the spring, so that the last train is missed";
    let hits = find("ferry", "", &[text]).expect("it is there");
    let expected = snippet(
        "…for a long time and the ",
        "ferry",
        " has changed its times again since the spring,…",
    );
    assert_eq!(hits.first, expected);
}

#[test]
fn languages_without_spaces_are_cut_anywhere() {
    let text = "来年の春".repeat(20);
    let hits = find("春来", "", &[&text]).expect("it is there");
    let first = hits.first.expect("there is a place");
    assert_eq!(first.before, "来年の");
    assert_eq!(first.after.chars().count(), 49);
    assert!(first.after.ends_with('…'), "{}", first.after);
}

#[test]
fn a_title_is_found_without_a_place() {
    let hits = find("team", "The Team", &["no such word"]);
    assert_eq!(
        hits,
        Some(Hits {
            count: 0,
            first: None
        })
    );
    assert_eq!(find("boat", "The Team", &["no such word"]), None);
}
