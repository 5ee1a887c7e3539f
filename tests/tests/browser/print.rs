//! Print gives the whole transcript with its times, and nothing else.

use inturn_tests::browser::Engine;
use serde::Deserialize;
use serde_json::json;

use crate::{
    export_scene::{Scene, open, open_menu},
    support::ended,
};

/// What is on the printed page.
#[derive(Debug, Deserialize)]
struct Printed {
    /// Elements other than the transcript that take space.
    others: Vec<String>,
    /// Whether all rows are within the height of the page, which nothing cuts off.
    is_whole: bool,
    /// The text of the first and the last row, with their times.
    first: String,
    last: String,
    colours: Vec<String>,
}

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_transcript_is_printed_black_on_white() {
    let turns = (0..200).map(|it| ended(it, &format!("Turn {it} has some words.")));
    let Scene {
        page,
        stage: _stage,
    } = open(Engine::Chromium, turns.collect()).await;
    // Print is pressed in the open menu, which is not printed.
    page.browser
        .value::<()>("void (window.print = () => (window.isPrinting = true))")
        .await;
    open_menu(&page).await;
    page.click_on("#print").await;
    page.browser.wait_for("window.isPrinting").await;
    let media = json!({
        "media": "print",
        "features": [{ "name": "prefers-color-scheme", "value": "dark" }] });
    page.browser
        .devtools("Emulation.setEmulatedMedia", media)
        .await;
    let printed: Printed = page.browser.value(PRINTED).await;
    assert_eq!(printed.others, [""; 0]);
    assert!(printed.is_whole, "{printed:?}");
    assert_eq!(printed.first, "0:00 Turn 0 has some words.");
    assert_eq!(printed.last, "0:00 Turn 199 has some words.");
    assert_eq!(printed.colours, ["rgb(0, 0, 0)", "rgb(255, 255, 255)"]);

    // A page of paper has some 60 lines.
    let paper = page.browser.devtools("Page.printToPDF", json!({})).await;
    let paper = paper["data"].as_str().expect("the file is text").to_owned();
    let sheets: u32 = page
        .browser
        .value(&format!(
            "atob({paper:?}).match(/\\/Type\\s*\\/Page\\b/g).length"
        ))
        .await;
    assert!((3..12).contains(&sheets), "{sheets}");
}

const PRINTED: &str = "(() => {
    const shown = (it) => it.getClientRects().length > 0;
    const others = ['header', 'footer', '#placeholder', '#announcer', '#export', '#settings']
        .filter((selector) => shown(document.querySelector(selector)));
    const rows = [...document.querySelectorAll('.turn')];
    const bottom = rows.at(-1).getBoundingClientRect().bottom + scrollY;
    const clips = ['html', 'body', 'main', '#scroller'].filter((selector) => {
        const style = getComputedStyle(document.querySelector(selector));
        return style.overflowY !== 'visible';
    });
    const text = (row) => ['.time', '.text']
        .map((part) => row.querySelector(part).textContent.trim()).join(' ');
    return {
        others,
        is_whole: clips.length === 0 && rows.every(shown)
            && document.documentElement.scrollHeight >= Math.floor(bottom),
        first: text(rows[0]),
        last: text(rows.at(-1)),
        colours: [
            getComputedStyle(rows[0].querySelector('.text')).color,
            getComputedStyle(document.body).backgroundColor,
        ],
    };
})()";
