//! A press on Record while the page is loading opens the microphone at once. The recording begins
//! with what was said from then on.

mod scene;

use std::time::Duration;

use inturn_tests::{browser::Engine, stage::Setting};
use serde_json::json;

use self::scene::{CHOICE, CONFIG_REQUESTS, LIMIT, Scene};
use crate::support::for_engines;

for_engines!(nothing_is_lost_while_the_page_is_loading: Chromium, Firefox, WebKit);
for_engines!(nothing_is_lost_if_the_worklet_comes_last: Chromium, Firefox, WebKit);
for_engines!(a_second_press_cancels_an_early_one: Chromium, Firefox, WebKit);

async fn nothing_is_lost_while_the_page_is_loading(engine: Engine) {
    let scene = Scene::open_exact(engine).await;
    let page = &scene.page;
    assert_eq!(scene.shown().await, ("Record".into(), "Loading…".into()));
    page.click().await;
    assert_eq!(scene.shown().await, ("Stop".into(), "Starting…".into()));
    // The microphone is open before the worklet is loaded, and that before the module.
    scene.capture(1.0).await;
    scene.release("worklet").await;
    scene.wait_until_open().await;
    scene.capture(2.0).await;
    scene.release("module").await;
    page.wait_for_state("listening").await;
    scene.capture(3.0).await;
    // From here on, the module handles presses.
    page.stop().await;
    scene.assert_complete().await;
}

async fn nothing_is_lost_if_the_worklet_comes_last(engine: Engine) {
    let scene = Scene::open_exact(engine).await;
    let page = &scene.page;
    page.click().await;
    scene.capture(0.5).await;
    scene.release("module").await;
    page.wait_for_state("starting").await;
    page.browser.value::<()>(NOTE_STATUS).await;
    scene.capture(1.5).await;
    scene.release("worklet").await;
    page.wait_for_state("listening").await;
    scene.capture(5.0).await;
    // The status is the module's by now.
    let shown: Vec<String> = page.browser.value("window.shown").await;
    let is_module = |it: &String| !it.starts_with("Loading");
    assert!(shown.iter().all(is_module), "{shown:?}");
    page.stop().await;
    scene.assert_complete().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_at_a_round_trip_of_400_ms() {
    let scene = Scene::open_over(Duration::from_millis(400)).await;
    let page = &scene.page;
    scene.release("worklet").await;
    page.click().await;
    scene.wait_until_open().await;
    scene.release("module").await;
    page.wait_for_state("listening").await;
    // The module did not request it again. Later, the second module does.
    let requests: usize = page.browser.value(CONFIG_REQUESTS).await;
    assert_eq!(requests, 1);
    scene.capture(3.0).await;
    page.stop().await;
    scene.assert_complete().await;
    // The worklet was loaded when the microphone had been open for a round trip.
    let late_secs: f64 = page.browser.value("window.lateSecs").await;
    assert!(late_secs >= 0.5, "{late_secs}");
}

/// A script's press is no gesture of a person, so the browser does not start the audio context in
/// it. The open microphone does.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_if_a_script_presses() {
    let setting = Setting::new().exact();
    let scene = Scene::open_with(Engine::Chromium, setting, PRESS_BY_SCRIPT).await;
    scene.capture(0.5).await;
    scene.release("worklet").await;
    scene.release("module").await;
    scene.page.wait_for_state("listening").await;
    scene.capture(3.0).await;
    scene.page.stop().await;
    scene.assert_complete().await;
}

async fn a_second_press_cancels_an_early_one(engine: Engine) {
    let scene = Scene::open(engine).await;
    let page = &scene.page;
    scene.release("worklet").await;
    for (clicks, is_pressed) in [
        (&[1][..], true),
        (&[1], false),
        // A double click is one press.
        (&[1, 2], true),
        (&[1], false),
    ] {
        let press = format!(
            "{clicks:?}.forEach((detail) => document.getElementById('record-label')
                .dispatchEvent(new MouseEvent('click', {{ detail, bubbles: true }})))"
        );
        page.browser.value::<()>(&press).await;
        if is_pressed {
            scene.wait_until_open().await;
            assert!(scene.microphone_is_on().await, "after {clicks:?}");
        } else {
            let shown = ("Record".to_owned(), "Loading…".to_owned());
            assert_eq!(scene.shown().await, shown, "after {clicks:?}");
            scene.assert_released().await;
        }
    }
    scene.release("module").await;
    page.wait_for_state("idle").await;
    // A forwarded early press would arrive before this one.
    page.record().await;
    page.stop().await;
    scene.stage.no_session_is_open().await;
    assert_eq!(scene.stage.service.sessions().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_early_press_is_dropped_if_the_module_cannot_be_loaded() {
    let scene = Scene::open(Engine::Chromium).await;
    let page = &scene.page;
    scene.release("worklet").await;
    page.click().await;
    scene.wait_until_open().await;
    scene.fail("module").await;
    page.wait_for_state("crashed").await;
    assert_eq!(page.wait_for_problem().await.kind, "page-unloaded");
    assert!(page.browser.value::<bool>("record.disabled").await);
    scene.assert_released().await;
    assert_eq!(scene.stage.service.sessions(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_microphone_is_released_when_the_page_is_left() {
    let scene = Scene::open(Engine::Chromium).await;
    scene.release("worklet").await;
    scene.page.click().await;
    scene.wait_until_open().await;
    let leave = "void dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))";
    scene.page.browser.value::<()>(leave).await;
    scene.assert_released().await;
    assert_eq!(scene.shown().await, ("Record".into(), "Loading…".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_microphone_is_released_if_loading_takes_too_long() {
    let scene = Scene::open_with(Engine::Chromium, Setting::new(), LIMIT).await;
    let page = &scene.page;
    scene.release("worklet").await;
    page.click().await;
    scene.wait_until_open().await;
    page.browser.value::<()>("window.expire()").await;
    let is_over = "status.textContent === 'Loading takes too long. The microphone is off.'";
    let is_over = is_over.replace("status", "document.getElementById('status')");
    page.browser.wait_for(&is_over).await;
    assert_eq!(scene.shown().await.0, "Record");
    scene.assert_released().await;
    scene.release("module").await;
    page.wait_for_state("idle").await;
    page.record().await;
    page.stop().await;
    assert_eq!(scene.stage.service.sessions().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_microphone_is_released_if_another_tab_records() {
    let scene = Scene::open(Engine::Chromium).await;
    let page = &scene.page;
    let lock = "void navigator.locks.request(`inturn recording ${location.pathname}`,
        () => new Promise(() => {}))";
    page.browser.value::<()>(lock).await;
    scene.release("worklet").await;
    page.click().await;
    scene.wait_until_open().await;
    scene.release("module").await;
    assert_eq!(page.wait_for_problem().await.kind, "recorded-elsewhere");
    scene.assert_released().await;
    assert_eq!(scene.stage.service.sessions(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_microphone_is_reported_and_not_requested_again() {
    let scene = Scene::asking().await;
    let page = &scene.page;
    page.browser.answer_prompt(false).await;
    scene.release("worklet").await;
    page.click().await;
    scene.release("module").await;
    assert_eq!(page.wait_for_problem().await.kind, "microphone-denied");
    page.wait_for_state("idle").await;
    assert_eq!(scene.requests().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_early_press_requests_the_same_microphone_as_a_later_one() {
    // The server's default and the person's choice differ from the browsers' defaults.
    let setting = Setting::new()
        .with_flag("--echo-cancellation", "true")
        .with_flag("--auto-gain-control", "false");
    let scene = Scene::open_with(Engine::Chromium, setting, CHOICE).await;
    let page = &scene.page;
    scene.release("worklet").await;
    page.click().await;
    scene.wait_until_open().await;
    scene.release("module").await;
    page.wait_for_state("listening").await;
    page.stop().await;
    page.record().await;
    page.stop().await;
    let expected = json!({ "audio": {
        "echoCancellation": true,
        "noiseSuppression": true,
        "autoGainControl": false,
    } });
    assert_eq!(scene.requests().await, [expected.clone(), expected]);
}

#[tokio::test(flavor = "multi_thread")]
async fn if_the_early_worklet_fails_the_module_loads_it() {
    let scene = Scene::open(Engine::Chromium).await;
    let page = &scene.page;
    page.click().await;
    scene.capture(0.1).await;
    scene.fail("worklet").await;
    scene.assert_released().await;
    scene.release("module").await;
    page.wait_for_state("listening").await;
    page.wait_for_words("one").await;
    page.stop().await;
    assert_eq!(page.problem().await, None);
}

/// Presses as soon as the button works.
const PRESS_BY_SCRIPT: &str =
    "addEventListener('DOMContentLoaded', () => document.getElementById('record').click())";

/// Notes what the status line shows from now on.
const NOTE_STATUS: &str = "((status) => {
    window.shown = [];
    new MutationObserver(() => void window.shown.push(status.textContent))
        .observe(status, { childList: true });
})(document.getElementById('status'))";
