//! A lost connection loses no word: the recording goes on by itself, and the page says so
//! meanwhile.
//!
//! Each word of the microphone is a different tone, so a word that is missing, repeated or in the
//! wrong place shows.

use std::time::Duration;

use inturn_tests::stage::Setting;
use serde_json::json;

use crate::tone_story::Story;

/// The missing part is heard again before the live words.
#[tokio::test(flavor = "multi_thread")]
async fn a_short_interruption_loses_no_word() {
    let mut story = Story::begin(Setting::new(), 30).await;
    story.wait_for_word(5).await;
    story.interrupt(Duration::from_secs(2)).await;
    let received = story.finish().await;
    story.assert_no_hole(&received);
    let statuses = story.statuses().await;
    assert!(
        statuses.iter().any(|it| it.starts_with("Reconnecting 0:0")),
        "{statuses:?}"
    );
    assert!(
        !statuses.iter().any(|it| it.starts_with("Live, ")),
        "{statuses:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_during_an_interruption_finishes_what_is_kept() {
    let mut story = Story::begin(Setting::new(), 20).await;
    story.wait_for_word(5).await;
    story.stage.stop_service().await;
    story.page.wait_for_state("reconnecting").await;
    story.wait_until_spoken().await;
    story.page.click().await;
    story.page.wait_for_state("finishing").await;
    assert!(!story.page.microphone_is_on().await);
    story.stage.start_service().await;
    let received = story.assert_each_word_once().await;
    story.assert_no_hole(&received);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_of_the_server_and_the_service_interrupts_and_loses_nothing() {
    let mut story = Story::begin(Setting::new(), 40).await;
    story.wait_for_word(5).await;
    story.stage.stop_server().await;
    story.stage.stop_service().await;
    let offline = "document.getElementById('status').textContent.startsWith('Offline 0:')";
    story.page.browser.wait_for(offline).await;
    let title: String = story.page.browser.value("document.title").await;
    assert!(title.starts_with("○ Offline 0:"), "{title}");
    story.stage.start_service().await;
    story.stage.start_server().await;
    story.page.wait_for_state("listening").await;
    assert_eq!(story.page.problem().await, None);
    let received = story.finish().await;
    story.assert_no_hole(&received);
    let statuses = story.statuses().await;
    let mut after_a_loss = statuses.iter().skip_while(|it| !is_outage(it));
    let first = after_a_loss.next().expect("it was shown");
    assert!(first.contains(" 0:00, "), "{statuses:?}");
}

/// The browser reports no network although there is one: the recording reconnects at once.
#[tokio::test(flavor = "multi_thread")]
async fn the_browsers_network_events_reach_the_recorder() {
    let mut story = Story::begin(Setting::new(), 25).await;
    story.wait_for_word(5).await;
    story.stage.stop_service().await;
    let event = |name: &str| format!("void window.dispatchEvent(new Event({name:?}))");
    story.page.browser.value::<()>(&event("offline")).await;
    let offline = "document.getElementById('status').textContent.startsWith('Offline ')";
    story.page.browser.wait_for(offline).await;
    story.stage.start_service().await;
    story.page.browser.value::<()>(&event("online")).await;
    story.page.wait_for_state("listening").await;
    let received = story.finish().await;
    story.assert_no_hole(&received);
}

/// The service keeps the connection open and sends nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_falls_silent_is_replaced() {
    let story = Story::open(Setting::new(), 60).await;
    story
        .stage
        .set_faults(&json!([{ "fault": "silent", "after_audio_ms": 0, "times": 1 }]));
    story.page.record().await;
    let noticed = "window.statuses.some((it) => it.startsWith('Reconnecting'))";
    story.page.browser.wait_within(story.spoken, noticed).await;
    let received = story.finish().await;
    story.assert_no_hole(&received);
}

fn is_outage(status: &str) -> bool {
    ["Reconnecting", "Offline"]
        .iter()
        .any(|it| status.starts_with(it))
}
