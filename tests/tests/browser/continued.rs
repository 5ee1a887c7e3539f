//! A stored recording is put back on the page, and the next one is below it.

use inturn_tests::{
    browser::{Engine, Microphone},
    page::{Page, Turn},
    stage::Setting,
};

use crate::{
    files::wait_for_final_turns,
    history::{LENGTHS, OFFERED, OPENED, act, open_list},
    support::{Scene, for_engines, pausing_in, pausing_sound},
};

async fn an_interrupted_recording_goes_on(engine: Engine) {
    let Scene { page, mut stage } = pausing_in(engine, Setting::new()).await;
    stage.disturb("the recording is interrupted");
    page.record().await;
    wait_for_final_turns(&page, 2).await;
    let before = finals(&page).await;
    let microphone = Microphone::Repeats(pausing_sound());
    let browser = page.browser.kill_and_restart(&microphone).await;
    let page = Page::load(browser, &stage.url).await;
    page.browser.wait_for(OFFERED).await;

    act(&page.browser, "recovered-continue", 0).await;
    page.wait_for_state("listening").await;
    let hidden = "document.querySelector('[data-act=recovered-continue]').checkVisibility()";
    assert!(!page.browser.value::<bool>(hidden).await);
    wait_for_final_turns(&page, before.len() + 1).await;
    page.stop().await;
    let after = finals(&page).await;
    assert_eq!(after[..before.len()], before);
    // The numbers of session and turn identify a row, for Find and for edits.
    let mut ids: Vec<_> = after.iter().map(|it| (it.session, it.turn)).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), after.len(), "{after:?}");
    let headings = page.browser.value::<Vec<String>>(LENGTHS).await;
    assert_eq!(headings.len(), 2);
    assert!(headings.iter().all(|it| it.contains(':')), "{headings:?}");

    // Both are in the list, and neither is offered. What is on the page is not doubled.
    open_list(&page.browser, 2).await;
    act(&page.browser, "open", 1).await;
    page.browser.wait_for(OPENED).await;
    act(&page.browser, "continue", 0).await;
    wait_for_final_turns(&page, after.len() + 1).await;
    page.stop().await;
    assert_eq!(finals(&page).await[..after.len()], after);
    let page = Page::load(page.browser, &stage.url).await;
    open_list(&page.browser, 3).await;
    assert!(!page.browser.value::<bool>(OFFERED).await);

    // A page has one transcript.
    page.record().await;
    wait_for_final_turns(&page, 1).await;
    page.stop().await;
    open_list(&page.browser, 4).await;
    act(&page.browser, "open", 3).await;
    page.browser.wait_for(OPENED).await;
    act(&page.browser, "continue", 0).await;
    page.browser
        .wait_for("document.getElementById('edit-note')?.textContent.startsWith('This page has')")
        .await;
    assert_eq!(page.state().await, "idle");
}
for_engines!(an_interrupted_recording_goes_on: Chromium, Firefox);

async fn finals(page: &Page) -> Vec<Turn> {
    let mut turns = page.turns().await;
    turns.retain(|turn| turn.is_final);
    turns
}
