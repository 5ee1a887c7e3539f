//! Several recordings were interrupted: the latest is offered, and all are marked in the list,
//! where each can be continued, exported and deleted.

use inturn_tests::{
    browser::{Browser, Engine, Microphone},
    page::Page,
    stage::Setting,
};

use crate::{
    files::wait_for_final_turns,
    history::{OFFERED, OPENED, act, open_list},
    page_states::{past, store},
    support::{for_engines, pausing_sound},
};

async fn each_can_be_continued_exported_and_deleted_in_the_list(engine: Engine) {
    let stage = Setting::new().open().await;
    let browser = Browser::open_in(engine, &Microphone::Repeats(pausing_sound())).await;
    store(&browser, &stage.url, &past()).await;
    let page = Page::load(browser, &stage.url).await;
    let browser = &page.browser;
    browser.wait_for(OFFERED).await;
    let offer: String = browser
        .value("document.getElementById('recovered-text').textContent")
        .await;
    assert!(
        offer.ends_with(". More are in Past transcripts."),
        "{offer}"
    );
    open_list(browser, 3).await;
    assert_eq!(marked(browser).await, [true, true, false]);

    act(browser, "export", 1).await;
    browser.wait_for(OPENED).await;
    browser
        .wait_for("document.activeElement.matches('#history-formats :first-child')")
        .await;
    act(browser, "back", 0).await;
    open_list(browser, 3).await;
    assert_eq!(marked(browser).await, [true, true, false]);

    act(browser, "continue", 1).await;
    page.wait_for_state("listening").await;
    let before = "document.querySelectorAll('#transcript [data-final=true]').length";
    let before: usize = browser.value(before).await;
    assert!(before >= 4, "the words before are on the page");
    wait_for_final_turns(&page, before + 1).await;
    page.stop().await;
    open_list(browser, 4).await;
    assert_eq!(marked(browser).await, [false, true, false, false]);
    let is_offered: bool = browser.value(OFFERED).await;
    assert!(is_offered, "it is of the other one");

    browser
        .value::<()>("void (window.confirm = () => true)")
        .await;
    let delete = "void document.querySelector('[data-interrupted] [data-act=delete]').click()";
    browser.value::<()>(delete).await;
    open_list(browser, 3).await;
    assert_eq!(marked(browser).await, [false; 3]);
    assert!(!browser.value::<bool>(OFFERED).await);
}
for_engines!(each_can_be_continued_exported_and_deleted_in_the_list: Chromium, Firefox);

/// Returns for each row whether it says that the recording was interrupted, and offers to go on.
async fn marked(browser: &Browser) -> Vec<bool> {
    browser.value(MARKED).await
}

const MARKED: &str = "[...document.querySelectorAll('#history-rows li')].map((row) => {
    const says = row.querySelector('small').textContent.endsWith(', interrupted');
    const offers = ['continue', 'export'].map(
        (act) => row.querySelector(`[data-act=${act}]`)?.checkVisibility() ?? false);
    if (offers.some((it) => it !== says)) throw new Error(row.outerHTML);
    return says;
})";
