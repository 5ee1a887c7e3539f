//! The button "New" starts a new transcript, and the old one is kept.

use inturn_tests::{browser::Engine, stage::Setting};

use crate::{
    files::wait_for_final_turns,
    history::open_list,
    leave_question::wait_until_stored,
    support::{Scene, dispatch, ended, for_engines, pausing_in},
};

async fn a_new_transcript_starts_afresh_and_the_old_one_is_kept(engine: Engine) {
    let Scene { page, stage } = pausing_in(engine, Setting::new()).await;
    page.browser
        .wait_for("document.getElementById('new-transcript')")
        .await;
    assert!(!page.browser.value::<bool>(IS_OFFERED).await, "no words");
    page.record().await;
    wait_for_final_turns(&page, 1).await;
    assert!(!page.browser.value::<bool>(IS_OFFERED).await, "recording");
    page.stop().await;
    // Otherwise the browser would ask.
    wait_until_stored(&page).await;
    page.browser
        .value::<()>("void document.body.classList.add('old')")
        .await;
    page.click_on("#new-transcript").await;
    page.wait_for_element("body:not(.old) #status[data-state='idle']")
        .await;
    assert!(page.turns().await.is_empty());
    open_list(&page.browser, 1).await;
    stage.no_session_is_open().await;
}
for_engines!(a_new_transcript_starts_afresh_and_the_old_one_is_kept: Chromium, Firefox);

/// After a crash the page only offers to copy the words and to reload.
async fn a_page_that_has_crashed_offers_no_new_transcript(engine: Engine) {
    let Scene {
        page,
        stage: _stage,
    } = pausing_in(engine, Setting::new()).await;
    let browser = &page.browser;
    let turns = vec![ended(0, "Good morning.")];
    browser.value::<()>(&dispatch(turns)).await;
    browser
        .wait_for("document.getElementById('new-transcript')")
        .await;
    browser.wait_for(IS_OFFERED).await;
    browser
        .value::<()>("void dispatchEvent(new CustomEvent('inturn:crash'))")
        .await;
    page.wait_for_state("crashed").await;
    assert!(!browser.value::<bool>(IS_OFFERED).await);
}
for_engines!(a_page_that_has_crashed_offers_no_new_transcript: Chromium, Firefox);

const IS_OFFERED: &str = "document.getElementById('new-transcript').checkVisibility()";
