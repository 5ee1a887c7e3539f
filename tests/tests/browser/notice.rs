//! The notice about the local service takes no room from the words, and stays dismissed.

use inturn_tests::{
    browser::{Browser, Microphone},
    page::Page,
    stage::Setting,
};
use thirtyfour::{By, Key};

use crate::{
    keyboard::tab_to,
    support::{dispatch, ended, press},
};

#[tokio::test(flavor = "multi_thread")]
async fn the_notice_stays_dismissed() {
    let stage = Setting::new().without_key().open().await;
    let page = Page::load(Browser::open(&Microphone::Missing).await, &stage.url).await;
    let text = notice(&page)
        .await
        .expect("without a key there is a notice");
    assert!(text.starts_with("Demo: "), "{text}");
    let focus = "document.getElementById('scroller').focus()";
    page.browser.value::<()>(focus).await;
    tab_to(&page, "notice-close").await;
    press(&page, Key::Space).await;
    assert_eq!(notice(&page).await, None);
    let focused: String = page.browser.value("document.activeElement.id").await;
    assert_eq!(
        focused, "scroller",
        "the focus must not be lost with the button"
    );

    let page = Page::load(page.browser, &stage.url).await;
    assert_eq!(notice(&page).await, None, "after a reload");
    // Another notice is shown.
    page.browser
        .value::<()>("void (localStorage['inturn.dismissed'] = 'Another notice.')")
        .await;
    let page = Page::load(page.browser, &stage.url).await;
    assert_eq!(notice(&page).await.as_deref(), Some(text.as_str()));
}

/// It is there to be read before a recording, and then gives its place to the words.
#[tokio::test(flavor = "multi_thread")]
async fn the_notice_takes_no_room_from_the_words() {
    let stage = Setting::new().without_key().open().await;
    let page = Page::load(Browser::open(&Microphone::Missing).await, &stage.url).await;
    assert!(notice(&page).await.is_some());
    let top = "document.getElementById('scroller').getBoundingClientRect().top";
    let before: f64 = page.browser.value(top).await;
    let words = dispatch(vec![ended(0, "Good morning.")]);
    page.browser.value::<()>(&words).await;
    assert_eq!(notice(&page).await, None);
    let after: f64 = page.browser.value(top).await;
    assert_eq!(before, after, "the transcript has the same place");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_storage_the_notice_can_be_dismissed_too() {
    let stage = Setting::new().without_key().open().await;
    let browser = Browser::open(&Microphone::Missing).await;
    browser.before_each_page(BLOCKED).await;
    let page = Page::load(browser, &stage.url).await;
    assert!(notice(&page).await.is_some());
    dismiss(&page).await;
    assert_eq!(notice(&page).await, None);
    let page = Page::load(page.browser, &stage.url).await;
    assert!(notice(&page).await.is_some(), "nothing could be stored");
}

async fn dismiss(page: &Page) {
    let button = page.browser.driver.find(By::Id("notice-close")).await;
    let clicked = button.expect("the button is on the page").click().await;
    clicked.expect("the button can be clicked");
}

async fn notice(page: &Page) -> Option<String> {
    page.browser
        .value(
            "((it) => it.checkVisibility() ? it.innerText.trim() : null)(
                document.getElementById('notice'))",
        )
        .await
}

const BLOCKED: &str = "Object.defineProperty(window, 'localStorage', {
    get() { throw new DOMException('refused', 'SecurityError'); },
})";
