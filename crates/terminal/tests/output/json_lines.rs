//! JSON lines.

use std::collections::BTreeMap;

use inturn_client_core::{
    problem::{Problem, TokenFailure},
    session::{Event, LevelReading},
};
use inturn_terminal::output::{Format, OutputOptions, Target};
use inturn_transcript::{Change, Gap, GapReason, Session, TurnState};
use serde_json::{Value, json};

use super::run::{Run, Stdout, turn};

fn run(has_partials: bool) -> (Run, Stdout) {
    let stdout = Stdout::default();
    let options = OutputOptions {
        has_partials,
        ..OutputOptions::default()
    };
    let output = Box::new(stdout.clone());
    let run = Run::with(Format::Jsonl, &Target::Stdout, options, output);
    (run.expect("opens"), stdout)
}

fn lines(stdout: &Stdout) -> Vec<Value> {
    let text = stdout.text();
    let lines = text.lines().map(serde_json::from_str);
    lines.collect::<Result<_, _>>().expect("JSON")
}

#[test]
fn the_objects_have_the_documented_shapes() {
    let (mut run, stdout) = run(true);
    run.begin(7).expect("written");
    run.change(turn(1, 1, TurnState::Open, "one"))
        .expect("written");
    run.change(turn(1, 1, TurnState::Formatted, "One."))
        .expect("written");
    run.change(Change::Gap(Gap {
        from_ms: 2_000,
        to_ms: 3_000,
        reason: GapReason::NoAudio,
    }))
    .expect("written");
    let problem = Problem::Token(TokenFailure::TimedOut);
    run.event(&Event::Interrupted(problem)).expect("written");
    run.event(&Event::Resolved(problem)).expect("written");
    run.event(&Event::Problem(Problem::CutShort))
        .expect("written");
    run.event(&Event::Billed(9)).expect("written");
    let level = LevelReading {
        percent: 3,
        captured_ms: 8_000,
    };
    run.event(&Event::Level(level)).expect("written");
    run.end().expect("written");
    let word = |text: &str, is_final: bool| {
        json!([{ "text": text, "start_ms": 1000, "end_ms": 1500, "confidence": 0.5,
            "is_final": is_final }])
    };
    let expected = [
        json!({ "type": "began", "recording": "00000000000000000000000000000007",
            "started_unix_ms": 1_795_561_920_000_u64, "utc_offset_min": 60 }),
        json!({ "type": "state", "state": "listening" }),
        json!({ "type": "turn", "session": 1, "turn": 1, "state": "open", "start_ms": 1000,
            "text": "one", "words": word("one", false), "replaces": false }),
        json!({ "type": "turn", "session": 1, "turn": 1, "state": "formatted", "start_ms": 1000,
            "text": "One.", "words": word("One.", true), "replaces": true }),
        json!({ "type": "gap", "from_ms": 2000, "to_ms": 3000, "reason": "no_audio",
            "replaces": false }),
        json!({ "type": "problem", "kind": "server-timeout", "is_retried": true,
            "message": "The server took too long to answer. Your audio is kept, and the words \
                follow once the connection is back." }),
        json!({ "type": "resolved", "kind": "server-timeout" }),
        json!({ "type": "problem", "kind": "cut-short", "is_retried": false,
            "message": "You stopped before the last words arrived. Check whether the last line \
                is complete." }),
        json!({ "type": "state", "state": "idle" }),
        json!({ "type": "end", "length_ms": 8000, "billed_secs": 9 }),
    ];
    for (line, expected) in lines(&stdout).iter().zip(&expected) {
        assert_eq!(line, expected);
    }
    assert_eq!(lines(&stdout).len(), expected.len());
}

#[test]
fn without_partials_each_final_version_is_one_line() {
    let (mut run, stdout) = run(false);
    run.begin(7).expect("written");
    for (state, text) in [
        (TurnState::Open, "one"),
        (TurnState::Open, "one two"),
        (TurnState::Raw, "one two"),
        (TurnState::Formatted, "One, two."),
    ] {
        run.change(turn(1, 1, state, text)).expect("written");
    }
    let lines = lines(&stdout);
    let turns = lines.iter().filter(|it| it["type"] == "turn");
    let turns: Vec<_> = turns.map(|it| (&it["text"], &it["replaces"])).collect();
    let expected = [
        (&json!("one two"), &json!(false)),
        (&json!("One, two."), &json!(true)),
    ];
    assert_eq!(turns, expected);
}

#[test]
fn a_reader_that_applies_the_lines_has_the_transcript() {
    let (mut run, stdout) = run(true);
    run.begin(7).expect("written");
    run.change(turn(1, 1, TurnState::Formatted, "one"))
        .expect("written");
    run.change(turn(1, 2, TurnState::Open, "too"))
        .expect("written");
    // The second session takes over the second turn.
    run.change(Change::SessionBegan(Session {
        number: 2,
        start_ms: 2_000,
        end_ms: None,
    }))
    .expect("written");
    run.change(turn(2, 2, TurnState::Formatted, "two"))
        .expect("written");
    let mut turns = BTreeMap::new();
    for line in lines(&stdout) {
        let key = (line["session"].as_u64(), line["turn"].as_u64());
        match line["type"].as_str() {
            Some("turn") => {
                let text = line["text"].as_str().map(str::to_owned);
                let old = turns.insert(key, text);
                assert_eq!(line["replaces"], old.is_some());
            }
            Some("removed") => assert!(turns.remove(&key).is_some()),
            _ => {}
        }
    }
    let turns: Vec<_> = turns.into_values().flatten().collect();
    assert_eq!(turns, ["one", "two"]);
}
