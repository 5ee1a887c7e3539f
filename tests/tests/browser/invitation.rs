//! What stands where the words will be makes room for them.

use inturn_tests::{
    browser::{Browser, Engine, Microphone},
    page::Page,
    speech,
    stage::Setting,
};

use crate::support::played_in;

played_in!(the_invitation_goes_when_words_come: Chromium, Firefox, WebKit);

async fn the_invitation_goes_when_words_come(engine: Engine) {
    let stage = Setting::new().open().await;
    let voice = Microphone::Repeats(speech::go_forward());
    let page = Page::load(Browser::open_in(engine, &voice).await, &stage.url).await;
    let is_shown = "document.querySelector('.empty').checkVisibility()";
    // Painted once, as for a person, before there is anything else to show.
    page.browser
        .value::<()>("new Promise((painted) => requestAnimationFrame(() => setTimeout(painted)))")
        .await;
    assert!(page.browser.value::<bool>(is_shown).await);
    page.record().await;
    page.wait_for_words("one").await;
    assert!(!page.browser.value::<bool>(is_shown).await);
    page.stop().await;
    assert!(!page.browser.value::<bool>(is_shown).await);
}
