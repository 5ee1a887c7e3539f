//! The browser asks before the page is left during a recording or with words, and only then.

use inturn_tests::{browser::Engine, page::Page, stage::Setting};

use crate::{
    editing::{FIRST, NAMING, NOTE, edit, write},
    export_scene,
    support::{Scene, for_engines, speaking_in},
};

for_engines!(the_browser_asks_only_if_something_would_be_lost: Chromium, Firefox, WebKit);
for_engines!(the_browser_asks_about_what_a_person_is_writing: Chromium, Firefox);
for_engines!(after_a_crash_with_words_the_browser_asks: Chromium, Firefox, WebKit);
for_engines!(after_a_crash_without_words_the_browser_does_not_ask: Chromium, Firefox, WebKit);

async fn the_browser_asks_only_if_something_would_be_lost(engine: Engine) {
    let Scene { stage, page } = speaking_in(engine, Setting::new()).await;
    page.browser.value::<()>(COUNT_LISTENERS).await;
    assert_eq!(asks(&page).await, (false, 0), "nothing was recorded");

    // Cancelled before the microphone is there, so without words.
    page.browser.value::<()>(WITHHOLD_MICROPHONE).await;
    page.press().await;
    page.wait_for_state("starting").await;
    assert_eq!(asks(&page).await, (true, 1), "a recording is starting");
    page.press().await;
    page.wait_for_state("idle").await;
    assert_eq!(asks(&page).await, (false, 0), "there are no words");
    page.browser.value::<()>(GRANT_MICROPHONE).await;

    page.record().await;
    page.wait_for_words("one").await;
    assert_eq!(asks(&page).await, (true, 1), "a recording is running");
    page.stop().await;
    let is_only_here = engine == Engine::WebKit;
    if !is_only_here {
        wait_until_stored(&page).await;
    }
    assert_eq!(
        asks(&page).await,
        (is_only_here, i32::from(is_only_here)),
        "WebKitGTK has no storage"
    );

    // The driver confirms the question.
    page.browser
        .driver
        .refresh()
        .await
        .expect("the page can be reloaded");
    page.wait_for_state("idle").await;
    page.browser.value::<()>(COUNT_LISTENERS).await;
    assert_eq!(asks(&page).await, (false, 0), "the page is new");
    stage.no_session_is_open().await;
}

/// The recording is stored as far as the page knows.
async fn the_browser_asks_about_what_a_person_is_writing(engine: Engine) {
    let events = [export_scene::meeting(), export_scene::end()].concat();
    let Scene {
        page,
        stage: _stage,
    } = edit(engine, events).await;
    page.click_on(FIRST).await;
    assert!(!asks(&page).await.0, "nothing was written");
    write(&page, "Good evening").await;
    assert!(asks(&page).await.0, "a line is not saved");
    let note: String = page.browser.value(NOTE).await;
    assert_eq!(note, "Line corrected.", "leaving saves it");
    wait_until_stored(&page).await;

    page.click_on("[data-turn='0'] .speaker").await;
    page.browser.wait_for(NAMING).await;
    write(&page, "An").await;
    assert!(asks(&page).await.0, "a name is not saved");
    let note: String = page.browser.value(NOTE).await;
    assert_eq!(note, "Name changed.", "leaving saves it");
    wait_until_stored(&page).await;
}

/// Waits until the browser would not ask.
pub(crate) async fn wait_until_stored(page: &Page) {
    for _ in 0..ATTEMPTS {
        if !asks(page).await.0 {
            return;
        }
    }
    panic!("the words are not stored");
}

async fn after_a_crash_with_words_the_browser_asks(engine: Engine) {
    let Scene { stage, page } = speaking_in(engine, Setting::new()).await;
    page.record().await;
    page.wait_for_words("one").await;
    crash(&page).await;
    assert!(asks(&page).await.0, "the words can still be copied");
    page.reload().await;
    stage.no_session_is_open().await;
}

async fn after_a_crash_without_words_the_browser_does_not_ask(engine: Engine) {
    let Scene { stage, page } = speaking_in(engine, Setting::new()).await;
    page.browser.value::<()>(WITHHOLD_MICROPHONE).await;
    page.press().await;
    page.wait_for_state("starting").await;
    crash(&page).await;
    assert!(!asks(&page).await.0, "there are no words to lose");
    page.reload().await;
    stage.no_session_is_open().await;
}

async fn crash(page: &Page) {
    page.browser
        .value::<()>(
            "void dispatchEvent(
                new CustomEvent('inturn:crash', { detail: { message: 'a test' } }))",
        )
        .await;
    page.wait_for_state("crashed").await;
}

/// Returns whether the browser would ask, and the change in the number of listeners. Drivers answer
/// the question themselves, so the test dispatches the event and checks its result.
pub(crate) async fn asks(page: &Page) -> (bool, i32) {
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

/// Each takes a call of the driver: some milliseconds.
const ATTEMPTS: usize = 1_000;

/// Lets a request for the microphone wait, like a prompt that is not answered.
const WITHHOLD_MICROPHONE: &str =
    "void (navigator.mediaDevices.getUserMedia = () => new Promise(() => {}))";

const GRANT_MICROPHONE: &str = "void delete navigator.mediaDevices.getUserMedia";

const COUNT_LISTENERS: &str = "void ['add', 'remove'].forEach((verb) => {
    window.listeners = 0;
    const name = `${verb}EventListener`;
    // Scripts of geckodriver have a separate `EventTarget`.
    const original = window.EventTarget.prototype[name];
    window.EventTarget.prototype[name] = function (event, ...rest) {
        if (event === 'beforeunload') window.listeners += verb === 'add' ? 1 : -1;
        return original.call(this ?? window, event, ...rest);
    };
})";
