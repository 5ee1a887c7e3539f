//! The Export menu is reached and used by keyboard alone, fits every view, and has visible edges.

use inturn_tests::{browser::Engine, page::Page};
use serde_json::json;
use thirtyfour::Key;

use crate::{
    export_scene::{IS_OPEN, STATUS, Scene, meeting, open, open_meeting},
    support::for_engines,
};

for_engines!(the_menu_works_by_keyboard_alone: Chromium, Firefox);

async fn the_menu_works_by_keyboard_alone(engine: Engine) {
    let Scene {
        page,
        stage: _stage,
    } = open_meeting(engine).await;
    page.browser
        .value::<()>("document.getElementById('export-button').focus()")
        .await;
    press(&page, Key::Enter).await;
    page.browser.wait_for(IS_OPEN).await;
    assert_eq!(focused(&page).await, "copy-all");
    press(&page, Key::Enter).await;
    page.browser
        .wait_for(&format!("{STATUS} === 'Copied.'"))
        .await;
    for name in [
        "print",
        "export-times",
        "export-names",
        "txt",
        "md",
        "srt",
        "vtt",
        "json",
    ] {
        press(&page, Key::Tab).await;
        assert_eq!(focused(&page).await, name);
        match name {
            "export-times" => press(&page, Key::Space).await,
            "srt" => press(&page, Key::Enter).await,
            _ => {}
        }
    }
    let saved: String = page.browser.value("window.saved[0].name").await;
    assert_eq!(saved, "2026-11-24 14.05 Transcript.srt");
    let times: bool = page
        .browser
        .value("document.getElementById('export-times').checked")
        .await;
    assert!(times);
    press(&page, Key::Escape).await;
    page.browser.wait_for(&format!("!{IS_OPEN}")).await;
    assert_eq!(focused(&page).await, "export-button");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_menu_fits_every_view() {
    let Scene {
        page,
        stage: _stage,
    } = open(Engine::Chromium, meeting()).await;
    page.browser
        .value::<()>("document.getElementById('export').showPopover()")
        .await;
    for (width, height) in [(320, 640), (390, 780), (780, 390), (1280, 800), (320, 256)] {
        let metrics = json!({
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        page.browser
            .devtools("Emulation.setDeviceMetricsOverride", metrics)
            .await;
        let outside: Vec<String> = page.browser.value(OUTSIDE).await;
        assert_eq!(outside, [""; 0], "{width} by {height}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_control_has_a_name() {
    let Scene {
        page,
        stage: _stage,
    } = open(Engine::Chromium, meeting()).await;
    let nameless: Vec<String> = page
        .browser
        .value(
            "[...document.querySelectorAll('#export :is(button, input), #export-button')]
                .filter((it) => !(it.ariaLabel || it.textContent || it.labels?.[0]?.textContent))
                .map((it) => it.outerHTML)",
        )
        .await;
    assert_eq!(nameless, [""; 0]);
}

async fn press(page: &Page, key: Key) {
    let keys = page.browser.driver.action_chain().send_keys(key);
    keys.perform().await.expect("keys can be sent");
}

/// Returns the id of the focused element, or the format of its file.
async fn focused(page: &Page) -> String {
    page.browser
        .value("document.activeElement.id || document.activeElement.dataset.format")
        .await
}

/// The menu and its parts that are not within the page or the menu.
const OUTSIDE: &str = "(() => {
    const panel = document.getElementById('export');
    const { left, right, top, bottom } = panel.getBoundingClientRect();
    const outside = [];
    if (left < 0 || top < 0 || right > innerWidth || bottom > innerHeight) outside.push('export');
    if (panel.scrollWidth > panel.clientWidth) outside.push('its content');
    for (const it of panel.querySelectorAll('button:not([hidden]), input, p, h3')) {
        const rect = it.getBoundingClientRect();
        if (rect.left < left || rect.right > right) outside.push(it.outerHTML);
    }
    return outside;
})()";
