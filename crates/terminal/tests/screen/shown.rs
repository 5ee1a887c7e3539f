//! What a terminal shows, character by character.

use inturn_terminal::{Track, screen::Style};
use inturn_transcript::{Change, Gap, GapReason, Turn, TurnId, TurnSpeakers, TurnState, Words};

use super::terminal::{STYLE, Shown, turn};

#[test]
fn finals_are_above_the_open_turn_and_the_status() {
    let mut shown = Shown::new(STYLE);
    assert_eq!(shown.rows(), ["Live"]);
    shown.turn(7, TurnState::Open, "the ferry | to Bergen");
    assert_eq!(shown.rows(), ["0:07 the ferry to", "Bergen…", "Live"]);
    shown.turn(7, TurnState::Formatted, "The ferry to Bergen leaves.");
    assert_eq!(
        shown.rows(),
        ["0:07 The ferry to", "Bergen leaves.", "Live"]
    );
    shown.turn(9, TurnState::Open, "at nine");
    let expected = [
        "0:07 The ferry to",
        "Bergen leaves.",
        "0:09 at nine…",
        "Live",
    ];
    assert_eq!(shown.rows(), expected);
}

#[test]
fn finals_scroll_up_and_stay() {
    let mut shown = Shown::new(STYLE);
    let mut expected = Vec::new();
    for id in 0..30 {
        shown.turn(id, TurnState::Open, "one");
        shown.turn(id, TurnState::Formatted, "one two");
        expected.push(format!("0:{id:02} one two"));
    }
    expected.push("Live".to_owned());
    assert_eq!(shown.rows(), expected);
}

#[test]
fn a_wide_screen_indents_the_rows_below_the_time() {
    let mut shown = Shown::new(Style {
        columns: 30,
        ..STYLE
    });
    shown.turn(
        7,
        TurnState::Formatted,
        "the ferry to Bergen leaves at nine",
    );
    let expected = ["0:07 the ferry to Bergen", "     leaves at nine", "Live"];
    assert_eq!(shown.rows(), expected);
}

#[test]
fn speakers_have_lines_of_their_own() {
    let mut shown = Shown::new(Style {
        columns: 40,
        ..STYLE
    });
    shown.turn(7, TurnState::Open, "two tickets please of course");
    let mut words = Words::default();
    let turn = shown.transcript.turns().next().expect("it was just added");
    for (at, word) in turn.words.iter().enumerate() {
        let speaker = Some(if at < 3 { "A" } else { "B" });
        words.push(inturn_transcript::Word { speaker, ..word });
    }
    shown.apply(Change::Turn(Turn {
        state: TurnState::Formatted,
        words,
        ..turn.clone()
    }));
    let expected = [
        "0:07 Speaker A: two tickets please",
        "0:07 Speaker B: of course",
        "Live",
    ];
    assert_eq!(shown.rows(), expected);
}

#[test]
fn a_gap_is_a_line_of_its_own() {
    let mut shown = Shown::new(Style {
        columns: 50,
        ..STYLE
    });
    let gap = |to_ms| {
        Change::Gap(Gap {
            from_ms: 3_000,
            to_ms,
            reason: GapReason::NoAudio,
        })
    };
    // It grows until there is a microphone again.
    shown.apply(gap(5_000));
    shown.apply(gap(9_000));
    shown.turn(9, TurnState::Formatted, "hello");
    let expected = [
        "0:03 [until 0:09 not transcribed: no sound]",
        "0:09 hello",
        "Live",
    ];
    assert_eq!(shown.rows(), expected);
}

#[test]
fn a_gap_that_grows_is_not_printed_again_and_again_on_a_small_screen() {
    let mut shown = Shown::new(Style { rows: 3, ..STYLE });
    let gap = |to_ms| {
        Change::Gap(Gap {
            from_ms: 3_000,
            to_ms,
            reason: GapReason::NoAudio,
        })
    };
    for to_ms in (5_000..15_000).step_by(1_000) {
        shown.apply(gap(to_ms));
        // Its last rows and the status.
        assert_eq!(shown.rows(), ["transcribed: no", "sound]", "Live"]);
    }
    shown.turn(14, TurnState::Formatted, "hello");
    let expected = [
        "0:03 [until 0:14 not",
        "transcribed: no",
        "sound]",
        "0:14 hello",
    ];
    assert_eq!(shown.rows()[..4], expected);
}

#[test]
fn wide_characters_count_their_columns() {
    let mut shown = Shown::new(Style { rows: 9, ..STYLE });
    shown.turn(7, TurnState::Formatted, "今日はとても良い天気です。");
    let expected = ["0:07 今日はとても良", "い天気です。", "Live"];
    assert_eq!(shown.rows(), expected);
    // This terminal shows the parts of an emoji one after another: each is six columns wide.
    shown.turn(8, TurnState::Formatted, "👩‍👩‍👧👩‍👩‍👧👩‍👩‍👧 e\u{301}te\u{301} مرحبا لا");
    let rows = shown.rows();
    let expected = ["0:08", "👩‍👩‍👧👩‍👩‍👧👩‍👩‍👧", "e\u{301}te\u{301} مرحبا لا", "Live"];
    assert_eq!(rows[2..], expected);
    assert!(!shown.has_wrapped(), "the terminal broke no row itself");
}

#[test]
fn a_word_longer_than_the_line_is_broken() {
    let mut shown = Shown::new(STYLE);
    shown.turn(
        7,
        TurnState::Formatted,
        "a Donaudampfschifffahrtsgesellschaft",
    );
    let expected = ["0:07 a Donaudampfsch", "ifffahrtsgesellschaf", "t", "Live"];
    assert_eq!(shown.rows(), expected);
}

#[test]
fn control_characters_do_not_reach_the_terminal() {
    let mut shown = Shown::new(STYLE);
    let word = "\x1b[2J\u{9b}5A\u{202e}\r\u{7}x";
    shown.turn(7, TurnState::Open, word);
    shown.turn(7, TurnState::Formatted, word);
    assert_eq!(shown.rows(), ["0:07 [2J 5A x", "Live"]);
}

#[test]
fn of_turns_taller_than_the_screen_the_last_rows_are_shown() {
    let mut shown = Shown::new(STYLE);
    let text: Vec<String> = (0..40).map(|it| format!("number{it:02}")).collect();
    shown.turn(0, TurnState::Open, &text.join(" "));
    let expected = [
        "number31 number32",
        "number33 number34",
        "number35 number36",
        "number37 number38",
        "number39…",
        "Live",
    ];
    assert_eq!(shown.rows(), expected);
    shown.turn(0, TurnState::Formatted, &text.join(" "));
    let rows = shown.rows();
    assert_eq!(rows.len(), 22, "{rows:?}");
    assert_eq!(rows[0], "0:00 number00");
    assert_eq!(rows[20..], ["number39", "Live"]);
}

#[test]
fn closing_leaves_what_was_said_and_a_cursor() {
    let mut shown = Shown::new(STYLE);
    shown.turn(7, TurnState::Formatted, "hello");
    shown.turn(8, TurnState::Open, "there");
    shown.close();
    assert_eq!(shown.rows(), ["0:07 hello", "0:08 there…"]);
    assert_eq!(shown.cursor(), (2, 0));
    assert!(!shown.is_cursor_hidden());
}

#[test]
fn the_cursor_is_never_left_hidden() {
    let mut shown = Shown::new(STYLE);
    shown.turn(7, TurnState::Open, "hello");
    assert!(!shown.is_cursor_hidden());
}

#[test]
fn an_update_without_a_change_writes_nothing() {
    let mut shown = Shown::new(STYLE);
    shown.turn(7, TurnState::Open, "hello");
    let output = shown
        .screen
        .changed(&[Track::alone(&shown.transcript)], 0, &[]);
    assert_eq!(output, "");
}

#[test]
fn firm_and_tentative_words_look_different() {
    let mut shown = Shown::new(Style {
        has_colour: true,
        ..STYLE
    });
    shown.turn(7, TurnState::Formatted, "one");
    shown.turn(8, TurnState::Open, "two | three");
    let look = |row, column| shown.look(row, column);
    let (plain, faint) = (
        (vt100::Color::Default, false),
        (vt100::Color::Default, true),
    );
    let grey = (vt100::Color::Idx(8), false);
    assert_eq!([look(0, 0), look(0, 5)], [grey, plain]);
    assert_eq!([look(1, 0), look(1, 5), look(1, 10)], [grey, faint, grey]);
}

#[test]
fn without_colour_nothing_has_a_look() {
    let mut shown = Shown::new(STYLE);
    shown.turn(8, TurnState::Open, "two | three");
    assert!(!shown.written.contains("\x1b[0m") && !shown.written.contains('m'));
}

#[test]
fn without_control_sequences_there_are_plain_lines() {
    let mut shown = Shown::new(Style {
        has_control: false,
        ..STYLE
    });
    shown.turn(7, TurnState::Open, "the ferry");
    shown.turn(7, TurnState::Formatted, "the ferry to Bergen leaves");
    shown.turn(8, TurnState::Open, "at nine");
    shown.close();
    assert_eq!(
        shown.written,
        "0:07 the ferry to Bergen leaves\n0:08 at nine…\n"
    );
}

#[test]
fn a_revised_speaker_is_not_printed_again() {
    let mut shown = Shown::new(STYLE);
    shown.turn(7, TurnState::Formatted, "hello");
    shown.apply(Change::Speakers(TurnSpeakers {
        turn: TurnId {
            session: 1,
            turn: 7,
        },
        speaker: Some("B".to_owned()),
        words: Words::default(),
    }));
    assert_eq!(shown.rows(), ["0:07 hello", "Live"]);
}

#[test]
fn changed_words_of_a_printed_turn_are_printed_with_a_mark() {
    let mut shown = Shown::new(Style {
        columns: 40,
        ..STYLE
    });
    shown.turn(7, TurnState::Raw, "two tickets to bargain");
    shown.turn(8, TurnState::Formatted, "Good.");
    shown.turn(7, TurnState::Formatted, "Two tickets, to Bergen.");
    let expected = [
        "0:07 two tickets to bargain",
        "0:08 Good.",
        "0:07 (corrected) Two tickets, to Bergen.",
        "Live",
    ];
    assert_eq!(shown.rows(), expected);
    // Capitals and punctuation are no other words.
    shown.apply(turn(1, 8, TurnState::Formatted, "good"));
    assert_eq!(shown.rows(), expected);
}
