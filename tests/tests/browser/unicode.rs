//! The page asks the browser for Unicode's data, and native programs have tables. Both agree.

use std::{cell::RefCell, collections::BTreeSet, ops::RangeInclusive};

use inturn_tests::browser::{Browser, Engine};
use inturn_transcript::{
    Cluster, Unicode,
    export::{CueOptions, cues},
};
use serde_json::json;

use crate::{
    export_scene::{meeting, open},
    generator::documents,
    support::for_engines,
};

for_engines!(the_browsers_data_agrees_with_the_tables: Chromium, Firefox, WebKit);

async fn the_browsers_data_agrees_with_the_tables(engine: Engine) {
    let scene = open(engine, meeting()).await;
    let browser = &scene.page.browser;
    clusters_of_subtitles(browser).await;
    width_of_each_character(browser).await;
    lower_case_of_each_character(browser).await;
}

/// Compares all texts of documents for which another test shows, with the tables, that subtitles
/// keep their rules. So they keep them on the page too.
async fn clusters_of_subtitles(browser: &Browser) {
    let texts = texts_of_subtitles();
    assert!(texts.len() > 10_000, "{}", texts.len());
    let script = format!("{}.map(inturnClusters)", json!(texts));
    let clusters: Vec<Vec<usize>> = browser.value(&script).await;
    for (text, found) in texts.iter().zip(clusters) {
        let expected = tables(text).into_iter();
        let expected: Vec<_> = expected.flat_map(|it| [it.bytes, it.columns]).collect();
        assert_eq!(found, expected, "{text:?}");
    }
}

async fn width_of_each_character(browser: &Browser) {
    let script = format!(
        "Array.from({{ length: {CHARACTERS} }}, (_, at) => {{
            const it = String.fromCodePoint(at);
            return /[\\p{{Cn}}\\p{{Cs}}\\p{{Cc}}]/u.test(it) ? null : inturnClusters(it)[1];
        }})"
    );
    let widths: Vec<Option<usize>> = browser.value(&script).await;
    let letters = (0..).map(char::from_u32);
    let known = letters.zip(widths);
    let mut different = Vec::new();
    for (letter, columns) in known.filter_map(|(letter, columns)| letter.zip(columns)) {
        let [expected] = tables(&letter.to_string())[..] else {
            panic!("{letter:?} is not one cluster");
        };
        let mut listed = DIFFERENT.iter();
        let is_listed = listed.any(|it| it.0.contains(&letter) && it.1 == columns);
        if columns != expected.columns && !is_listed {
            different.push((letter.escape_unicode().to_string(), columns));
        }
    }
    assert!(different.is_empty(), "{different:?}");
}

async fn lower_case_of_each_character(browser: &Browser) {
    let capitals = ('\0'..=char::MAX).filter(|it| !it.to_lowercase().eq([*it]));
    let capitals: Vec<char> = capitals.collect();
    let script = format!("{}.map((it) => it.toLowerCase())", json!(capitals));
    let found: Vec<String> = browser.value(&script).await;
    for (letter, lower) in capitals.into_iter().zip(found) {
        let is_new =
            NEW_CAPITALS.iter().any(|it| it.contains(&letter)) && lower.starts_with(letter);
        let expected: String = letter.to_lowercase().collect();
        assert!(lower == expected || is_new, "{letter:?}: {lower}");
    }
}

/// Returns all texts whose clusters subtitles ask for.
fn texts_of_subtitles() -> BTreeSet<String> {
    thread_local! {
        static ASKED: RefCell<BTreeSet<String>> = RefCell::default();
    }
    let options = CueOptions {
        unicode: Unicode {
            clusters: |text| {
                ASKED.with_borrow_mut(|asked| asked.insert(text.to_owned()));
                tables(text)
            },
            ..Unicode::default()
        },
        ..CueOptions::default()
    };
    for (_, document) in documents(1_000) {
        cues(&document, &options);
    }
    ASKED.take()
}

fn tables(text: &str) -> Vec<Cluster> {
    (Unicode::default().clusters)(text)
}

/// How many characters are compared: those of planes 0 and 1. The others are Chinese ideographs.
const CHARACTERS: u32 = 0x20000;

/// Characters that are not as wide on the page as in the tables, with their columns on the page.
const DIFFERENT: &[(RangeInclusive<char>, usize)] = &[
    // Signs that enclose the digits or the letter after them; the tables count only those.
    ('\u{605}'..='\u{605}', 1),
    ('\u{70f}'..='\u{70f}', 1),
    ('\u{890}'..='\u{891}', 1),
    ('\u{8e2}'..='\u{8e2}', 1),
    ('\u{d4e}'..='\u{d4e}', 1),
    ('\u{a8fa}'..='\u{a8fa}', 1),
    ('\u{111c2}'..='\u{111c3}', 1),
    ('\u{113d1}'..='\u{113d1}', 1),
    ('\u{1193f}'..='\u{1193f}', 1),
    ('\u{11941}'..='\u{11941}', 1),
    ('\u{11a84}'..='\u{11a89}', 1),
    ('\u{11d46}'..='\u{11d46}', 1),
    ('\u{11f02}'..='\u{11f02}', 1),
    // Half of a flag; the sign that makes an emoji of another character.
    ('\u{1f1e6}'..='\u{1f1ff}', 2),
    ('\u{fe0f}'..='\u{fe0f}', 2),
    // These are narrower on the page: a filler of Hangul, two discouraged letters of Khmer, the
    // joiner of Tifinagh, and two vowels of Kirat Rai with earlier versions of Unicode.
    ('\u{115f}'..='\u{115f}', 0),
    ('\u{17a4}'..='\u{17a4}', 1),
    ('\u{17d8}'..='\u{17d8}', 1),
    ('\u{2d7f}'..='\u{2d7f}', 0),
    ('\u{16d98}'..='\u{16d9d}', 0),
];

/// Capital letters since Unicode 16, which a browser may not know yet.
const NEW_CAPITALS: &[RangeInclusive<char>] = &[
    '\u{1c89}'..='\u{1c89}',
    '\u{a7cb}'..='\u{a7dc}',
    '\u{10d50}'..='\u{10d65}',
    '\u{16ea0}'..='\u{16eb8}',
];
