//! Find in the transcript: by keyboard, over words, and in turns that arrive meanwhile.

use inturn_tests::{browser::Engine, page::Page, stage::Setting};
use serde::Deserialize;
use thirtyfour::Key;

use crate::support::{Scene, dispatch, ended, for_engines, open, press, speaking_in};

for_engines!(places_are_found_marked_and_visited: Chromium, Firefox, WebKit);
for_engines!(without_highlights_the_row_is_marked: Chromium);

/// What the bar and the transcript show.
#[derive(Debug, Deserialize)]
struct Shown {
    count: String,
    /// The current place.
    current: Vec<String>,
    /// The other places in visible rows.
    others: Vec<String>,
    /// The turn with the current place, and whether it is visible.
    turn: Option<String>,
    is_visible: bool,
}

async fn places_are_found_marked_and_visited(engine: Engine) {
    let scene = with_turns(engine).await;
    let page = &scene.page;
    press(page, "/").await;
    assert_eq!(focused(page).await, "find-field");
    press(page, "cafe th").await;
    let shown = shown(page).await;
    assert_eq!(shown.count, "4 of 4");
    assert_eq!(shown.current, ["Café th"], "{shown:?}");
    assert_eq!(shown.turn.as_deref(), Some("60"));

    // Next goes on at the start; the hit is scrolled into view, and the page does not follow.
    press(page, Key::Enter).await;
    let first = wait_for_count(page, "1 of 4").await;
    assert_eq!(first.turn.as_deref(), Some("0"));
    assert!(first.is_visible, "{first:?}");
    page.browser
        .value::<()>(&dispatch(vec![
            ended(80, "Another café there."),
            open(81, "It", "grows"),
        ]))
        .await;
    let more = wait_for_count(page, "1 of 5").await;
    assert!(more.is_visible, "{more:?}");

    let keys = page.browser.driver.action_chain().key_down(Key::Shift);
    let keys = keys.send_keys(Key::Enter).key_up(Key::Shift);
    keys.perform().await.expect("keys can be pressed");
    let last = wait_for_count(page, "5 of 5").await;
    assert_eq!(last.turn.as_deref(), Some("80"));
    assert!(last.is_visible, "{last:?}");
    press(page, " x").await;
    let none = wait_for_count(page, "Nothing found").await;
    assert!(
        none.current.is_empty() && none.others.is_empty(),
        "{none:?}"
    );

    press(page, Key::Escape).await;
    let is_hidden: bool = page
        .browser
        .value("document.getElementById('find').hidden")
        .await;
    assert!(is_hidden);
    page.click_on("#find-button").await;
    assert_eq!(focused(page).await, "find-field");
    press(page, Key::Escape).await;
    assert_eq!(focused(page).await, "find-button");
}

async fn without_highlights_the_row_is_marked(engine: Engine) {
    let scene = speaking_in(engine, Setting::new()).await;
    let page = &scene.page;
    page.browser
        .value::<()>("void delete window.Highlight")
        .await;
    page.browser
        .value::<()>(&dispatch(vec![
            ended(0, "One word."),
            ended(1, "No other."),
        ]))
        .await;
    page.browser.wait_for(LOADED).await;
    press(page, "/").await;
    press(page, "word").await;
    wait_for_count(page, "1 of 1").await;
    let marked: Vec<String> = page.browser.value(MARKED_ROWS).await;
    assert_eq!(marked, ["0"]);
}

/// Opens a page with eighty turns, some of which have a café. Find is loaded.
async fn with_turns(engine: Engine) -> Scene {
    let scene = speaking_in(engine, Setting::new()).await;
    let turns = (0..80).map(|turn| match turn {
        0 | 20 | 40 | 60 => ended(turn, "We met in a 🎉 Cafe\u{301} there."),
        _ => ended(turn, "Some other words, and no place."),
    });
    let browser = &scene.page.browser;
    browser.value::<()>(&dispatch(turns.collect())).await;
    browser.wait_for(LOADED).await;
    scene
}

async fn focused(page: &Page) -> String {
    page.browser.value("document.activeElement.id").await
}

async fn wait_for_count(page: &Page, count: &str) -> Shown {
    let is_shown = format!("document.getElementById('find-count').textContent === {count:?}");
    page.browser.wait_for(&is_shown).await;
    page.browser.value::<()>(FRAMES).await;
    shown(page).await
}

async fn shown(page: &Page) -> Shown {
    page.browser.value(SHOWN).await
}

const LOADED: &str = "document.getElementById('find-button')";

/// The page scrolls in a few steps, one for each frame.
const FRAMES: &str = "new Promise((done) => {
    const frames = (left) => left ? requestAnimationFrame(() => frames(left - 1)) : done();
    frames(8);
})";

const SHOWN: &str = "(() => {
    const texts = (name) => [...(CSS.highlights.get(name) ?? [])].map(String);
    const [range] = CSS.highlights.get('found-now') ?? [];
    const place = range?.getBoundingClientRect();
    const { top, bottom } = document.getElementById('scroller').getBoundingClientRect();
    return {
        count: document.getElementById('find-count').textContent,
        current: texts('found-now').map((it) => it.normalize('NFC')),
        others: texts('found'),
        turn: range?.startContainer.parentElement.closest('.turn').dataset.turn ?? null,
        is_visible: Boolean(place) && place.top >= top && place.bottom <= bottom,
    };
})()";

const MARKED_ROWS: &str =
    "[...document.querySelectorAll('.found-now')].map((it) => it.dataset.turn)";
