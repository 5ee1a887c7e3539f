//! If the browser pauses the audio graph during a recording, it is resumed, or the page says so.

use std::time::Duration;

use inturn_tests::{
    browser::{Browser, Microphone},
    page::Page,
    sound::Sound,
    stage::{Setting, Stage},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_graph_is_resumed_and_the_recording_continues() {
    let (stage, page) = humming().await;
    page.record().await;
    page.wait_until_recorded(Duration::from_secs(1)).await;
    page.browser
        .value::<()>(
            "window.watch.context.suspend().then(() => { window.watch.wasPaused = true; })",
        )
        .await;
    page.browser
        .wait_for("window.watch.wasPaused && window.watch.context.state === 'running'")
        .await;
    page.wait_until_recorded(Duration::from_secs(3)).await;
    page.stop().await;

    assert_eq!(page.problem().await, None);
    let log = stage.closed_session(1).await;
    assert!(log.terminated && log.error.is_none(), "{log:?}");
    // Only the audio of the pause is missing.
    let received = stage.recording(&log).seconds();
    assert!(received > 2.0, "{received} s of at least 3 s");
    let warned = page.browser.console().await;
    assert!(
        warned
            .iter()
            .any(|line| line.contains("paused the audio graph")),
        "{warned:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_graph_that_stays_paused_ends_the_recording_with_a_problem() {
    let (stage, page) = humming().await;
    page.record().await;
    page.wait_until_recorded(Duration::from_secs(1)).await;
    // Like during a phone call: `resume` has no effect.
    page.browser
        .value::<()>(
            "window.watch.context.resume = () => new Promise(() => {}),
             window.watch.context.suspend()",
        )
        .await;
    let problem = page.wait_for_problem().await;
    assert_eq!(problem.kind, "microphone-paused");
    page.wait_for_state("idle").await;
    assert!(!page.microphone_is_on().await);
    let log = stage.closed_session(1).await;
    assert!(log.terminated && log.error.is_none(), "{log:?}");
    assert!(stage.recording(&log).seconds() > 0.9, "{log:?}");

    // The next recording has a new graph.
    page.record().await;
    assert_eq!(page.problem().await, None);
    page.stop().await;
    stage.closed_session(2).await;
}

/// Opens a page whose microphone hums, with its audio context in `watch.context`.
async fn humming() -> (Stage, Page) {
    let mut stage = Setting::new().open().await;
    stage.disturb("the test pauses the audio graph, and the session goes on without audio");
    let hum = Sound::tone(16_000, 200.0, 2.0);
    let browser = Browser::open(&Microphone::Repeats(hum)).await;
    browser.before_each_page(EXPOSE_CONTEXT).await;
    let page = Page::load(browser, &stage.url).await;
    (stage, page)
}

const EXPOSE_CONTEXT: &str = "window.AudioContext = class extends AudioContext {
    constructor(...options) {
        super(...options);
        window.watch.context = this;
    }
}";
