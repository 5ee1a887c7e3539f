//! The placeholder disappears when words appear.

use inturn_tests::{
    browser::{Browser, Engine, Microphone},
    page::Page,
    speech,
    stage::Setting,
};

use crate::support::for_engines;

for_engines!(the_placeholder_disappears_when_words_appear: Chromium, Firefox, WebKit);

async fn the_placeholder_disappears_when_words_appear(engine: Engine) {
    let stage = Setting::new().open().await;
    let voice = Microphone::Repeats(speech::go_forward());
    let page = Page::load(Browser::open_in(engine, &voice).await, &stage.url).await;
    let is_shown = "document.getElementById('placeholder').checkVisibility()";
    // The placeholder is painted once before there are words.
    page.browser
        .value::<()>("new Promise((painted) => requestAnimationFrame(() => setTimeout(painted)))")
        .await;
    assert!(page.browser.value::<bool>(is_shown).await);
    let text = "document.getElementById('placeholder').textContent";
    let invitation = page.browser.value::<String>(text).await;
    assert!(invitation.contains("Press Record"), "{invitation}");
    page.record().await;
    let waiting = page.browser.value::<String>(text).await;
    assert!(
        !waiting.contains("Press Record"),
        "Record has been pressed: {waiting}"
    );
    page.wait_for_words("one").await;
    assert!(!page.browser.value::<bool>(is_shown).await);
    page.stop().await;
    assert!(!page.browser.value::<bool>(is_shown).await);
}
