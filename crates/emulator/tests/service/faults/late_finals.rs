//! Ends of turns that come after the first partial of the next turn.

use crate::{
    client::start_faulty,
    sound::{silence, voice},
};

#[tokio::test]
async fn the_end_comes_after_the_next_turns_first_partial() {
    for model in ["universal-3-6-pro", "universal-streaming-english"] {
        let emulator = start_faulty(r#"[{"fault": "late_final"}]"#).await;
        let mut client = emulator
            .begin_session(&format!("speech_model={model}"))
            .await;
        for _ in 0..2 {
            client.audio(&voice(600)).await;
            client.audio(&silence(1_500)).await;
        }
        let turns = client.finish().await;
        let mut seen: Vec<(u64, bool)> = turns
            .iter()
            .map(|turn| {
                let order = turn["turn_order"].as_u64().expect("a number");
                (order, turn["end_of_turn"] == true)
            })
            .collect();
        let late = seen.iter().position(|turn| *turn == (0, true));
        let late = late.unwrap_or_else(|| panic!("{model}: no end: {seen:?}"));
        assert_eq!(seen[late - 1], (1, false), "{model}: {seen:?}");
        seen.truncate(late - 1);
        assert!(
            !seen.iter().any(|(order, _)| *order == 1),
            "{model}: {seen:?}"
        );
        let last = turns.last().expect("turns");
        assert_eq!(
            (&last["turn_order"], &last["end_of_turn"]),
            (&1.into(), &true.into()),
            "{model}: the last end comes before Termination"
        );
    }
}
