//! The view follows the newest words, even if it is a few pixels off. After scrolling up, it stays.

use inturn_client_core::session::Event;
use inturn_tests::{browser::Engine, page::Page, stage::Setting};

use crate::support::{Scene, dispatch, ended, for_engines, speaking_in};

for_engines!(the_newest_words_are_followed_from_a_few_pixels_off: Chromium, Firefox, WebKit);

async fn the_newest_words_are_followed_from_a_few_pixels_off(engine: Engine) {
    let Scene {
        page,
        stage: _stage,
    } = speaking_in(engine, Setting::new()).await;
    let turns = (0..80).map(turn).collect();
    page.browser.value::<()>(&dispatch(turns)).await;
    for (order, off_px) in [(80, 0), (81, 3), (82, 20)] {
        scroll_to(&page, -off_px).await;
        page.browser.value::<()>(&dispatch(vec![turn(order)])).await;
        page.browser.value::<()>(FRAMES).await;
        let gap: f64 = page.browser.value(BELOW_THE_END).await;
        assert!(gap.abs() < 2.0, "{off_px} px off: the end is {gap} px away");
    }

    scroll_to(&page, -400).await;
    let before: f64 = page.browser.value(FIFTIETH_TOP).await;
    page.browser.value::<()>(&dispatch(vec![turn(83)])).await;
    page.browser.value::<()>(FRAMES).await;
    let after: f64 = page.browser.value(FIFTIETH_TOP).await;
    assert!(
        (before - after).abs() < 2.0,
        "it moved from {before} to {after}"
    );
}

async fn scroll_to(page: &Page, top: i32) {
    let script = format!("void (document.getElementById('scroller').scrollTop = {top})");
    page.browser.value::<()>(&script).await;
    page.browser.value::<()>(FRAMES).await;
}

fn turn(order: u32) -> Event {
    ended(order, &format!("Turn {order} has some words."))
}

/// Waits until the page has handled a change and the browser has drawn it.
const FRAMES: &str = "new Promise((done) => {
    const frames = (left) => left ? requestAnimationFrame(() => frames(left - 1)) : done();
    frames(3);
})";

/// Distance of the transcript's end below the visible part.
const BELOW_THE_END: &str = "document.getElementById('transcript').getBoundingClientRect().bottom
    - document.getElementById('scroller').getBoundingClientRect().bottom";

const FIFTIETH_TOP: &str =
    "document.querySelector('[data-turn=\"70\"]').getBoundingClientRect().top";
