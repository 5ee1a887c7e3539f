//! An unexpected message of the service does not end a recording. If words are lost, the page says
//! so.

use inturn_tests::stage::Setting;
use serde_json::{Value, json};

use crate::support::{Scene, speaking};

#[tokio::test(flavor = "multi_thread")]
async fn a_begin_with_an_unexpected_field_is_accepted() {
    let Scene { stage, page } = speaking(Setting::new()).await;
    let case: Value = serde_json::from_str(VOICE_FOCUS_OBJECT).expect("is JSON");
    stage.set_faults(&case);
    page.record().await;
    page.wait_for_words("hello there").await;
    page.stop().await;
    assert_eq!(page.problem().await, None);
    let turns = page.turns().await;
    assert_eq!(turns.len(), 1, "{turns:?}");
    assert_eq!(turns[0].text, "Hello there.");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unreadable_turn_is_reported_and_the_recording_continues() {
    let Scene { stage, page } = speaking(Setting::new()).await;
    let turn = |order: Value, text: &str| {
        json!({
            "type": "Turn", "turn_order": order, "end_of_turn": true, "transcript": text,
        })
    };
    stage.set_faults(&json!([
        { "fault": "no_turns" },
        { "fault": "say", "after_audio_ms": 300, "send": turn(json!("one"), "Lost.") },
        { "fault": "say", "after_audio_ms": 600, "send": turn(json!(1), "Go on.") },
    ]));
    page.record().await;
    page.wait_for_words("go on").await;
    assert_eq!(page.wait_for_problem().await.kind, "turn-unreadable");
    assert_eq!(page.state().await, "listening");
    assert!(page.microphone_is_on().await);
    page.stop().await;
    assert_eq!(page.text().await, "Go on.");
}

/// Values that the page's data model lacks, in fields that it does not need. The browser's own
/// parser reads them, or the text without them.
#[tokio::test(flavor = "multi_thread")]
async fn values_that_cannot_be_represented_lose_no_word() {
    let Scene { stage, page } = speaking(Setting::new()).await;
    let nested = format!("{}{}", "[".repeat(5_000), "]".repeat(5_000));
    let odd = ["NaN", "-Infinity", "1e999", &nested];
    let turns = (0..).zip(odd).map(|(order, value)| {
        let text = format!(
            r#"{{"type": "Turn", "turn_order": {order}, "end_of_turn": true,
                "odd": {value}, "transcript": "Number {order}: \"NaN\"."}}"#
        );
        json!({ "fault": "say", "after_audio_ms": 300, "text": text })
    });
    let faults = [json!({ "fault": "no_turns" })].into_iter().chain(turns);
    stage.set_faults(&Value::from_iter(faults));
    page.record().await;
    page.wait_for_words("number 3").await;
    page.stop().await;
    assert_eq!(page.problem().await, None);
    let texts: Vec<_> = page.turns().await.into_iter().map(|it| it.text).collect();
    let expected: Vec<_> = (0..4).map(|it| format!("Number {it}: \"NaN\".")).collect();
    assert_eq!(texts, expected);
}

const VOICE_FOCUS_OBJECT: &str = include_str!("../../fixtures/cases/begin-voice-focus-object.json");
