//! The notice about demo mode can be dismissed, and stays dismissed in the tab.

use inturn_tests::{
    browser::{Browser, Microphone},
    page::Page,
    stage::Setting,
};
use thirtyfour::By;

#[tokio::test(flavor = "multi_thread")]
async fn the_notice_about_demo_mode_stays_dismissed_in_its_tab() {
    let stage = Setting::new().without_key().open().await;
    let page = Page::load(Browser::open(&Microphone::Missing).await, &stage.url).await;
    let text = notice(&page)
        .await
        .expect("without a key there is a notice");
    assert!(text.starts_with("Demo mode: "), "{text}");
    dismiss(&page).await;
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
        .value::<()>("void (sessionStorage['inturn.dismissed'] = 'Demo mode of another kind.')")
        .await;
    let page = Page::load(page.browser, &stage.url).await;
    assert_eq!(notice(&page).await.as_deref(), Some(text.as_str()));
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
            "((it) => it.hidden ? null : it.innerText.trim())(document.getElementById('notice'))",
        )
        .await
}

const BLOCKED: &str = "Object.defineProperty(window, 'sessionStorage', {
    get() { throw new DOMException('refused', 'SecurityError'); },
})";
