//! How recordings end: by their handle, and not by their events.

use futures_util::future::join_all;
use inturn_client::{Event, Recording, State};
use inturn_emulator::SessionLog;
use inturn_testkit::serving::Transport;

use crate::{
    sources::Script,
    stage::{Stage, finish, has_heard, numbers},
};

/// The service gets everything up to then, and the end of the session.
#[tokio::test(flavor = "multi_thread")]
async fn dropping_the_handle_closes_the_source_and_terminates_the_session() {
    join_all([Transport::Tcp, Transport::Tls].map(async |transport| {
        let stage = Stage::start(transport, "[]").await;
        let (script, mut openings) = Script::endless(0..6).watched();
        let (handle, mut events) = stage.record(script);
        let mut captured_ms = 0;
        while let Some(event) = events.next().await {
            if let Event::Level(level) = event {
                captured_ms = level.captured_ms;
            }
            if has_heard(5, &events) {
                break;
            }
        }
        drop(handle);
        finish(&mut events).await;
        // The writer was asked to stop, or its stream was dropped.
        assert_eq!(openings.recv().await, Some(()));
        let sessions = stage.closed_sessions().await;
        assert!(sessions[0].terminated, "{sessions:#?}");
        assert!(
            sessions[0].audio_ms + 100 > u64::from(captured_ms),
            "{sessions:#?}"
        );
        assert_eq!(numbers(events.transcript()), Vec::from_iter(0..6));
    }))
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn dropping_the_handle_ends_a_recording_without_a_connection() {
    let cases = [
        r#"[{"fault": "token_hang"}]"#,
        r#"[{"fault": "token_status", "status": 500}]"#,
        r#"[{"fault": "no_begin"}]"#,
        r#"[{"fault": "dead_connection", "after_audio_ms": 500}]"#,
    ];
    join_all(cases.map(async |faults| {
        let stage = Stage::start(Transport::Tcp, faults).await;
        let (script, mut openings) = Script::endless(0..6).watched();
        let (handle, mut events) = stage.record(script);
        while let Some(event) = events.next().await {
            let is_recording = matches!(event, Event::Level(level) if level.captured_ms > 1_500);
            if is_recording {
                break;
            }
        }
        drop(handle);
        finish(&mut events).await;
        assert_eq!(openings.recv().await, Some(()), "{faults}");
        assert_eq!(events.next().await, None, "{faults}");
    }))
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn dropping_the_events_ends_nothing() {
    let stage = Stage::start(Transport::Tcp, "[]").await;
    let (handle, events) = stage.record(Script::speech(0..6));
    drop(events);
    let terminated = |logs: &[SessionLog]| logs.iter().any(|it| it.terminated);
    stage.emulator.wait_for(terminated).await;
    let sessions = stage.closed_sessions().await;
    // 280 ms for each word, and 120 ms of silence after it.
    assert_eq!(sessions[0].audio_ms, 6 * 400);
    drop(handle);
}

/// What the source says about itself is there before the problem.
#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_cannot_be_opened_ends_the_recording_and_says_why() {
    let stage = Stage::start(Transport::Tcp, "[]").await;
    for (script, message) in [
        (Script::of(48_000, vec![]), "There is nothing to hear."),
        (Script::crashing(), "The source of the audio has crashed."),
    ] {
        let (_handle, mut events) = Recording::start(script, stage.options());
        let seen = finish(&mut events).await;
        let error = events.source_error().expect("the source's error");
        assert_eq!(error.to_string(), message);
        assert!(
            matches!(
                seen[..],
                [
                    Event::State(State::AwaitingMicrophone),
                    Event::Problem(_),
                    Event::State(State::Idle),
                ]
            ),
            "{seen:?}"
        );
    }
    assert_eq!(stage.emulator.sessions(), []);
}
