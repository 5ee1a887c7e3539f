//! With forced colours, every control has a visible edge in every state of the page.

use std::collections::BTreeSet;

use inturn_tests::{
    browser::{Browser, Microphone},
    stage::Setting,
};
use serde::Deserialize;
use serde_json::json;

use crate::{
    looks::{VIEWS, set_scheme, setting},
    page_states,
};

#[tokio::test(flavor = "multi_thread")]
async fn every_control_has_an_edge_in_every_state() {
    let stage = setting().open().await;
    let browser = Browser::open(&Microphone::Missing).await;
    page_states::prepare(&browser).await;
    let mut seen = BTreeSet::new();
    for state in page_states::all() {
        state.enter(&browser, &stage.url).await;
        for view in [VIEWS[0], VIEWS[3]] {
            view.set(&browser).await;
            let edges = edges(&browser).await;
            let what = format!("{}, {}", state.name, view.name);
            assert!(edges.missing.is_empty(), "{what}: {:?}", edges.missing);
            seen.extend(edges.seen);
        }
    }
    for control in CONTROLS {
        assert!(seen.contains(control), "{control} is not in {seen:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_control_of_the_sign_in_has_an_edge() {
    let stage = Setting::new()
        .with_passphrase("passphrase-marker")
        .open()
        .await;
    let browser = Browser::open(&Microphone::Missing).await;
    browser.go_to(&stage.url).await;
    let edges = edges(&browser).await;
    assert!(edges.missing.is_empty(), "{:?}", edges.missing);
    assert_eq!(edges.seen, ["#passphrase", "Sign in"]);
}

/// The controls that are shown, and those without a visible edge.
#[derive(Debug, Deserialize)]
struct Edges {
    seen: Vec<String>,
    missing: Vec<String>,
}

/// Forces colours, and looks at a picture of the page.
async fn edges(browser: &Browser) -> Edges {
    set_scheme(browser, "forced").await;
    let active = "matchMedia('(forced-colors: active)').matches";
    assert!(browser.value::<bool>(active).await);
    // Others may be added after the picture.
    browser
        .value::<()>("void (window.before = new Set(document.querySelectorAll('*')))")
        .await;
    let picture = browser
        .devtools("Page.captureScreenshot", json!({ "format": "png" }))
        .await;
    let picture = picture["data"]
        .as_str()
        .expect("the screenshot is a string");
    browser.value(&format!("({EDGES})({picture:?})")).await
}

/// Controls that are shown in some state.
const CONTROLS: [&str; 35] = [
    "#record",
    "#record .dot",
    "#pause",
    "#pause .dot",
    "#keep",
    "#idle",
    "#notice",
    "#notice-close",
    "#problem",
    "#sign-in",
    "#reload",
    "Copy",
    "#settings-button",
    "#settings",
    "#echoCancellation",
    "#noiseSuppression",
    "#autoGainControl",
    "#announce",
    "#settings-reset",
    "#times-of-day",
    "#jump",
    "#export-button",
    "#export",
    "#copy-all",
    "#print",
    "#export-times",
    "#export-names",
    "Text",
    "JSON",
    "#history-keep",
    "#find-button",
    "#find-field",
    "#find-next",
    ".meter",
    "#level",
];

/// Compares the pixels above each control with those of its upper edge, at two places: a symbol may
/// have a hole. WCAG 1.4.11 requires a contrast of 3:1.
const EDGES: &str = "async (picture) => {
    const bytes = Uint8Array.from(atob(picture), (char) => char.charCodeAt(0));
    const image = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
    const scale = image.width / innerWidth;
    const canvas = new OffscreenCanvas(image.width, image.height);
    const context = canvas.getContext('2d', { willReadFrequently: true });
    context.drawImage(image, 0, 0);
    const luminance = (x, y) => {
        const { data } = context.getImageData(Math.round(x * scale), Math.round(y * scale), 1, 1);
        const [r, g, b] = [...data].map((it) => it / 255)
            .map((it) => it <= 0.03928 ? it / 12.92 : ((it + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const hasEdge = ({ left, top, width, height }) => [0.2, 0.5].some((part) => {
        const x = left + part * width;
        const around = luminance(x, top - 3);
        return [0, 1, 2].some((down) => {
            const edge = luminance(x, top + Math.min(down, height - 1));
            const [low, high] = [Math.min(edge, around), Math.max(edge, around)];
            return (high + 0.05) / (low + 0.05) >= 3;
        });
    });
    const name = (it) => it.id ? `#${it.id}` : it.matches('.meter') ? '.meter'
        : it.matches('.dot') ? `#${it.parentElement.id} .dot` : it.textContent.trim();
    // The settings cover what is below them, and parts of them may be scrolled away.
    const isOnTop = (it) => {
        const { left, top, width, height } = it.getBoundingClientRect();
        const hit = document.elementFromPoint(left + width / 2, top + height / 2);
        const panel = document.querySelector(':popover-open');
        return hit && (it.contains(hit) || hit.contains(it)) && !(panel?.contains(hit)
            && !panel.contains(it));
    };
    const shown = [...document.querySelectorAll(
        'button, a, input, .dot, .meter, #level, #notice, #idle, #problem, #settings, #export')]
        .filter((it) => before.has(it) && it.checkVisibility()
            && it.getBoundingClientRect().width > 3)
        .filter(isOnTop);
    return {
        seen: shown.map(name),
        missing: shown.filter((it) => !hasEdge(it.getBoundingClientRect())).map(name),
    };
}";
