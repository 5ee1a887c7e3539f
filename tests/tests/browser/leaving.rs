//! Leaving the page closes the session.

use inturn_emulator::{ClosedBy, SessionLog};
use inturn_tests::{browser::Engine, stage::Setting};

use crate::support::{Scene, for_engines, speaking_in};

for_engines!(going_to_another_page_ends_the_session: Chromium, Firefox);
for_engines!(reloading_the_page_ends_the_session: Chromium, Firefox);
for_engines!(closing_the_tab_ends_the_session: Chromium, Firefox);
for_engines!(after_going_back_the_page_can_record_again: Chromium, Firefox);

async fn going_to_another_page_ends_the_session(engine: Engine) {
    let Scene { stage, page } = speaking_in(engine, Setting::new()).await;
    page.record().await;
    page.wait_for_words("one").await;
    page.browser.go_to("about:blank").await;
    let log = stage.closed_session(1).await;
    assert_has_ended(engine, &log);
}

async fn reloading_the_page_ends_the_session(engine: Engine) {
    let Scene { stage, page } = speaking_in(engine, Setting::new()).await;
    page.record().await;
    page.wait_for_words("one").await;
    page.browser
        .driver
        .refresh()
        .await
        .expect("the page can be reloaded");
    let log = stage.closed_session(1).await;
    assert_has_ended(engine, &log);
    page.wait_for_state("idle").await;
}

async fn closing_the_tab_ends_the_session(engine: Engine) {
    let Scene { stage, page } = speaking_in(engine, Setting::new()).await;
    page.browser
        .driver
        .new_tab()
        .await
        .expect("another tab keeps the browser alive");
    page.record().await;
    page.wait_for_words("one").await;
    page.browser
        .driver
        .close_window()
        .await
        .expect("the tab can be closed");
    let log = stage.closed_session(1).await;
    assert_has_ended(engine, &log);
}

async fn after_going_back_the_page_can_record_again(engine: Engine) {
    let Scene { stage, page } = speaking_in(engine, Setting::new()).await;
    page.record().await;
    page.wait_for_words("one").await;
    page.browser.go_to("about:blank").await;
    stage.closed_session(1).await;
    page.browser.back().await;
    page.wait_for_state("idle").await;
    let open: bool = page
        .browser
        .value("document.querySelector('#transcript [data-final=false]') !== null")
        .await;
    assert!(!open, "a turn of the closed session is still open");

    page.record().await;
    page.wait_for_state("listening").await;
    page.press().await;
    page.wait_for_state("idle").await;
    let log = stage.closed_session(2).await;
    assert!(log.terminated, "{log:?}");
}

/// Asserts that the page has ended the session.
fn assert_has_ended(engine: Engine, log: &SessionLog) {
    let by = log.closed.as_ref().map(|closed| closed.by);
    // Firefox may terminate a worker before it has read the page's last message. Then Firefox
    // closes the worker's socket.
    let is_cut = engine == Engine::Firefox && by == Some(ClosedBy::Client);
    assert!(log.terminated || is_cut, "{log:?}");
}
