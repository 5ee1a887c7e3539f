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
    let is_shown = "document.getElementById('placeholder').checkVisibility()";
    // Painted once, as for a person, before there is anything else to show.
    page.browser
        .value::<()>("new Promise((painted) => requestAnimationFrame(() => setTimeout(painted)))")
        .await;
    assert!(page.browser.value::<bool>(is_shown).await);
    let says = "document.getElementById('placeholder').textContent";
    let invites = page.browser.value::<String>(says).await;
    assert!(invites.contains("Press Record"), "{invites}");
    page.record().await;
    let waits = page.browser.value::<String>(says).await;
    assert!(
        !waits.contains("Press Record"),
        "Record has been pressed: {waits}"
    );
    page.wait_for_words("one").await;
    assert!(!page.browser.value::<bool>(is_shown).await);
    page.stop().await;
    assert!(!page.browser.value::<bool>(is_shown).await);
}
