//! The view follows the newest words, even if it is a few pixels off. After scrolling up, and while
//! text is selected, it stays, and a button leads back to the newest words.

use inturn_client_core::session::Event;
use inturn_tests::{browser::Engine, page::Page, stage::Setting};

use crate::support::{Scene, dispatch, ended, for_engines, open, speaking_in};

for_engines!(the_newest_words_are_followed_from_a_few_pixels_off: Chromium, Firefox, WebKit);
for_engines!(a_button_leads_to_the_newest_words: Chromium, Firefox, WebKit);
for_engines!(selected_lines_do_not_move: Chromium, Firefox, WebKit);

async fn the_newest_words_are_followed_from_a_few_pixels_off(engine: Engine) {
    let scene = with_turns(engine).await;
    let page = &scene.page;
    for (order, off_px) in [(80, 0), (81, 3), (82, 20)] {
        scroll_to(page, -off_px).await;
        show(page, vec![turn(order)]).await;
        assert_at_the_end(page, &format!("from {off_px} px off")).await;
    }
}

async fn a_button_leads_to_the_newest_words(engine: Engine) {
    let scene = with_turns(engine).await;
    let page = &scene.page;
    assert_eq!(jump(page).await, None);
    scroll_to(page, -400).await;
    assert_eq!(jump(page).await.as_deref(), Some("Jump to newest"));
    let before = top_of(page, 70).await;
    // One turn begins, changes and ends: it counts once.
    let begins = [open(80, "A turn", ""), open(80, "A turn", "begins")];
    show(page, begins.into_iter().chain([turn(80)]).collect()).await;
    assert_eq!(jump(page).await.as_deref(), Some("Jump to newest (1)"));
    show(page, vec![turn(81), open(82, "Another", "one")]).await;
    assert_eq!(jump(page).await.as_deref(), Some("Jump to newest (3)"));
    let after = top_of(page, 70).await;
    assert!((before - after).abs() < 2.0, "from {before} to {after}");

    page.click_on("#jump").await;
    page.browser.value::<()>(FRAMES).await;
    assert_eq!(jump(page).await, None);
    show(page, vec![turn(82), turn(83)]).await;
    assert_at_the_end(page, "after the button").await;

    for again in [PRESS_END, SCROLL_TO_THE_END] {
        scroll_to(page, -400).await;
        show(page, vec![open(84, "More", "words")]).await;
        page.browser.value::<()>(again).await;
        page.browser.value::<()>(FRAMES).await;
        assert_eq!(jump(page).await, None, "{again}");
        show(page, vec![turn(84), turn(85)]).await;
        assert_at_the_end(page, again).await;
    }
}

async fn selected_lines_do_not_move(engine: Engine) {
    let scene = with_turns(engine).await;
    let page = &scene.page;
    page.browser.value::<()>(SELECT_A_TURN).await;
    page.browser.value::<()>(FRAMES).await;
    let before = top_of(page, 78).await;
    for order in 80..86 {
        show(page, vec![open(order, "Some", "words"), turn(order)]).await;
        let after = top_of(page, 78).await;
        assert!((before - after).abs() < 2.0, "from {before} to {after}");
    }
    assert_eq!(jump(page).await.as_deref(), Some("Jump to newest (6)"));
    page.click_on("#jump").await;
    show(page, vec![turn(86)]).await;
    assert_at_the_end(page, "after the button").await;
}

/// Opens a page with eighty turns, once its scripts are loaded.
async fn with_turns(engine: Engine) -> Scene {
    let scene = speaking_in(engine, Setting::new()).await;
    let browser = &scene.page.browser;
    browser.wait_for("document.getElementById('jump')").await;
    show(&scene.page, (0..80).map(turn).collect()).await;
    scene
}

async fn show(page: &Page, events: Vec<Event>) {
    page.browser.value::<()>(&dispatch(events)).await;
    page.browser.value::<()>(FRAMES).await;
}

async fn scroll_to(page: &Page, top: i32) {
    let script = format!("void (document.getElementById('scroller').scrollTop = {top})");
    page.browser.value::<()>(&script).await;
    page.browser.value::<()>(FRAMES).await;
}

async fn assert_at_the_end(page: &Page, when: &str) {
    let gap: f64 = page.browser.value(BELOW_THE_END).await;
    assert!(gap.abs() < 2.0, "{when}: the end is {gap} px away");
}

/// Returns the text of the button, if it is visible.
async fn jump(page: &Page) -> Option<String> {
    let script = "((jump) => jump.hidden ? null : jump.textContent)(
        document.getElementById('jump'))";
    page.browser.value(script).await
}

async fn top_of(page: &Page, turn: u32) -> f64 {
    let script =
        format!("document.querySelector('[data-turn=\"{turn}\"]').getBoundingClientRect().top");
    page.browser.value(&script).await
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

const PRESS_END: &str = "void document.body.dispatchEvent(
    new window.KeyboardEvent('keydown', { key: 'End', bubbles: true }))";

const SCROLL_TO_THE_END: &str = "void (document.getElementById('scroller').scrollTop = 0)";

const SELECT_A_TURN: &str =
    "void getSelection().selectAllChildren(document.querySelector('[data-turn=\"78\"] .firm'))";
