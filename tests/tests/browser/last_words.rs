//! After Stop, the last words are shown, and all waits have a limit.

use inturn_emulator::ClosedBy;
use inturn_tests::{browser::Engine, speech, stage::Setting};
use serde_json::json;

use crate::support::{Scene, for_engines, speaking, speaking_in};

for_engines!(words_three_seconds_after_stop_are_shown: Chromium, Firefox, WebKit);

async fn words_three_seconds_after_stop_are_shown(engine: Engine) {
    let Scene { stage, page } = speaking_in(engine, Setting::new()).await;
    stage.set_faults(&json!([{ "fault": "hold_final", "ms": 3_000 }]));
    page.record().await;
    page.wait_for_words("one").await;
    page.click().await;
    page.wait_for_state("finishing").await;
    page.browser
        .wait_for("!window.watch.microphoneIsOn()")
        .await;
    page.wait_for_state("idle").await;

    let waited: f64 = page
        .browser
        .value("(performance.now() - window.watch.stoppedAt) / 1000")
        .await;
    assert!((3.0..4.5).contains(&waited), "{waited} s");
    let turns = page.turns().await;
    assert!(
        turns
            .iter()
            .all(|turn| turn.is_final && turn.remark.is_empty()),
        "{turns:?}"
    );
    assert_eq!(page.problem().await, None);
    let log = stage.closed_session(1).await;
    assert!(log.terminated && log.turns > 0, "{log:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_termination_the_session_is_closed_after_five_seconds() {
    let Scene { stage, page } = speaking(Setting::new()).await;
    stage.set_faults(&json!([{ "fault": "no_termination" }]));
    page.record().await;
    page.wait_for_words("one").await;
    page.click().await;
    page.wait_for_state("idle").await;

    let waited: f64 = page
        .browser
        .value("(performance.now() - window.watch.stoppedAt) / 1000")
        .await;
    assert!((4.9..6.5).contains(&waited), "{waited} s");
    assert!(!page.microphone_is_on().await);
    assert_eq!(page.wait_for_problem().await.kind, "end-unconfirmed");
    let shown = speech::words(&page.text().await);
    assert!(shown.starts_with(&["one".to_owned()]), "{shown:?}");
    let log = stage.closed_session(1).await;
    assert!(log.terminated, "{log:?}");
    assert_eq!(
        log.closed.as_ref().map(|closed| closed.by),
        Some(ClosedBy::Client),
        "{log:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_stop_ends_at_once_and_marks_tentative_words() {
    let Scene { stage, page } = speaking(Setting::new()).await;
    stage.set_faults(&json!([{ "fault": "hold_final", "ms": 60_000 }]));
    page.record().await;
    page.wait_for_words("one").await;
    page.click().await;
    page.wait_for_state("finishing").await;
    page.press().await;
    page.wait_for_state("idle").await;

    let waited: f64 = page
        .browser
        .value("(performance.now() - window.watch.stoppedAt) / 1000")
        .await;
    assert!(waited < 2.0, "{waited} s");
    assert_eq!(page.wait_for_problem().await.kind, "cut-short");
    let turns = page.turns().await;
    let last = turns.last().expect("a word was shown");
    assert!(
        last.is_final && !last.remark.is_empty() && !last.text.is_empty(),
        "{turns:?}"
    );
    let log = stage.closed_session(1).await;
    assert!(log.terminated, "{log:?}");
}
