//! The browser asks before a recording, or words, are left behind, and only then.

use inturn_tests::{browser::Engine, page::Page, stage::Setting};

use crate::support::{Scene, played_in, speaking_in};

played_in!(leaving_is_asked_about_while_something_would_be_lost: Chromium, Firefox, WebKit);
played_in!(a_crash_with_words_is_left_after_a_question: Chromium, Firefox, WebKit);
played_in!(a_crash_without_words_is_left_at_once: Chromium, Firefox, WebKit);

async fn leaving_is_asked_about_while_something_would_be_lost(engine: Engine) {
    let Scene { stage, page } = speaking_in(engine, Setting::new()).await;
    page.browser.value::<()>(COUNT_LISTENERS).await;
    assert_eq!(asks(&page).await, (false, 0), "nothing was recorded");

    // Given up before there are words: nothing is left to be lost.
    page.press().await;
    page.wait_for_state("starting").await;
    assert_eq!(asks(&page).await, (true, 1), "a recording begins");
    page.press().await;
    page.wait_for_state("idle").await;
    assert_eq!(asks(&page).await, (false, 0), "nothing was said");

    page.record().await;
    page.wait_for_words("one").await;
    assert_eq!(asks(&page).await, (true, 1), "somebody records");
    page.stop().await;
    assert_eq!(asks(&page).await, (true, 1), "words are on the page alone");

    // The driver says yes.
    page.browser
        .driver
        .refresh()
        .await
        .expect("it can be reloaded");
    page.wait_for_state("idle").await;
    page.browser.value::<()>(COUNT_LISTENERS).await;
    assert_eq!(asks(&page).await, (false, 0), "the page is new");
    stage.no_session_is_open().await;
}

async fn a_crash_with_words_is_left_after_a_question(engine: Engine) {
    let Scene { stage, page } = speaking_in(engine, Setting::new()).await;
    page.record().await;
    page.wait_for_words("one").await;
    crash(&page).await;
    assert!(asks(&page).await.0, "the words can still be copied");
    page.reload().await;
    stage.no_session_is_open().await;
}

async fn a_crash_without_words_is_left_at_once(engine: Engine) {
    let Scene { stage, page } = speaking_in(engine, Setting::new()).await;
    page.press().await;
    page.wait_for_state("starting").await;
    crash(&page).await;
    assert!(!asks(&page).await.0, "nothing is left to be lost");
    page.reload().await;
    stage.no_session_is_open().await;
}

async fn crash(page: &Page) {
    page.browser
        .value::<()>("void dispatchEvent(new CustomEvent('inturn:crash', { detail: { message: 'a test' } }))")
        .await;
    page.wait_for_state("crashed").await;
}

/// Whether the browser would ask, and how many listeners there are more than at first. Drivers answer the
/// question themselves, so the page is given the event that a browser would decide by.
async fn asks(page: &Page) -> (bool, i32) {
    page.browser
        .value(
            "((event) => {
                event.initEvent('beforeunload', false, true);
                dispatchEvent(event);
                return [event.defaultPrevented && event.returnValue !== '', window.listeners ?? 0];
            })(document.createEvent('BeforeUnloadEvent'))",
        )
        .await
}

const COUNT_LISTENERS: &str = "void ['add', 'remove'].forEach((verb) => {
    window.listeners = 0;
    const name = `${verb}EventListener`;
    // A script of Firefox's driver has an `EventTarget` of its own.
    const original = window.EventTarget.prototype[name];
    window.EventTarget.prototype[name] = function (event, ...rest) {
        if (event === 'beforeunload') window.listeners += verb === 'add' ? 1 : -1;
        return original.call(this ?? window, event, ...rest);
    };
})";
