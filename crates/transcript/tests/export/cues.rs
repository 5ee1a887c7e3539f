//! The rules of cues.

use inturn_transcript::{
    Document, Entry,
    export::{Cue, CueOptions, MAX_COLUMNS, MAX_LINES, MAX_MS, MIN_MS, cues},
};
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use super::{generator::documents, random::Random, sample};

/// Returns all that is said, without spaces and control characters.
fn said(document: &Document) -> String {
    let mut said = String::new();
    for part in document.parts() {
        for entry in part.transcript.entries() {
            if let Entry::Turn(turn) = entry {
                let reading = part.transcript.reading(turn.id).expect("the turn exists");
                said.push_str(reading.text());
            }
        }
    }
    letters(&said)
}

fn letters(text: &str) -> String {
    let kept = text
        .chars()
        .filter(|it| !it.is_whitespace() && !it.is_control());
    kept.collect()
}

#[test]
fn cues_keep_the_rules() {
    for (seed, document) in documents(1_000) {
        let cues = cues(&document, &CueOptions::default());
        let mut free_ms = 0;
        for cue in &cues {
            assert!(cue.start_ms >= free_ms, "seed {seed}: {cue:?} overlaps");
            let shown_ms = cue.end_ms - cue.start_ms;
            assert!(
                (MIN_MS..=MAX_MS).contains(&shown_ms),
                "seed {seed}: {cue:?}"
            );
            assert!(
                (1..=MAX_LINES).contains(&cue.lines.len()),
                "seed {seed}: {cue:?}"
            );
            for line in &cue.lines {
                assert!(
                    line.width() <= MAX_COLUMNS,
                    "seed {seed}: {line:?} is too wide"
                );
                assert!(!line.trim().is_empty(), "seed {seed}: {cue:?}");
            }
            free_ms = cue.end_ms;
        }
    }
}

#[test]
fn no_letter_is_lost_or_moved() {
    for (seed, document) in documents(1_000) {
        let cues = cues(&document, &CueOptions::default());
        let shown = cues.iter().flat_map(|it| &it.lines);
        let shown: String = shown.map(|it| letters(it)).collect();
        assert_eq!(shown, said(&document), "seed {seed}");
    }
}

#[test]
fn no_cluster_is_broken() {
    let mut random = Random::new(1);
    for _ in 0..100 {
        let text: String = (0..80).map(|_| random.pick(CLUSTERS)).collect();
        let document = sample::of_words(&[(&text, 0, 4_000)]);
        let cues = cues(&document, &CueOptions::default());
        let lines = cues.iter().flat_map(|it| &it.lines);
        let shown: Vec<&str> = lines.flat_map(|it| it.graphemes(true)).collect();
        assert_eq!(shown, Vec::from_iter(text.graphemes(true)));
    }
}

const CLUSTERS: &[&str] = &["a", "e\u{301}", "ที่", "ก", "👩‍👩‍👧", "🇳🇴", "港", "👍🏽", "。"];

fn cues_of(words: &[(&str, u32, u32)]) -> Vec<Cue> {
    cues(&sample::of_words(words), &CueOptions::default())
}

fn texts(cues: &[Cue]) -> Vec<String> {
    cues.iter().map(|it| it.lines.join("|")).collect()
}

/// Returns words that follow each other, 300 ms each.
fn steady(text: &str) -> Vec<(&str, u32, u32)> {
    let words = text.split(' ').zip(0_u32..);
    words
        .map(|(word, at)| (word, at * 300, at * 300 + 280))
        .collect()
}

#[test]
fn a_cue_ends_with_a_sentence_and_a_line_with_a_clause() {
    let cues = cues_of(&steady(
        "The first ferry leaves at nine, and the second one leaves at ten. After that there is one \
         each hour.",
    ));
    assert_eq!(
        texts(&cues),
        [
            "The first ferry leaves at nine,|and the second one leaves at ten.",
            "After that there is one each hour."
        ]
    );
    assert_eq!(cues[0].start_ms, 0);
    assert_eq!(
        cues[1].start_ms,
        13 * 300,
        "a cue starts with its first word"
    );
}

#[test]
fn a_pause_ends_a_cue() {
    let cues = cues_of(&[("Well", 0, 400), ("then", 5_000, 5_400)]);
    assert_eq!(texts(&cues), ["Well", "then"]);
    assert_eq!((cues[1].start_ms, cues[1].end_ms), (5_000, 6_000));
}

#[test]
fn words_at_the_same_time_follow_each_other() {
    let word = "a-word-of-thirty-columns-or-so";
    let cues = cues_of(&[(word, 500, 500); 6]);
    let times: Vec<_> = cues.iter().map(|it| (it.start_ms, it.end_ms)).collect();
    assert_eq!(times, [(500, 1_500), (1_500, 2_500), (2_500, 5_500)]);
}

#[test]
fn japanese_breaks_without_spaces_and_not_before_punctuation() {
    let text = "今日は天気がとてもいいので、港まで歩いて行きましょう。フェリーは九時に出ます、遅れないでください。";
    let cues = cues_of(&[(text, 0, 6_000)]);
    assert_eq!(
        texts(&cues),
        [
            "今日は天気がとてもいいので、|港まで歩いて行きましょう。",
            "フェリーは九時に出ます、|遅れないでください。"
        ]
    );
}

#[test]
fn a_new_speaker_begins_a_cue() {
    let cues = cues(&sample::document(), &CueOptions::default());
    let names: Vec<_> = cues.iter().filter_map(|it| it.name.as_deref()).collect();
    assert!(
        names.contains(&"Mia") && names.contains(&"Speaker B"),
        "{names:?}"
    );
    let without = CueOptions {
        names: false,
        ..CueOptions::default()
    };
    let cues = inturn_transcript::export::cues(&sample::document(), &without);
    assert!(cues.iter().all(|it| it.name.is_none()));
}
