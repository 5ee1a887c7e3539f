//! Faults.

mod dead_connection;
mod delayed_messages;
mod dropped_messages;
mod duplicate_finals;
mod fractional_numbers;
mod late_finals;
mod restarted_turn_order;
mod session_cap;
mod silent_session;
mod socket_refusals;
mod stalled_reads;
mod stopped_heartbeats;
mod token_refusals;

use inturn_emulator::{ClosedBy, Fault, Faults, Rule};

use crate::{
    client::{Incoming, start, start_faulty},
    sound::{silence, voice},
};

#[tokio::test]
async fn an_upgrade_can_be_refused_with_an_http_status() {
    for status in [401_u16, 403] {
        let faults = format!(r#"[{{"fault": "refuse_upgrade", "status": {status}, "times": 1}}]"#);
        let emulator = start_faulty(&faults).await;
        let error = emulator
            .try_connect("/v3/ws", &[("authorization", "a-key")])
            .await
            .err();
        let error = error.expect("the upgrade is refused").to_string();
        assert!(error.contains(&status.to_string()), "{error}");
        emulator.begin_session("").await.finish().await;
    }
}

#[tokio::test]
async fn a_session_can_be_refused_with_any_text() {
    let text = "Unauthorized Connection: Insufficient account balance";
    let faults = format!(r#"[{{"fault": "refuse", "code": 1008, "text": "{text}"}}]"#);
    let emulator = start_faulty(&faults).await;
    emulator.open("").await.expect_refused(1008, text).await;
}

#[tokio::test]
async fn begin_can_be_left_out() {
    let emulator = start_faulty(r#"[{"fault": "no_begin"}]"#).await;
    let mut client = emulator.open("").await;
    client.audio(&voice(500)).await;
    client.terminate().await;
    let logs = emulator
        .emulator
        .wait_for(|logs| logs.iter().any(|log| log.terminated))
        .await;
    assert!(!logs[0].begun);
    client.close().await;
    let (messages, _) = client.read_to_close().await;
    assert!(messages.is_empty(), "{messages:?}");
}

#[tokio::test]
async fn begin_can_be_delayed_for_one_session_only() {
    let emulator = start_faulty(r#"[{"fault": "slow_begin", "ms": 3600000, "session": 1}]"#).await;
    let slow = emulator.open("").await;
    emulator.begin_session("").await.finish().await;
    assert!(!emulator.emulator.sessions()[0].begun);
    drop(slow);
}

#[tokio::test]
async fn a_session_can_be_closed_with_any_code_at_a_position_of_the_audio() {
    for code in [3005_u16, 3006, 3007, 3008, 3009, 1008, 1013] {
        let faults = format!(
            r#"[{{"fault": "close", "after_audio_ms": 300, "code": {code}, "text": "Because"}}]"#
        );
        let emulator = start_faulty(&faults).await;
        let mut client = emulator.begin_session("").await;
        client.audio(&silence(300)).await;
        client.expect_refused(code, "Because").await;
        assert_eq!(emulator.last_closed().await.audio_ms, 300);
    }
}

#[tokio::test]
async fn a_close_can_come_without_an_error_message() {
    let emulator = start_faulty(r#"[{"fault": "close", "after_audio_ms": 0, "code": 1011}]"#).await;
    let mut client = emulator.begin_session("").await;
    assert_eq!(client.next().await, Incoming::Closed(1011, String::new()));
}

#[tokio::test]
async fn a_connection_can_be_dropped() {
    let emulator = start_faulty(r#"[{"fault": "cut", "after_audio_ms": 200}]"#).await;
    let mut client = emulator.begin_session("").await;
    client.audio(&silence(200)).await;
    assert_eq!(client.next().await, Incoming::Lost);
    let closed = emulator.last_closed().await.closed.expect("it is closed");
    assert_eq!((closed.by, closed.code), (ClosedBy::Emulator, None));
}

#[tokio::test]
async fn a_session_can_fall_silent() {
    let emulator = start_faulty(r#"[{"fault": "silent", "after_audio_ms": 100}]"#).await;
    let mut client = emulator.begin_session("").await;
    client.audio(&voice(1_000)).await;
    client.terminate().await;
    emulator.emulator.wait_for(|logs| logs[0].terminated).await;
    client.close().await;
    assert!(client.read_to_close().await.0.is_empty());
}

#[tokio::test]
async fn termination_can_be_left_out() {
    let emulator = start_faulty(r#"[{"fault": "no_termination"}]"#).await;
    let mut client = emulator
        .begin_session("speech_model=universal-3-5-pro")
        .await;
    client.audio(&voice(500)).await;
    client.terminate().await;
    client.turn(|turn| turn["end_of_turn"] == true).await;
    client.close().await;
    assert!(client.read_to_close().await.0.is_empty());
    assert_eq!(
        emulator.last_closed().await.closed.map(|closed| closed.by),
        Some(ClosedBy::Client)
    );
}

#[tokio::test]
async fn the_close_after_termination_can_be_left_out() {
    let emulator = start_faulty(r#"[{"fault": "no_close"}]"#).await;
    let mut client = emulator.begin_session("").await;
    client.terminate().await;
    client.message_of("Termination").await;
    client.close().await;
    assert_eq!(
        emulator.last_closed().await.closed.map(|closed| closed.by),
        Some(ClosedBy::Client)
    );
}

#[tokio::test]
async fn terminate_can_be_answered_by_an_error() {
    let faults = r#"[{"fault": "close_on_terminate", "code": 3005, "text": "Session Cancelled"}]"#;
    let emulator = start_faulty(faults).await;
    let mut client = emulator.begin_session("").await;
    client.terminate().await;
    client.expect_refused(3005, "Session Cancelled").await;
}

#[tokio::test]
async fn unknown_and_malformed_messages_can_be_sent() {
    let faults = r#"[
        {"fault": "unknown_message", "after_audio_ms": 0},
        {"fault": "malformed_message", "after_audio_ms": 0},
        {"fault": "warning", "after_audio_ms": 100, "warning_code": 1200, "warning": "Careful."}]"#;
    let emulator = start_faulty(faults).await;
    let mut client = emulator.begin_session("").await;
    assert_eq!(client.message().await["type"], "Aurora");
    assert!(matches!(client.next().await, Incoming::NotJson(_)));
    client.audio(&silence(100)).await;
    let warning = client.message().await;
    assert_eq!(
        (&warning["warning_code"], &warning["warning"]),
        (&1200.into(), &"Careful.".into())
    );
    client.finish().await;
}

#[tokio::test]
async fn any_frame_can_be_sent_at_a_position_of_the_audio() {
    let faults = r#"[
        {"fault": "replace_begin", "send": {"type": "Begin", "id": 7}},
        {"fault": "no_turns"},
        {"fault": "say", "after_audio_ms": 0, "text": " not {json"},
        {"fault": "say", "after_audio_ms": 200, "send": null},
        {"fault": "say", "after_audio_ms": 100, "bytes": [0, 255]}]"#;
    let emulator = start_faulty(faults).await;
    let mut client = emulator.open("").await;
    let begin = client.message().await;
    assert_eq!(begin, serde_json::json!({ "type": "Begin", "id": 7 }));
    let not_json = Incoming::NotJson(" not {json".to_owned());
    assert_eq!(client.next().await, not_json);
    client.audio(&voice(100)).await;
    assert_eq!(client.next().await, Incoming::Binary(vec![0, 255]));
    client.audio(&voice(100)).await;
    assert_eq!(client.message().await, serde_json::Value::Null);
    assert!(
        client.finish().await.is_empty(),
        "no turns of the recogniser"
    );
}

#[tokio::test]
async fn every_message_can_have_unknown_fields() {
    let emulator = start_faulty(r#"[{"fault": "extra_fields"}]"#).await;
    let mut client = emulator
        .begin_session("speech_model=universal-3-5-pro")
        .await;
    client.audio(&voice(500)).await;
    let turns = client.finish().await;
    assert!(turns[0]["x_tomorrow"].is_object());
    assert!(turns[0]["words"][0]["x_tomorrow"].is_object());
}

#[tokio::test]
async fn a_formatted_end_can_come_after_the_next_turns_first_partial() {
    let emulator = start_faulty(r#"[{"fault": "late_formatted_end"}]"#).await;
    let query = "speech_model=universal-streaming-english&format_turns=true";
    let mut client = emulator.begin_session(query).await;
    for _ in 0..2 {
        client.audio(&voice(600)).await;
        client.audio(&silence(1_500)).await;
    }
    let turns = client.finish().await;
    let seen: Vec<(u64, bool, bool)> = turns
        .iter()
        .map(|turn| {
            let flag = |name: &str| turn[name].as_bool().unwrap_or_default();
            let order = turn["turn_order"].as_u64().unwrap_or(99);
            (order, flag("end_of_turn"), flag("turn_is_formatted"))
        })
        .collect();
    let late = seen
        .iter()
        .position(|turn| *turn == (0, true, true))
        .expect("a formatted end");
    assert_eq!(seen[late - 1], (1, false, false), "{seen:?}");
    assert_eq!(seen.last(), Some(&(1, true, true)));
}

#[tokio::test]
async fn an_empty_final_can_come_before_termination() {
    let emulator = start_faulty(r#"[{"fault": "empty_final"}]"#).await;
    let mut client = emulator.begin_session("").await;
    let turns = client.finish().await;
    assert_eq!(
        (&turns[0]["transcript"], &turns[0]["end_of_turn"]),
        (&"".into(), &true.into())
    );
    assert_eq!(turns[0]["words"], serde_json::json!([]));
}

#[tokio::test]
async fn faults_can_be_replaced_and_counts_restart() {
    let emulator = start().await;
    emulator.begin_session("").await.finish().await;
    let rule = Rule {
        number: Some(1),
        ..Rule::from(Fault::Cut { after_audio_ms: 0 })
    };
    emulator.emulator.set_faults(Faults::from(vec![rule]));
    assert_eq!(
        emulator.begin_session("").await.next().await,
        Incoming::Lost
    );
    emulator.begin_session("").await.finish().await;
    emulator.emulator.set_faults(Faults::none());
    emulator.begin_session("").await.finish().await;
}
