//! A recording with several sessions: times, order and one transcript.

use inturn_client_core::recording::{Recording, RecordingInfo, Span};
use inturn_protocol::{Family, Turn, Word};
use inturn_transcript::{Change, SessionEnd, Transcript, TurnId};

/// Returns a final turn of one word at `start_ms` of the session's audio.
fn turn(turn_order: u32, text: &str, start_ms: u64) -> Turn {
    Turn {
        turn_order,
        end_of_turn: true,
        transcript: text.to_owned(),
        words: vec![Word {
            text: text.to_owned(),
            start: start_ms,
            end: start_ms + 300,
            word_is_final: true,
            ..Word::default()
        }],
        ..Turn::default()
    }
}

/// Returns the sample at `ms`, at 16 kHz.
fn sample(ms: u64) -> u64 {
    ms * 16
}

/// Returns a recording and its log. The first session breaks off at 60 s. The second one starts at
/// 75 s. A third one transcribes the audio between them while the second one continues.
fn log() -> (Recording, Vec<Change>) {
    let mut recording = Recording::new(RecordingInfo::default(), 48_000);
    let mut log = Vec::new();
    let span = |ms| Span::from_sample(sample(ms));
    let family = Family::Universal3;

    log.push(recording.begin_session(1, span(0), family));
    log.extend(recording.take_turn(1, &turn(0, "One.", 1_000)));
    log.extend(recording.take_turn(1, &turn(1, "Two.", 58_000)));
    log.extend(recording.end_session(1, SessionEnd::BrokenOff));

    log.push(recording.begin_session(2, span(75_000), family));
    log.extend(recording.take_turn(2, &turn(0, "Five.", 500)));
    let hole = Span::owning(sample(60_000), sample(60_000), Some(sample(75_000)));
    log.push(recording.begin_session(3, hole, family));
    log.extend(recording.take_turn(3, &turn(0, "Three.", 2_000)));
    log.extend(recording.take_turn(2, &turn(1, "Six.", 4_000)));
    log.extend(recording.take_turn(3, &turn(1, "Four.", 9_000)));
    log.extend(recording.end_session(3, SessionEnd::Clean));
    log.extend(recording.end_session(2, SessionEnd::Clean));
    (recording, log)
}

fn shown(transcript: &Transcript) -> Vec<(u32, &str)> {
    let turns = transcript.turns();
    turns.map(|turn| (turn.start_ms, turn.text())).collect()
}

#[test]
fn turns_are_in_the_order_of_the_timeline() {
    let (recording, _) = log();
    assert_eq!(
        shown(recording.transcript()),
        [
            (1_000, "One."),
            (58_000, "Two."),
            (62_000, "Three."),
            (69_000, "Four."),
            (75_500, "Five."),
            (79_000, "Six."),
        ]
    );
}

#[test]
fn word_times_are_on_the_timeline() {
    let (recording, _) = log();
    let id = TurnId {
        session: 3,
        turn: 1,
    };
    let turn = recording.transcript().turn(id).expect("it was applied");
    let times: Vec<_> = turn
        .words
        .iter()
        .map(|it| (it.start_ms, it.end_ms))
        .collect();
    assert_eq!(times, [(69_000, 69_300)]);
    assert_eq!(turn.end_ms(), 69_300);
}

#[test]
fn replaying_the_log_gives_the_transcript() {
    let (recording, log) = log();
    let mut replayed = Transcript::default();
    for change in &log {
        replayed.apply(change);
    }
    assert_eq!(&replayed, recording.transcript());
}

#[test]
fn a_session_that_did_not_begin_is_ignored() {
    let mut recording = Recording::new(RecordingInfo::default(), 48_000);
    assert_eq!(recording.take_turn(4, &turn(0, "Who?", 0)), None);
    assert_eq!(recording.end_session(4, SessionEnd::Clean), None);
    assert!(recording.transcript().is_empty());
}

#[test]
fn times_out_of_range_are_clamped() {
    let mut recording = Recording::new(RecordingInfo::default(), 48_000);
    recording.begin_session(1, Span::from_sample(1 << 50), Family::Universal3);
    recording.take_turn(1, &turn(0, "Late.", u64::MAX - 300));
    assert_eq!(shown(recording.transcript()), [(u32::MAX, "Late.")]);
}
