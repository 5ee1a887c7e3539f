//! One tab of a browser records at a time.

use inturn_tests::{
    browser::Engine,
    page::Page,
    proxy::Proxy,
    stage::{Setting, Stage},
};
use thirtyfour::WindowHandle;

use crate::{
    crash::CORRUPT_PAGE,
    support::{Scene, for_engines, pausing, speaking_in},
};

for_engines!(a_second_tab_says_that_another_one_records: Chromium, Firefox, WebKit);
for_engines!(after_the_recording_tab_is_left_or_closed_another_one_records: Chromium, Firefox);
for_engines!(a_browser_without_locks_records: Chromium);

async fn a_second_tab_says_that_another_one_records(engine: Engine) {
    let Scene { stage, page } = speaking_in(engine, Setting::new()).await;
    page.record().await;
    page.wait_for_words("one").await;
    let tokens = tokens(&stage).await;
    let first = another_tab(&page, &stage.url).await;

    page.click().await;
    let problem = page.wait_for_problem().await;
    assert_eq!(problem.kind, "recorded-elsewhere");
    assert_eq!(
        problem.sentence,
        "Another tab of this browser is recording. Stop it there, then press Record here."
    );
    assert_eq!(page.state().await, "idle");
    let streams: u32 = page.browser.value("window.watch.streams.length").await;
    assert_eq!(streams, 0, "the microphone was opened");
    assert_eq!(self::tokens(&stage).await, tokens);
    assert_eq!(stage.service.sessions().len(), 1);

    let second = page.browser.driver.window().await.expect("a tab");
    select(&page, first).await;
    assert_eq!(page.state().await, "listening");
    page.press().await;
    page.wait_for_state("idle").await;
    assert_eq!(page.problem().await, None);
    stage.closed_session(1).await;

    if engine == Engine::WebKit {
        // Its driver opens tabs in the background, where WebKit opens no microphone.
        let closed = page.browser.driver.close_window().await;
        closed.expect("the tab can be closed");
    }
    select(&page, second).await;
    page.record().await;
    assert_eq!(page.problem().await, None);
    page.stop().await;
    assert!(stage.closed_session(2).await.terminated);
}

async fn after_the_recording_tab_is_left_or_closed_another_one_records(engine: Engine) {
    let Scene { stage, page } = speaking_in(engine, Setting::new()).await;
    page.record().await;
    page.browser.go_to("about:blank").await;
    stage.closed_session(1).await;
    let first = another_tab(&page, &stage.url).await;
    page.record().await;

    page.browser
        .driver
        .close_window()
        .await
        .expect("the tab can be closed");
    stage.closed_session(2).await;
    select(&page, first).await;
    page.browser.go_to(&stage.url).await;
    page.wait_for_state("idle").await;
    page.record().await;
    page.stop().await;
    assert!(stage.closed_session(3).await.terminated);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_crash_another_tab_records() {
    let Scene { stage, page } = speaking_in(Engine::Chromium, Setting::new()).await;
    page.record().await;
    page.browser.value::<()>(CORRUPT_PAGE).await;
    page.wait_for_state("crashed").await;
    stage.closed_session(1).await;
    another_tab(&page, &stage.url).await;
    page.record().await;
    page.stop().await;
    assert!(stage.closed_session(2).await.terminated);
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_at_different_prefixes_have_different_locks() {
    let Scene { stage, page } = pausing(Setting::new()).await;
    assert_eq!(lock_while_recording(&page).await, ["inturn recording /"]);
    let proxy = Proxy::start(&stage.url, "/team/scribe/").await;
    let page = Page::load(page.browser, &proxy.url).await;
    assert_eq!(
        lock_while_recording(&page).await,
        ["inturn recording /team/scribe/"]
    );
}

async fn a_browser_without_locks_records(engine: Engine) {
    let Scene { stage, page } = speaking_in(engine, Setting::new()).await;
    for locks in [
        "undefined",
        "{ request: () => Promise.reject(new DOMException('no', 'SecurityError')) }",
        "{ request() { throw new DOMException('no', 'InvalidStateError'); } }",
    ] {
        page.browser
            .value::<()>(&format!(
                "void Object.defineProperty(navigator, 'locks', {{ value: {locks}, \
                 configurable: true }})"
            ))
            .await;
        page.record().await;
        assert_eq!(page.problem().await, None, "{locks}");
        page.stop().await;
    }
    assert!(stage.closed_session(3).await.terminated);
}

/// Opens the page in another tab and selects that. Returns the tab that was selected before.
async fn another_tab(page: &Page, url: &str) -> WindowHandle {
    let before = page.browser.driver.window().await.expect("a tab");
    page.browser.open_tab().await;
    page.browser.go_to(url).await;
    page.wait_for_state("idle").await;
    before
}

async fn select(page: &Page, tab: WindowHandle) {
    page.browser
        .driver
        .switch_to_window(tab)
        .await
        .expect("the tab can be selected");
}

/// Returns the tokens that the server has handed out and refused.
async fn tokens(stage: &Stage) -> Vec<String> {
    let metrics = stage.metrics().await;
    let lines = metrics
        .lines()
        .filter(|line| line.starts_with("inturn_tokens_total"));
    lines.map(str::to_owned).collect()
}

/// Returns the locks that are held during a recording. There are none before and after it.
async fn lock_while_recording(page: &Page) -> Vec<String> {
    assert!(locks(page).await.is_empty());
    page.record().await;
    let held = locks(page).await;
    page.stop().await;
    for name in &held {
        // Waits until the lock is free.
        let taken = format!("navigator.locks.request('{name}', () => {{}})");
        page.browser.value::<()>(&taken).await;
    }
    held
}

async fn locks(page: &Page) -> Vec<String> {
    page.browser
        .value("navigator.locks.query().then(({ held }) => held.map((lock) => lock.name))")
        .await
}
