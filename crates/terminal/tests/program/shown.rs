//! What a person sees on a terminal, character by character.

use serde_json::{Value, json};

use crate::{
    audio::{lines, raw, speech},
    in_terminal::InTerminal,
    program::Program,
    stage::Stage,
};

/// Starts the program in a terminal, and a service that sends these messages after so much audio.
async fn start(script: &[(u64, Value)], args: &[&str], columns: u16) -> (Stage, InTerminal) {
    let lines: Vec<Value> = script
        .iter()
        .map(|(after_ms, send)| json!({ "after_ms": after_ms, "send": send }))
        .collect();
    let stage = Stage::start(&json!({ "script": lines }).to_string()).await;
    let program = Program::at(&stage, [&["--rate", "16000"], args].concat());
    (stage, InTerminal::start(program, columns, 10))
}

/// A `Turn` of the service. All its words are final if it has ended.
fn turn(order: u32, has_ended: bool, words: &[&str]) -> Value {
    let words_of: Vec<Value> = (0..)
        .zip(words)
        .map(|(at, word)| {
            let start = 300 * order + 200 * at;
            json!({ "text": word, "start": start, "end": start + 150, "confidence": 0.9,
                "word_is_final": has_ended })
        })
        .collect();
    json!({ "type": "Turn", "turn_order": order, "turn_is_formatted": has_ended,
        "end_of_turn": has_ended, "transcript": words.join(" "), "words": words_of,
        "end_of_turn_confidence": 0.5 })
}

/// A second of sound.
fn second() -> Vec<u8> {
    raw(&speech(0..3))[..32_000].to_vec()
}

#[tokio::test(flavor = "multi_thread")]
async fn partials_are_redrawn_in_place_and_finals_are_firm() {
    let script = [
        (900, turn(0, false, &["Good"])),
        (1_900, turn(0, false, &["Good", "mourning"])),
        (2_900, turn(0, true, &["Good", "morning."])),
        (3_900, turn(1, false, &["Two"])),
    ];
    let (_stage, mut terminal) = start(&script, &[], 60).await;
    for expected in [
        &["0:00 Good…"][..],
        &["0:00 Good mourning…"],
        &["0:00 Good morning."],
        &["0:00 Good morning.", "0:00 Two…"],
    ] {
        terminal.feed(&second()).await;
        let shown = |rows: &[String]| {
            rows.len() > expected.len() && rows.iter().zip(expected).all(|(row, it)| row == it)
        };
        let rows = terminal.wait_until(shown).await;
        assert_eq!(rows.len(), expected.len() + 1, "{rows:#?}");
        let status = rows.last().map_or("", String::as_str);
        assert!(status.starts_with("Live · "), "{status}");
    }
    let colour = |row, column| {
        let cell = terminal.screen().cell(row, column).expect("on the screen");
        cell.fgcolor()
    };
    assert_eq!(colour(0, 6), vt100::Color::Default);
    assert_ne!(colour(1, 6), vt100::Color::Default);
    drop(terminal.child.stdin.take());
    assert_eq!(terminal.end().await, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_resize_in_mid_turn_breaks_the_open_turn_anew() {
    let script = [
        (900, turn(0, true, &["Good", "morning."])),
        (900, turn(1, false, &["Return,", "if", "the", "ferry"])),
        (
            1_900,
            turn(
                1,
                true,
                &["Return,", "if", "the", "ferry", "still", "runs."],
            ),
        ),
    ];
    let (_stage, mut terminal) = start(&script, &[], 60).await;
    terminal.feed(&second()).await;
    terminal.wait_for("0:00 Return, if the ferry…").await;
    terminal.resize(20, 10);
    let rows = terminal.wait_for("ferry…").await;
    assert_eq!(
        rows[..3],
        ["0:00 Good morning.", "0:00 Return, if the", "ferry…"]
    );
    terminal.feed(&second()).await;
    terminal.wait_for("ferry still").await;
    drop(terminal.child.stdin.take());
    assert_eq!(terminal.end().await, Some(0));
    let rows = terminal.rows();
    assert_eq!(
        rows[..3],
        [
            "0:00 Good morning.",
            "0:00 Return, if the",
            "ferry still runs."
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn wide_characters_and_emoji_break_at_the_edge() {
    let script = [(
        900,
        turn(0, true, &["今日は天気がいいです。", "👍🏽", "はい。"]),
    )];
    let (_stage, mut terminal) = start(&script, &[], 20).await;
    terminal.feed(&second()).await;
    terminal.wait_for("いです。").await;
    drop(terminal.child.stdin.take());
    assert_eq!(terminal.end().await, Some(0));
    // Five columns of time, and seven wide characters of two: one column is too little for another.
    assert_eq!(
        terminal.rows()[..2],
        ["0:00 今日は天気がい", "いです。 👍🏽 はい。"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn at_the_end_all_finals_stay_once_and_the_status_is_gone() {
    let stage = Stage::start("[]").await;
    let program = Program::at(&stage, ["--rate", "16000"]);
    let mut terminal = InTerminal::start(program, 60, 4);
    terminal.feed(&raw(&speech(0..12))).await;
    drop(terminal.child.stdin.take());
    assert_eq!(terminal.end().await, Some(0));
    let rows = terminal.rows();
    let texts: Vec<&str> = rows
        .iter()
        .filter_map(|row| row.split_once(' '))
        .map(|it| it.1)
        .collect();
    let lines = lines(0..12);
    let finals: Vec<&str> = lines.lines().collect();
    assert_eq!(texts[..4], finals, "{rows:#?}");
    assert_eq!(rows.len(), 5, "{rows:#?}");
    assert!(rows[4].contains(" recorded, "), "{rows:#?}");
    assert!(!terminal.screen().hide_cursor());
    assert_eq!(terminal.screen().cursor_position().1, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_stops_and_waits_for_the_last_words() {
    let stage = Stage::start(r#"[{ "fault": "hold_final", "ms": 1500 }]"#).await;
    let mut terminal = InTerminal::start(Program::at(&stage, ["--rate", "16000"]), 60, 10);
    terminal.feed(&second()).await;
    terminal.wait_for("0:00 Word0 word1").await;
    terminal.press_ctrl_c().await;
    terminal
        .wait_for("Stopped, waiting for the last words…")
        .await;
    assert_eq!(terminal.end().await, Some(0));
    let rows = terminal.rows();
    assert_eq!(rows[0], "0:00 Word0 word1 word2.");
    assert!(rows[1].contains(" recorded, "), "{rows:#?}");
    assert!(stage.closed_sessions().await[0].terminated);
}

#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_twice_does_not_wait() {
    let stage = Stage::start(r#"[{ "fault": "hold_final", "ms": 20000 }]"#).await;
    let mut terminal = InTerminal::start(Program::at(&stage, ["--rate", "16000"]), 60, 10);
    terminal.feed(&second()).await;
    terminal.wait_for("0:00 Word0 word1").await;
    terminal.press_ctrl_c().await;
    terminal
        .wait_for("Stopped, waiting for the last words…")
        .await;
    terminal.press_ctrl_c().await;
    assert_eq!(terminal.end().await, Some(130));
    // What was heard is kept.
    let row = &terminal.rows()[0];
    let is_kept = row.starts_with("0:00 Word0 word1") && row.ends_with(" [cut off here]");
    assert!(is_kept, "{row}");
    assert!(!terminal.screen().hide_cursor());
}

#[tokio::test(flavor = "multi_thread")]
async fn no_color_has_no_colours() {
    let stage = Stage::start("[]").await;
    let program = Program::at(&stage, ["--rate", "16000"]).var("NO_COLOR", "1");
    let mut terminal = InTerminal::start(program, 60, 10);
    terminal.feed(&raw(&speech(0..6))).await;
    drop(terminal.child.stdin.take());
    assert_eq!(terminal.end().await, Some(0));
    let written = String::from_utf8_lossy(&terminal.written).into_owned();
    assert!(written.contains("\x1b["), "{written:?}");
    // "Select graphic rendition" ends with m.
    let mut sequences = written.split("\x1b[").skip(1);
    let is_colour = |rest: &str| {
        rest.trim_start_matches(|it| matches!(it, '0'..='9' | ';'))
            .starts_with('m')
    };
    assert!(!sequences.any(is_colour), "{written:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dumb_terminal_gets_no_control_sequences() {
    let stage = Stage::start("[]").await;
    let program = Program::at(&stage, ["--rate", "16000"]).var("TERM", "dumb");
    let mut terminal = InTerminal::start(program, 60, 10);
    terminal.feed(&raw(&speech(0..6))).await;
    drop(terminal.child.stdin.take());
    assert_eq!(terminal.end().await, Some(0));
    let written = String::from_utf8_lossy(&terminal.written).into_owned();
    let is_control = |letter: char| letter.is_control() && !matches!(letter, '\r' | '\n');
    assert!(!written.contains(is_control), "{written:?}");
    let rows = terminal.rows();
    assert_eq!(
        rows[..2],
        ["0:00 Word0 word1 word2.", "0:03 Word3 word4 word5."]
    );
    assert_eq!(rows.len(), 3, "{rows:#?}");
}
