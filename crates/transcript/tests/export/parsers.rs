//! Public parsers read our files.

use inturn_transcript::export::{CueOptions, cues, to_srt, to_webvtt};
use webvtt_parser::Vtt;

use super::generator::documents;

#[test]
fn srt_has_the_cues() {
    let options = CueOptions {
        names: false,
        ..CueOptions::default()
    };
    for (seed, document) in documents(1_000) {
        let parsed = srtparse::from_str(to_srt(&document, &options));
        let parsed = parsed.unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        let expected = cues(&document, &options);
        assert_eq!(parsed.len(), expected.len(), "seed {seed}");
        for (at, (parsed, cue)) in parsed.iter().zip(&expected).enumerate() {
            assert_eq!(parsed.pos, at + 1);
            assert_eq!(ms(&parsed.start_time), cue.start_ms);
            assert_eq!(ms(&parsed.end_time), cue.end_ms);
            assert_eq!(parsed.text, cue.lines.join("\n").replace("-->", "→"));
        }
    }
}

#[test]
fn webvtt_has_the_cues() {
    let options = CueOptions::default();
    for (seed, document) in documents(1_000) {
        let file = to_webvtt(&document, &options);
        let parsed = Vtt::parse(&file);
        let parsed = parsed.unwrap_or_else(|error| panic!("seed {seed}: {error:?}"));
        let expected = cues(&document, &options);
        assert_eq!(parsed.cues.len(), expected.len(), "seed {seed}");
        for (parsed, cue) in parsed.cues.iter().zip(&expected) {
            assert_eq!(parsed.start.as_milliseconds(), cue.start_ms);
            assert_eq!(parsed.end.as_milliseconds(), cue.end_ms);
            let text = unescaped(&without_tags(parsed.text));
            assert_eq!(text, cue.lines.join("\n"));
        }
    }
}

fn ms(time: &srtparse::Time) -> u64 {
    let secs = (time.hours * 60 + time.minutes) * 60 + time.seconds;
    secs * 1_000 + time.milliseconds
}

fn without_tags(text: &str) -> String {
    let mut kept = String::new();
    let mut is_tag = false;
    for letter in text.chars() {
        match letter {
            '<' => is_tag = true,
            '>' if is_tag => is_tag = false,
            _ if is_tag => {}
            _ => kept.push(letter),
        }
    }
    kept
}

fn unescaped(text: &str) -> String {
    let text = text.replace("&lt;", "<").replace("&gt;", ">");
    text.replace("&amp;", "&")
}
