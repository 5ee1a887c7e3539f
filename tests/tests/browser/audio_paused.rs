//! If the browser pauses the audio graph during a recording, it is resumed, or the page asks for a
//! tap that resumes it.

use inturn_tests::stage::Setting;

use crate::tone_story::{Story, assert_gap_between, numbers};

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_graph_is_resumed_at_once() {
    let story = record().await;
    let browser = &story.page.browser;
    browser
        .value::<()>("window.watch.context.suspend().then(() => { window.wasPaused = true; })")
        .await;
    browser
        .wait_for("window.wasPaused && window.watch.context.state === 'running'")
        .await;
    let statuses = finish(&story).await;
    assert!(!statuses.iter().any(|it| it == TAP), "{statuses:?}");
}

/// The browser refuses to resume the graph, except in a click.
#[tokio::test(flavor = "multi_thread")]
async fn a_graph_that_stays_paused_is_resumed_by_a_click() {
    let story = record().await;
    let browser = &story.page.browser;
    browser
        .value::<()>(
            "window.watch.context.resume = () => new Promise(() => {}),
             window.pausedAt = performance.now(), window.watch.context.suspend()",
        )
        .await;
    story.page.wait_for_state("suspended").await;
    let title: String = browser.value("document.title").await;
    assert_eq!(title, "○ Tap to resume · Inturn");
    // A shorter pause counts as jitter, and is not marked.
    browser
        .wait_for("performance.now() - window.pausedAt > 1500")
        .await;
    browser
        .value::<()>("void (delete window.watch.context.resume)")
        .await;
    story.page.click_on("h1").await;
    let statuses = finish(&story).await;
    assert!(statuses.iter().any(|it| it == TAP), "{statuses:?}");
    let rows = story.page.rows().await;
    let gap = rows.iter().position(|row| row == GAP);
    let after = numbers(&rows[gap.unwrap_or(rows.len())..].join(" "));
    let from = *after
        .first()
        .unwrap_or_else(|| panic!("no words after a gap: {rows:?}"));
    assert_gap_between(&rows, GAP, from..WORDS);
}

/// Starts a recording.
async fn record() -> Story {
    let story = Story::begin(Setting::new(), WORDS).await;
    story.wait_for_word(5).await;
    story
}

/// Waits until the page listens again, for the last word and for the end. Only words of the pause
/// may be missing. Returns all statuses.
async fn finish(story: &Story) -> Vec<String> {
    story.page.wait_for_state("listening").await;
    story.wait_for_word_within(story.spoken, WORDS - 2).await;
    story.page.stop().await;
    assert_eq!(story.page.problem().await, None);
    let shown = numbers(&story.page.text().await);
    let is_rising = shown.windows(2).all(|pair| pair[0] < pair[1]);
    assert!(is_rising, "{shown:?}");
    story.statuses().await
}

const WORDS: u32 = 40;

const TAP: &str = "Tap to resume";

const GAP: &str = "(not transcribed: no sound)";
