//! Every final turn that the page has shown is stored, however the recording is interrupted.

use inturn_tests::{
    browser::{Browser, Engine, Microphone},
    page::{Page, Turn},
    stage::{Setting, Stage},
};

use crate::{
    files::{assert_has, file_names, files, wait_for_final_turns},
    history::{act, open_list},
    page_states::{past, store},
    panics::{self, RECORD_MESSAGES, assert_stays_crashed, command_recorder},
    support::{Scene, for_engines, pausing_in},
};

async fn the_browser_is_killed(engine: Engine) {
    let (page, stage, turns) = recording(engine, Setting::new()).await;
    let browser = page.browser.kill_and_restart(&Microphone::Missing).await;
    browser.go_to(&stage.url).await;
    assert_is_kept(&browser, &turns).await;
}
for_engines!(the_browser_is_killed: Chromium, Firefox);

async fn the_recorder_panics(engine: Engine) {
    let client = tempfile::tempdir().expect("a temporary folder");
    panics::copy_client(client.path());
    let setting = Setting::new().with_client(client.path());
    let (page, stage, turns) = recording(engine, setting).await;
    page.browser.value::<()>(RECORD_MESSAGES).await;
    command_recorder(&page, "panic").await;
    page.wait_for_state("crashed").await;
    assert_stays_crashed(&page).await;
    assert_is_kept(&page.browser, &turns).await;
    page.browser.go_to(&stage.url).await;
    assert_is_kept(&page.browser, &turns).await;
}
for_engines!(the_recorder_panics: Chromium, Firefox);

async fn the_page_is_reloaded(engine: Engine) {
    let (page, stage, turns) = recording(engine, Setting::new()).await;
    // Leaves without the browser's question.
    let driver = &page.browser.driver;
    driver.goto("about:blank").await.expect("the page is left");
    page.browser.go_to(&stage.url).await;
    assert_is_kept(&page.browser, &turns).await;
}
for_engines!(the_page_is_reloaded: Chromium, Firefox);

/// Chromium replaces a file by a copy, which is left if the browser is killed meanwhile.
#[tokio::test(flavor = "multi_thread")]
async fn a_copy_that_was_left_is_deleted_and_not_shown() {
    let stage = Setting::new().open().await;
    let browser = Browser::open(&Microphone::Missing).await;
    let (name, recording) = past().remove(0);
    store(&browser, &stage.url, &[(name.clone(), recording.clone())]).await;
    let page = Page::load(browser, &stage.url).await;
    open_list(&page.browser, 1).await;
    page.browser.value::<()>(RENAME_WITHOUT_END).await;
    act(&page.browser, "rename", 0).await;
    page.browser.wait_for("window.isRenaming").await;

    let browser = page.browser.kill_and_restart(&Microphone::Missing).await;
    browser.go_to(&format!("{}healthz", stage.url)).await;
    let left = file_names(&browser).await;
    assert!(left.iter().any(|it| it.ends_with(".crswap")), "{left:?}");
    let page = Page::load(browser, &stage.url).await;
    open_list(&page.browser, 1).await;
    assert_eq!(file_names(&page.browser).await, [name]);
    assert_eq!(files(&page.browser).await[0].stored, recording);
}

/// Returns a recording that goes on, and the turns that the page has shown so far.
async fn recording(engine: Engine, setting: Setting) -> (Page, Stage, Vec<Turn>) {
    let Scene { page, mut stage } = pausing_in(engine, setting).await;
    stage.disturb("the recording is interrupted");
    page.record().await;
    wait_for_final_turns(&page, 3).await;
    let turns = page.turns().await;
    (page, stage, turns)
}

/// Asserts that a recording that was interrupted is stored with these turns.
async fn assert_is_kept(browser: &Browser, turns: &[Turn]) {
    let files = files(browser).await;
    assert_eq!(files.len(), 1, "{files:#?}");
    assert_has(&files, turns);
    assert!(!files[0].document.is_complete(), "{files:#?}");
}

const RENAME_WITHOUT_END: &str = "void (() => {
    window.prompt = () => 'Never stored';
    window.FileSystemWritableFileStream.prototype.close = () => new Promise(() => {
        window.isRenaming = true;
    });
})()";
