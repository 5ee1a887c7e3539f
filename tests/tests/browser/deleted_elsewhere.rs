//! A past transcript is deleted while another tab uses its file.

use inturn_tests::{
    browser::{Browser, Engine, Microphone},
    page::Page,
    stage::Setting,
};
use serde_json::json;
use thirtyfour::WindowHandle;

use crate::{
    files::{assert_has, files, wait_for_final_turns},
    history::{OFFERED, act, open_list, wait_until},
    opened_file::STATUS,
    page_states::{past, store},
    support::{Scene, for_engines, pausing_in},
};

/// The list of the other tab has no such button. One that was drawn before the recording began
/// could have.
async fn a_recording_in_progress_cannot_be_deleted_from_another_tab(engine: Engine) {
    let Scene { page, stage } = pausing_in(engine, Setting::new()).await;
    for recordings in [1, 2] {
        page.record().await;
        wait_for_final_turns(&page, recordings).await;
        if recordings == 1 {
            page.stop().await;
        }
    }
    let browser = &page.browser;
    let recording = browser.driver.window().await.expect("there is a tab");
    browser.open_tab().await;
    browser.go_to(&stage.url).await;
    open_list(browser, 2).await;
    browser
        .value::<()>("void (window.confirm = () => true)")
        .await;
    let delete = "void ((button, name) => {
        button.dataset.name = name;
        button.click();
    })(document.querySelector('#history-rows [data-act=delete]'),
        document.querySelector('#history-rows [data-act=open]').dataset.name)";
    browser.value::<()>(delete).await;
    wait_until_refused(browser).await;
    open_list(browser, 2).await;

    // All but that one are deleted.
    act(browser, "delete-all", 0).await;
    open_list(browser, 1).await;
    wait_until_refused(browser).await;
    let driver = &browser.driver;
    driver.close_window().await.expect("the tab can be closed");
    switch_to(browser, &recording).await;
    wait_for_final_turns(&page, 3).await;
    page.stop().await;
    let files = files(browser).await;
    assert_eq!(files.len(), 1);
    assert!(files[0].document.is_complete());
    assert_eq!(files[0].stored.damaged_bytes, 0);
    let mut turns = page.turns().await;
    let session = turns.last().map(|it| it.session);
    turns.retain(|it| Some(it.session) == session);
    assert_has(&files, &turns);
}
for_engines!(
    a_recording_in_progress_cannot_be_deleted_from_another_tab: Chromium, Firefox
);

/// What the other tab stores does not bring the file back.
async fn a_file_that_another_tab_changes_is_deleted_after_that(engine: Engine) {
    let stage = Setting::new().open().await;
    let browser = Browser::open_in(engine, &Microphone::Missing).await;
    let past = &past()[..1];
    store(&browser, &stage.url, past).await;
    let name = &past[0].0;
    let page = Page::load(browser, &stage.url).await;
    let browser = &page.browser;
    open_list(browser, 1).await;
    browser
        .value::<()>("void (window.confirm = () => true)")
        .await;
    let deleting = browser.driver.window().await.expect("there is a tab");
    browser.open_tab().await;
    browser.go_to(&stage.url).await;
    open_list(browser, 1).await;
    browser.value::<()>(&change(name)).await;
    browser.wait_for("window.change").await;
    let changing = browser.driver.window().await.expect("there is a tab");

    switch_to(browser, &deleting).await;
    act(browser, "delete", 0).await;
    wait_until(browser, &waits_for(name)).await;
    assert_eq!(files(browser).await.len(), 1);

    switch_to(browser, &changing).await;
    browser.value::<()>("window.change()").await;
    switch_to(browser, &deleting).await;
    open_list(browser, 0).await;
    assert_eq!(files(browser).await.len(), 0);

    switch_to(browser, &changing).await;
    act(browser, "rename", 0).await;
    wait_until_refused(browser).await;
    assert_eq!(files(browser).await.len(), 0);
}
for_engines!(a_file_that_another_tab_changes_is_deleted_after_that: Chromium, Firefox);

/// The other transcripts are listed, and the one that was interrupted is offered.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_deleted_while_the_list_is_read_is_left_out() {
    let stage = Setting::new().open().await;
    let browser = Browser::open(&Microphone::Missing).await;
    let past = past();
    store(&browser, &stage.url, &past).await;
    let (_, after_id) = past[0]
        .0
        .split_once('-')
        .expect("the name begins with an id");
    browser
        .before_each_page(&list_deleted(&format!("77-{after_id}")))
        .await;
    let page = Page::load(browser, &stage.url).await;
    let browser = &page.browser;
    browser.wait_for(OFFERED).await;
    open_list(browser, past.len()).await;
    assert!(browser.value::<bool>("window.listed > 1").await);
}

/// Lists a file that is not there.
fn list_deleted(name: &str) -> String {
    format!(
        "((prototype, keys) => {{
            window.listed = 0;
            prototype.keys = async function* () {{
                window.listed += 1;
                yield {};
                yield* keys.call(this);
            }};
        }})(FileSystemDirectoryHandle.prototype, FileSystemDirectoryHandle.prototype.keys)",
        json!(name)
    )
}

async fn switch_to(browser: &Browser, tab: &WindowHandle) {
    let switched = browser.driver.switch_to_window(tab.clone()).await;
    switched.expect("the tab is there");
}

async fn wait_until_refused(browser: &Browser) {
    browser
        .wait_for(&format!(
            "{STATUS}.startsWith('This transcript could not be changed.')"
        ))
        .await;
}

/// Begins to change a file as a page does, and goes on when `window.change` is called.
fn change(name: &str) -> String {
    format!(
        "void (() => {{
            window.prompt = () => 'Too late';
            inturnFiles().then(async (files) => {{
                const content = await files.read({name});
                const stream = window.FileSystemFileHandle.prototype.createWritable;
                window.FileSystemFileHandle.prototype.createWritable = async function () {{
                    await new Promise((resolve) => (window.change = resolve));
                    window.FileSystemFileHandle.prototype.createWritable = stream;
                    return stream.call(this);
                }};
                await files.change({name}, () => content);
            }});
        }})()",
        name = json!(name)
    )
}

/// Whether a change or a deletion of a file waits for its lock.
fn waits_for(name: &str) -> String {
    format!(
        "navigator.locks.query().then(({{ pending }}) =>
            pending.some((it) => it.name.endsWith('/' + {})))",
        json!(name)
    )
}
