//! Past transcripts: one that was interrupted is offered, and all of them are in a list.

use inturn_tests::{
    browser::{Browser, Engine, Microphone},
    page::Page,
    stage::Setting,
};

use crate::{
    files::{files, wait_for_final_turns},
    support::{Scene, for_engines, pausing_in},
};

async fn an_interrupted_recording_is_offered_once(engine: Engine) {
    let Scene { page, mut stage } = pausing_in(engine, Setting::new()).await;
    stage.disturb("the recording is interrupted");
    page.record().await;
    wait_for_final_turns(&page, 2).await;
    let turns = page.turns().await;
    let browser = page.browser.kill_and_restart(&Microphone::Missing).await;
    let page = Page::load(browser, &stage.url).await;
    let browser = &page.browser;
    browser.wait_for(OFFERED).await;
    let offer: String = browser.value(OFFER).await;
    assert!(offer.starts_with("Recovered: "), "{offer}");

    act(browser, "recovered-open", 0).await;
    browser.wait_for(OPENED).await;
    let past: String = browser.value(PAST_TEXT).await;
    for turn in turns.iter().filter(|turn| turn.is_final) {
        assert!(past.contains(&turn.text), "{turn:?} is not in {past}");
    }
    browser
        .wait_for("document.getElementById('recovered').hidden")
        .await;
    wait_for_ended(browser).await;

    let page = Page::load(page.browser, &stage.url).await;
    open_list(&page.browser, 1).await;
    assert!(!page.browser.value::<bool>(OFFERED).await);
}
for_engines!(an_interrupted_recording_is_offered_once: Chromium, Firefox);

async fn past_transcripts_can_be_opened_searched_renamed_and_deleted(engine: Engine) {
    let Scene { page, stage } = pausing_in(engine, Setting::new()).await;
    for recordings in [1, 2] {
        page.record().await;
        wait_for_final_turns(&page, recordings).await;
        page.stop().await;
    }
    let page = Page::load(page.browser, &stage.url).await;
    let browser = &page.browser;
    open_list(browser, 2).await;
    assert!(!browser.value::<bool>(OFFERED).await);
    browser
        .value::<()>("void (window.prompt = () => 'Team', window.confirm = () => true)")
        .await;

    act(browser, "rename", 0).await;
    browser
        .wait_for("document.querySelector('#history-rows button').textContent.includes('Team')")
        .await;
    act(browser, "open", 0).await;
    browser.wait_for(OPENED).await;
    let name: String = browser
        .value("document.getElementById('history-name').textContent")
        .await;
    assert_eq!(name, "Team");
    find(browser, "ONE").await;
    assert_eq!(browser.value::<Vec<String>>(MARKS).await.len(), 1);
    find(browser, "nowhere").await;
    assert!(browser.value::<Vec<String>>(MARKS).await.is_empty());

    act(browser, "back", 0).await;
    open_list(browser, 2).await;
    search(browser, "nowhere").await;
    wait_for_rows(browser, "Nothing found", 0).await;
    search(browser, "TEAM").await;
    wait_for_rows(browser, "1 transcript", 1).await;
    search(browser, "two").await;
    wait_for_rows(browser, "2 transcripts", 2).await;
    let found: Vec<String> = browser.value(SNIPPETS).await;
    assert_eq!(found.len(), 2, "{found:?}");
    act(browser, "open", 1).await;
    browser.wait_for(OPENED).await;
    assert!(!browser.value::<Vec<String>>(MARKS).await.is_empty());
    assert!(browser.value::<bool>(FIRST_MARK_IS_VISIBLE).await);
    act(browser, "back", 0).await;
    wait_for_rows(browser, "2 transcripts", 2).await;
    search(browser, "").await;
    wait_for_rows(browser, "", 2).await;
    act(browser, "delete", 0).await;
    open_list(browser, 1).await;
    act(browser, "delete-all", 0).await;
    open_list(browser, 0).await;
    assert_eq!(files(browser).await.len(), 0);
}
for_engines!(past_transcripts_can_be_opened_searched_renamed_and_deleted: Chromium, Firefox);

/// A recording in this tab can't be changed, and is not offered.
#[tokio::test(flavor = "multi_thread")]
async fn a_recording_that_goes_on_is_not_offered_to_another_tab() {
    let Scene { page, stage } = pausing_in(Engine::Chromium, Setting::new()).await;
    page.record().await;
    wait_for_final_turns(&page, 1).await;
    let browser = &page.browser;
    let recording = browser.driver.window().await.expect("there is a tab");
    browser.open_tab().await;
    browser.go_to(&stage.url).await;
    open_list(browser, 1).await;
    assert!(!browser.value::<bool>(OFFERED).await);
    let row: String = browser
        .value("document.getElementById('history-rows').textContent")
        .await;
    assert!(row.ends_with("recording now"), "{row}");

    let driver = &browser.driver;
    driver.close_window().await.expect("the tab can be closed");
    let switched = driver.switch_to_window(recording).await;
    switched.expect("the tab is there");
    page.stop().await;
}

async fn what_was_stored_is_deleted_if_the_server_forbids_it(engine: Engine) {
    let stage = Setting::new()
        .with_flag("--store-transcripts", "false")
        .open()
        .await;
    let browser = Browser::open_in(engine, &Microphone::Missing).await;
    browser.go_to(&format!("{}healthz", stage.url)).await;
    browser.value::<()>(CREATE).await;
    let page = Page::load(browser, &stage.url).await;
    wait_until(&page.browser, IS_GONE).await;
    let offers = "document.querySelector('#history-button, #keep-audio') !== null";
    assert!(!page.browser.value::<bool>(offers).await);
}
for_engines!(what_was_stored_is_deleted_if_the_server_forbids_it: Chromium, Firefox);

/// WebKitGTK has no such storage.
async fn a_browser_without_storage_says_so(engine: Engine) {
    let Scene {
        page,
        stage: _stage,
    } = pausing_in(engine, Setting::new()).await;
    page.record().await;
    wait_for_final_turns(&page, 1).await;
    page.stop().await;
    let note = page
        .browser
        .wait_for("document.getElementById('unstored-note')?.textContent")
        .await;
    let note = note.as_str().unwrap_or_default();
    assert!(
        note.starts_with("This browser can't keep transcripts"),
        "{note}"
    );
    let offers = "document.querySelector('#history-button, #keep-audio') !== null";
    assert!(!page.browser.value::<bool>(offers).await);
}
for_engines!(a_browser_without_storage_says_so: WebKit);

/// Opens the list, and waits until it has this many rows.
pub(crate) async fn open_list(browser: &Browser, rows: usize) {
    browser.wait_for("document.getElementById('history')").await;
    browser
        .value::<()>(
            "void ((history) => history.matches(':popover-open') || history.showPopover())(
                document.getElementById('history'))",
        )
        .await;
    let condition = format!(
        "!document.getElementById('history-list').hidden
            && document.getElementById('history-none').hidden === {}
            && document.querySelectorAll('#history-rows li').length === {rows}",
        rows > 0
    );
    browser.wait_for(&condition).await;
}

/// Clicks the button of an act, in this row.
pub(crate) async fn act(browser: &Browser, act: &str, row: usize) {
    let script = format!("void document.querySelectorAll('[data-act={act}]')[{row}].click()");
    browser.value::<()>(&script).await;
}

/// Searches in the transcript that is open.
pub(crate) async fn find(browser: &Browser, text: &str) {
    enter(browser, "history-find", text).await;
}

/// Searches all transcripts.
pub(crate) async fn search(browser: &Browser, text: &str) {
    enter(browser, "history-search", text).await;
}

async fn enter(browser: &Browser, field: &str, text: &str) {
    let script = format!(
        "void ((field) => {{
            field.value = '{text}';
            field.dispatchEvent(new window.Event('input'));
        }})(document.getElementById('{field}'))"
    );
    browser.value::<()>(&script).await;
}

/// Waits until a search has this result, and the list this many rows.
pub(crate) async fn wait_for_rows(browser: &Browser, result: &str, rows: usize) {
    let condition = format!(
        "!document.getElementById('history-list').hidden
            && document.getElementById('history-hits').textContent === {result:?}
            && document.querySelectorAll('#history-rows li').length === {rows}"
    );
    browser.wait_for(&condition).await;
}

/// Waits until the only file says that its recording ended.
async fn wait_for_ended(browser: &Browser) {
    for _ in 0..ATTEMPTS {
        if files(browser).await[0].document.is_complete() {
            return;
        }
    }
    panic!("the recording has not ended");
}

/// Waits until a script's promise resolves to `true`.
pub(crate) async fn wait_until(browser: &Browser, script: &str) {
    for _ in 0..ATTEMPTS {
        if browser.value::<bool>(script).await {
            return;
        }
    }
    panic!("not fulfilled: {script}");
}

/// The lengths in the headings of the recordings that have ended.
pub(crate) const LENGTHS: &str = "[...document.querySelectorAll('.recording .length')]
    .map((length) => length.textContent)";

pub(crate) const OFFERED: &str = "document.getElementById('recovered')?.hidden === false";

const OFFER: &str = "document.getElementById('recovered-text').textContent";

pub(crate) const OPENED: &str = "document.getElementById('history-past').hidden === false";

pub(crate) const PAST_TEXT: &str = "document.getElementById('history-text').textContent";

const MARKS: &str = "[...document.querySelectorAll('#history-text mark')]
    .map((mark) => mark.textContent.toLowerCase())";

/// The marked words in the rows of the list, if the row says how many places were found.
const SNIPPETS: &str = "[...document.querySelectorAll('#history-rows small:has(mark)')]
    .filter((it) => /^[0-9]+ places?: /.test(it.textContent))
    .map((it) => it.querySelector('mark').textContent)";

const FIRST_MARK_IS_VISIBLE: &str = "(() => {
    const mark = document.querySelector('#history-text mark').getBoundingClientRect();
    const text = document.getElementById('history-text').getBoundingClientRect();
    return mark.height > 0 && mark.top >= text.top - 1 && mark.bottom <= text.bottom + 1;
})()";

/// Creates the page's folder, with a file.
const CREATE: &str = "navigator.storage.getDirectory().then(async (root) => {
    const name = encodeURIComponent(new URL('.', location.href).href);
    const folder = await root.getDirectoryHandle(name, { create: true });
    for (const name of ['1-2-3', '1-2-3.pcm']) await folder.getFileHandle(name, { create: true });
})";

const IS_GONE: &str = "navigator.storage.getDirectory().then(async (root) => {
    for await (const name of root.keys()) return false;
    return true;
})";

/// Each takes a call of the driver: some milliseconds. The page loads the module after two seconds.
const ATTEMPTS: usize = 2_000;
