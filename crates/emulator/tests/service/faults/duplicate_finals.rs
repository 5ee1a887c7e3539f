//! Ends of turns that are sent twice.

use serde_json::Value;

use crate::{
    client::start_faulty,
    sound::{silence, voice},
};

/// Returns the ends of two turns.
async fn ends(query: &str) -> Vec<Value> {
    let emulator = start_faulty(r#"[{"fault": "duplicate_final"}]"#).await;
    let mut client = emulator.begin_session(query).await;
    client.audio(&voice(600)).await;
    client.audio(&silence(1_500)).await;
    client.audio(&voice(600)).await;
    let turns = client.finish().await;
    turns
        .into_iter()
        .filter(|turn| turn["end_of_turn"] == true)
        .collect()
}

fn orders(ends: &[Value]) -> Vec<(&Value, &Value)> {
    ends.iter()
        .map(|turn| (&turn["turn_order"], &turn["turn_is_formatted"]))
        .collect()
}

#[tokio::test]
async fn the_end_of_a_universal_3_turn_is_repeated() {
    let ends = ends("speech_model=universal-3-6-pro").await;
    let (zero, one, formatted) = (Value::from(0), Value::from(1), Value::from(true));
    assert_eq!(
        orders(&ends),
        [
            (&zero, &formatted),
            (&zero, &formatted),
            (&one, &formatted),
            (&one, &formatted)
        ]
    );
    assert_eq!(ends[0], ends[1]);
}

#[tokio::test]
async fn both_ends_of_a_formatted_turn_are_repeated() {
    let ends = ends("speech_model=universal-streaming-english&format_turns=true").await;
    assert_eq!(ends.len(), 8);
    for pair in ends.chunks(2) {
        assert_eq!(pair[0], pair[1]);
    }
    let (zero, raw, formatted) = (Value::from(0), Value::from(false), Value::from(true));
    assert_eq!(orders(&ends[1..3]), [(&zero, &raw), (&zero, &formatted)]);
}
