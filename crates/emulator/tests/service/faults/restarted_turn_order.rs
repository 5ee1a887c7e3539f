//! A `turn_order` that restarts in mid-session.

use crate::{
    client::start_faulty,
    sound::{silence, voice},
};

#[tokio::test]
async fn turn_order_restarts_once() {
    let faults = r#"[{"fault": "restart_turn_order", "after_turns": 2}]"#;
    let emulator = start_faulty(faults).await;
    let mut client = emulator
        .begin_session("speech_model=universal-3-6-pro")
        .await;
    for _ in 0..5 {
        client.audio(&voice(600)).await;
        client.audio(&silence(1_500)).await;
    }
    let turns = client.finish().await;
    let ended = turns.iter().filter(|turn| turn["end_of_turn"] == true);
    let orders: Vec<u64> = ended
        .filter_map(|turn| turn["turn_order"].as_u64())
        .collect();
    assert_eq!(orders, [0, 1, 0, 1, 2]);
}
