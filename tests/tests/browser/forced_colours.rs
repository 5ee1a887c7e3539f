//! With forced colours, every control has a visible edge.

use inturn_client_core::{
    problem::{MicrophoneFailure, Problem},
    session::{Event, LevelReading, Progress, State},
};
use inturn_tests::{
    browser::{Browser, Microphone},
    page::Page,
    stage::Setting,
};
use serde_json::json;

use crate::{export_scene::LOADED, support::dispatch};

#[tokio::test(flavor = "multi_thread")]
async fn every_control_has_an_edge() {
    let stage = Setting::new().without_key().open().await;
    let page = Page::load(Browser::open(&Microphone::Missing).await, &stage.url).await;
    // Each button that is added makes the notice narrower.
    page.browser
        .wait_for(
            "document.getElementById('find-button') && document.getElementById('history-button')",
        )
        .await;
    force_colours(&page.browser).await;

    let signed_out = Problem::Microphone(MicrophoneFailure::SignedOut);
    receive(&page, Event::Problem(signed_out)).await;
    let at_rest = [
        "#record",
        "#record .dot",
        "#export-button",
        "#settings-button",
        "#notice",
        "#notice-close",
        "#problem",
        "#sign-in",
        ".meter",
    ];
    assert_edges(&page.browser, &at_rest).await;

    receive(&page, Event::State(State::Listening(Progress::Live))).await;
    let level = LevelReading {
        percent: 50,
        captured_ms: 7_000,
    };
    receive(&page, Event::Level(level)).await;
    assert_edges(&page.browser, &["#record", "#record .dot", "#level"]).await;

    page.browser
        .value::<()>("void (document.getElementById('settings').showPopover(), announce.click())")
        .await;
    let panel = [
        "#settings",
        "#echoCancellation",
        "#noiseSuppression",
        "#autoGainControl",
        "#announce",
    ];
    assert_edges(&page.browser, &panel).await;
    page.browser
        .value::<()>("document.getElementById('settings-reset').scrollIntoView()")
        .await;
    assert_edges(&page.browser, &["#times-of-day", "#settings-reset"]).await;

    page.browser.wait_for(LOADED).await;
    page.browser
        .value::<()>("document.getElementById('export').showPopover()")
        .await;
    let panel = [
        "#export",
        "#copy-all",
        "#print",
        "#export-times",
        "#export-names",
        "#export [data-format=txt]",
        "#export [data-format=json]",
    ];
    assert_edges(&page.browser, &panel).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_control_of_the_sign_in_has_an_edge() {
    let stage = Setting::new()
        .with_passphrase("passphrase-marker")
        .open()
        .await;
    let browser = Browser::open(&Microphone::Missing).await;
    browser.go_to(&stage.url).await;
    force_colours(&browser).await;
    assert_edges(&browser, &["#passphrase", "button"]).await;
}

async fn force_colours(browser: &Browser) {
    let features = json!({ "features": [{ "name": "forced-colors", "value": "active" }] });
    browser
        .devtools("Emulation.setEmulatedMedia", features)
        .await;
    let active = "matchMedia('(forced-colors: active)').matches";
    assert!(browser.value::<bool>(active).await);
}

async fn receive(page: &Page, event: Event) {
    page.browser.value::<()>(&dispatch(vec![event])).await;
}

/// Asserts that each element's upper edge differs from its surroundings.
async fn assert_edges(browser: &Browser, selectors: &[&str]) {
    let picture = browser
        .devtools("Page.captureScreenshot", json!({ "format": "png" }))
        .await;
    let picture = picture["data"]
        .as_str()
        .expect("the screenshot is a string");
    let script = format!("({EDGES})({picture:?}, {selectors:?})");
    let without: Vec<String> = browser.value(&script).await;
    assert!(without.is_empty(), "no visible edge: {without:?}");
}

/// Compares the pixels above an element with those of its upper edge, in the middle of its width.
/// WCAG 1.4.11 requires a contrast of 3:1.
const EDGES: &str = "async (picture, selectors) => {
    const bytes = Uint8Array.from(atob(picture), (char) => char.charCodeAt(0));
    const image = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
    const scale = image.width / innerWidth;
    const canvas = new OffscreenCanvas(image.width, image.height);
    const context = canvas.getContext('2d');
    context.drawImage(image, 0, 0);
    const luminance = (x, y) => {
        const { data } = context.getImageData(Math.round(x * scale), Math.round(y * scale), 1, 1);
        const [r, g, b] = [...data].map((it) => it / 255)
            .map((it) => it <= 0.03928 ? it / 12.92 : ((it + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    return selectors.filter((selector) => {
        const element = document.querySelector(selector);
        const { left, top, width, height } = element.getBoundingClientRect();
        const x = left + width / 2;
        const around = luminance(x, top - 3);
        const edge = [0, 1, 2].map((down) => luminance(x, top + Math.min(down, height - 1)));
        const contrast = edge.map((it) =>
            (Math.max(it, around) + 0.05) / (Math.min(it, around) + 0.05));
        return !(Math.max(...contrast) >= 3);
    });
}";
