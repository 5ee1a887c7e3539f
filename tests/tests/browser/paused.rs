//! An audio graph that the browser pauses in mid-recording goes on, or the person is told.

use std::time::Duration;

use inturn_tests::{
    browser::{Browser, Microphone},
    page::Page,
    sound::Sound,
    stage::{Setting, Stage},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_graph_is_woken_and_the_recording_goes_on() {
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
    // What was said in the pause is nobody's; all else is there.
    let heard = stage.recording(&log).seconds();
    assert!(heard > 2.0, "{heard} s of at least 3 s");
    let warned = page.browser.console().await;
    assert!(
        warned
            .iter()
            .any(|line| line.contains("paused the audio graph")),
        "{warned:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_graph_that_stays_paused_ends_the_recording_with_a_sentence() {
    let (stage, page) = humming().await;
    page.record().await;
    page.wait_until_recorded(Duration::from_secs(1)).await;
    // As in a telephone call: nothing the page asks for is granted.
    page.browser
        .value::<()>(
            "window.watch.context.resume = () => new Promise(() => {}), window.watch.context.suspend()",
        )
        .await;
    let problem = page.wait_for_problem().await;
    assert_eq!(problem.kind, "microphone-paused");
    page.wait_for_state("idle").await;
    assert!(!page.microphone_is_on().await);
    let log = stage.closed_session(1).await;
    assert!(log.terminated && log.error.is_none(), "{log:?}");
    assert!(stage.recording(&log).seconds() > 0.9, "{log:?}");

    // The next recording has a graph of its own.
    page.record().await;
    assert_eq!(page.problem().await, None);
    page.stop().await;
    stage.closed_session(2).await;
}

/// A page before a hum, with its audio graph within reach as `watch.context`.
async fn humming() -> (Stage, Page) {
    let stage = Setting::new().open().await;
    let hum = Sound::tone(16_000, 200.0, 2.0);
    let browser = Browser::open(&Microphone::Repeats(hum)).await;
    browser.before_each_page(REACH).await;
    let page = Page::load(browser, &stage.url).await;
    (stage, page)
}

const REACH: &str = "window.AudioContext = class extends AudioContext {
    constructor(...options) {
        super(...options);
        window.watch.context = this;
    }
}";
