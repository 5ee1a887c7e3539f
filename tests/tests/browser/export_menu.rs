//! The Export menu is reached and used by keyboard alone.

use inturn_tests::{browser::Engine, page::Page};
use thirtyfour::Key;

use crate::{
    export_scene::{IS_OPEN, STATUS, Scene, open_meeting},
    support::{for_engines, press},
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

/// Returns the id of the focused element, or the format of its file.
async fn focused(page: &Page) -> String {
    page.browser
        .value("document.activeElement.id || document.activeElement.dataset.format")
        .await
}
