//! After a crash the words can be copied with one press.

use inturn_tests::{
    browser::{Browser, Microphone},
    page::Page,
    stage::Setting,
};
use thirtyfour::By;

use crate::support::{dispatch, ended, open};

#[tokio::test(flavor = "multi_thread")]
async fn the_words_can_be_copied_after_a_crash() {
    let stage = Setting::new().open().await;
    let mut page = Page::load(Browser::open(&Microphone::Missing).await, &stage.url).await;
    show_words(&page).await;
    page.browser.value::<()>(&copying_by(KEEPS)).await;
    crash(&page).await;
    press_copy(&page).await;
    page.browser
        .wait_for("document.querySelector('#problem button').textContent === 'Copied'")
        .await;
    let copied: String = page.browser.value("window.copied").await;
    assert_eq!(copied, "Good morning.\nShall we begin");

    // If the browser refuses, the text is selected so that it can be copied by keyboard.
    page = Page::load(page.browser, &stage.url).await;
    show_words(&page).await;
    page.browser.value::<()>(&copying_by(REFUSES)).await;
    crash(&page).await;
    press_copy(&page).await;
    page.browser
        .wait_for("getSelection().toString().includes('Shall we begin')")
        .await;

    // Without words there is nothing to copy.
    page = Page::load(page.browser, &stage.url).await;
    crash(&page).await;
    let offered: bool = page
        .browser
        .value("document.querySelector('#problem button') !== null")
        .await;
    assert!(!offered);
}

async fn show_words(page: &Page) {
    let events = vec![ended(0, "Good morning."), open(1, "Shall we", "begin")];
    page.browser.value::<()>(&dispatch(events)).await;
}

async fn crash(page: &Page) {
    page.browser
        .value::<()>("void dispatchEvent(new CustomEvent('inturn:crash', { detail: 'a test' }))")
        .await;
    page.wait_for_state("crashed").await;
}

async fn press_copy(page: &Page) {
    let button = page.browser.driver.find(By::Css("#problem button")).await;
    let pressed = button.expect("the button is shown").click().await;
    pressed.expect("the button can be clicked");
}

fn copying_by(function: &str) -> String {
    format!(
        "void Object.defineProperty(
            navigator, 'clipboard', {{ value: {{ writeText: {function} }} }})"
    )
}

const KEEPS: &str = "async (text) => void (window.copied = text)";

const REFUSES: &str = "async () => { throw new DOMException('refused', 'NotAllowedError'); }";
