//! Each format, compared with a file.

use inturn_transcript::export::{
    CueOptions, TextOptions, Times, to_json, to_markdown, to_srt, to_text, to_webvtt,
};

use super::sample;

#[test]
fn plain_text() {
    let text = to_text(&sample::document(), &TextOptions::default());
    assert_eq!(text, include_str!("golden/transcript.txt"));
}

#[test]
fn plain_text_with_the_time_of_day_and_without_names() {
    let options = TextOptions {
        times: Times::Day,
        names: false,
        ..TextOptions::default()
    };
    let text = to_text(&sample::document(), &options);
    assert_eq!(text, include_str!("golden/time_of_day.txt"));
}

#[test]
fn plain_text_with_nothing_but_the_words() {
    let options = TextOptions {
        times: Times::None,
        names: false,
        headings: false,
        ..TextOptions::default()
    };
    let text = to_text(&sample::document(), &options);
    assert_eq!(text, include_str!("golden/words.txt"));
}

#[test]
fn markdown() {
    let text = to_markdown(&sample::document(), &TextOptions::default());
    assert_eq!(text, include_str!("golden/transcript.md"));
}

#[test]
fn markdown_escapes_what_begins_a_list_or_a_heading() {
    let options = TextOptions {
        times: Times::None,
        headings: false,
        ..TextOptions::default()
    };
    for (word, expected) in [
        ("#1", "\\#1\n"),
        ("-", "\\-\n"),
        ("1.", "1\\.\n"),
        ("10)", "10\\)\n"),
        ("2026", "2026\n"),
        ("*a*", "\\*a\\*\n"),
    ] {
        let document = sample::of_words(&[(word, 0, 100)]);
        assert_eq!(to_markdown(&document, &options), expected);
    }
}

#[test]
fn srt() {
    let text = to_srt(&sample::document(), &CueOptions::default());
    assert_eq!(text, include_str!("golden/transcript.srt"));
}

#[test]
fn webvtt() {
    let text = to_webvtt(&sample::document(), &CueOptions::default());
    assert_eq!(text, include_str!("golden/transcript.vtt"));
}

#[test]
fn json() {
    assert_eq!(
        to_json(&sample::document()),
        include_str!("golden/transcript.json")
    );
}
