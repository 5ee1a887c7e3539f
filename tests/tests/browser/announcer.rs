//! Finished turns are announced to screen readers, each once, and only if that setting is on.

use inturn_client_core::session::Event;
use inturn_tests::{
    browser::{Browser, Microphone},
    page::Page,
    stage::Setting,
};
use thirtyfour::By;

use crate::support::{dispatch, ended, open};

#[tokio::test(flavor = "multi_thread")]
async fn finished_turns_are_announced_once_and_only_on_request() {
    let stage = Setting::new().open().await;
    let page = Page::load(Browser::open(&Microphone::Missing).await, &stage.url).await;
    page.browser.value::<()>(WATCH).await;
    receive(
        &page,
        &[
            open(0, "", "one"),
            open(0, "", "one two"),
            ended(0, "One two."),
        ],
    )
    .await;
    assert_eq!(announced(&page).await, [""; 0], "the setting is off");
    assert!(!page.browser.value::<bool>(IN_LIVE_REGION).await);

    turn_on(&page).await;
    receive(&page, &[open(1, "", "three"), open(1, "", "three four")]).await;
    assert_eq!(announced(&page).await, [""; 0], "a partial is not finished");
    // First unformatted, then formatted.
    receive(&page, &[ended(1, "three four"), ended(1, "Three four.")]).await;
    assert_eq!(announced(&page).await, ["three four"]);
    receive(
        &page,
        &[ended(2, "Five."), ended(3, "Six."), ended(4, "Seven.")],
    )
    .await;
    assert_eq!(
        announced(&page).await,
        ["three four", "Five.", "Six.", "Seven."]
    );
    let kept: u32 = page
        .browser
        .value("document.getElementById('announcer').childElementCount")
        .await;
    assert!(
        kept <= 3,
        "the live region must not keep the whole transcript: {kept}"
    );

    // It is stored and reset like the other settings.
    let page = Page::load(page.browser, &stage.url).await;
    assert!(page.browser.value::<bool>("announce.checked").await);
    page.browser.value::<()>(WATCH).await;
    receive(&page, &[ended(0, "Eight.")]).await;
    assert_eq!(announced(&page).await, ["Eight."]);
    page.browser
        .value::<()>("void document.getElementById('settings-reset').click()")
        .await;
    receive(&page, &[ended(1, "Nine.")]).await;
    assert_eq!(announced(&page).await, ["Eight."]);
    let page = Page::load(page.browser, &stage.url).await;
    assert!(!page.browser.value::<bool>("announce.checked").await);
}

async fn turn_on(page: &Page) {
    for id in ["settings-button", "announce"] {
        let element = page.browser.driver.find(By::Id(id)).await;
        let clicked = element.expect("the element is on the page").click().await;
        clicked.unwrap_or_else(|error| panic!("{id} can't be clicked: {error}"));
    }
}

async fn receive(page: &Page, turns: &[Event]) {
    page.browser.value::<()>(&dispatch(turns.to_vec())).await;
}

/// Returns all texts that were added to the live region.
async fn announced(page: &Page) -> Vec<String> {
    // Mutation observers run after the script that made a change.
    page.browser
        .value("new Promise((done) => setTimeout(() => done(window.announced)))")
        .await
}

const WATCH: &str = "window.announced = [], void new MutationObserver((changes) => {
    for (const change of changes)
        for (const node of change.addedNodes)
            if (node.nodeType === Node.ELEMENT_NODE) window.announced.push(node.textContent);
}).observe(document.getElementById('announcer'), { childList: true, subtree: true })";

/// Whether the transcript is in a live region.
const IN_LIVE_REGION: &str = "document.querySelector('#transcript .text')
    .closest('[aria-live], [role=log], [role=status], [role=alert], [role=timer]') !== null";
