//! Each recording is stored in a file of its own, while it is made.

use inturn_client_core::session::Event;
use inturn_page_core::messages::{self, ToPage};
use inturn_tests::{
    browser::{Engine, Microphone},
    page::Page,
    stage::Setting,
};
use inturn_transcript::{Change, Correction, TurnId};
use serde_json::json;

use crate::{
    files::{FOLDER, assert_has, files, wait_for_final_turns},
    history::{LENGTHS, OFFERED, OPENED, PAST_TEXT, act},
    support::{Scene, for_engines, pausing_in},
};

async fn a_recording_has_its_turns_and_its_end(engine: Engine) {
    let Scene {
        page,
        stage: _stage,
    } = pausing_in(engine, Setting::new()).await;
    for recordings in [1, 2] {
        page.record().await;
        wait_for_final_turns(&page, 2 * recordings).await;
        page.stop().await;
        let files = files(&page.browser).await;
        assert_eq!(files.len(), recordings, "{files:#?}");
        assert_has(&files, &page.turns().await);
        for file in &files {
            assert!(file.document.is_complete(), "{file:#?}");
            assert_eq!(file.stored.damaged_bytes, 0);
        }
        let shown: Vec<String> = page.browser.value(LENGTHS).await;
        let stored = files.iter().map(|it| it.document.parts()[0].length_ms());
        let stored: Vec<String> = stored.map(|it| format!("0:{:02}", it / 1_000)).collect();
        assert_eq!(stored, shown, "the lengths in the headings");
    }
}
for_engines!(a_recording_has_its_turns_and_its_end: Chromium, Firefox);

async fn another_tab_reads_a_recording_that_goes_on_and_cannot_change_it(engine: Engine) {
    let Scene { page, stage } = pausing_in(engine, Setting::new()).await;
    page.record().await;
    wait_for_final_turns(&page, 2).await;
    let turns = page.turns().await;
    let driver = &page.browser.driver;
    let recording = driver.window().await.expect("there is a tab");
    page.browser.open_tab().await;
    page.browser.go_to(&stage.url).await;
    let files = files(&page.browser).await;
    assert_has(&files, &turns);
    assert!(!files[0].document.is_complete());
    let errors: Vec<String> = page.browser.value(&change_all()).await;
    assert_eq!(errors, ["NoModificationAllowedError"; 2]);

    driver.close_window().await.expect("the tab can be closed");
    let switched = driver.switch_to_window(recording).await;
    switched.expect("the tab is there");
    page.stop().await;
    let errors: Vec<String> = page.browser.value(&change_all()).await;
    assert_eq!(errors, ["none"; 2]);
}
for_engines!(
    another_tab_reads_a_recording_that_goes_on_and_cannot_change_it: Chromium, Firefox
);

/// The other engines offer no way to make the storage smaller.
#[tokio::test(flavor = "multi_thread")]
async fn a_recording_goes_on_while_the_storage_is_full() {
    let Scene { page, stage } = pausing_in(Engine::Chromium, Setting::new()).await;
    let quota =
        |bytes: u32| json!({ "origin": stage.url.trim_end_matches('/'), "quotaSize": bytes });
    let method = "Storage.overrideQuotaForOrigin";
    page.browser.devtools(method, quota(1)).await;
    page.browser.value::<()>(KEEP_FAILURES).await;
    page.record().await;
    wait_for_final_turns(&page, 2).await;
    assert_eq!(page.problem().await, None);
    let failures: Vec<String> = page.browser.value("window.failures").await;
    assert_eq!(failures, ["QuotaExceededError"]);
    page.stop().await;

    page.browser.devtools(method, quota(100_000_000)).await;
    page.record().await;
    wait_for_final_turns(&page, 4).await;
    page.stop().await;
    let last = page.turns().await.split_off(2);
    assert_has(&files(&page.browser).await, &last);
}

/// Chromium reserves a megabyte or more for a file that is open, so the file is larger than that.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_stored_before_the_storage_was_full_is_whole() {
    let Scene { page, mut stage } = pausing_in(Engine::Chromium, Setting::new()).await;
    stage.disturb("the recording is interrupted");
    let browser = &page.browser;
    page.record().await;
    wait_for_final_turns(&page, 2).await;
    let stored = page.turns().await;
    let quota = json!({ "origin": stage.url.trim_end_matches('/'), "quotaSize": 1 });
    browser
        .devtools("Storage.overrideQuotaForOrigin", quota)
        .await;
    browser.value::<()>(&fill()).await;
    browser.wait_for(IS_FULL).await;
    let shown = page.turns().await.len();
    wait_for_final_turns(&page, shown + 1).await;
    assert_eq!(page.problem().await, None);

    let browser = page.browser.kill_and_restart(&Microphone::Missing).await;
    let page = Page::load(browser, &stage.url).await;
    page.browser.wait_for(OFFERED).await;
    assert_has(&files(&page.browser).await, &stored);
    act(&page.browser, "recovered-open", 0).await;
    page.browser.wait_for(OPENED).await;
    let text: String = page.browser.value(PAST_TEXT).await;
    for turn in stored.iter().filter(|turn| turn.is_final) {
        assert!(text.contains(&turn.text), "{turn:?} is not in {text}");
    }
}

/// WebKitGTK has no such storage.
async fn a_recording_goes_on_without_storage(engine: Engine) {
    let Scene {
        page,
        stage: _stage,
    } = pausing_in(engine, Setting::new()).await;
    page.browser.value::<()>(KEEP_FAILURES).await;
    let keep = "void inturnRecorder.postMessage({ keepsAudio: true })";
    page.browser.value::<()>(keep).await;
    page.record().await;
    wait_for_final_turns(&page, 2).await;
    let failures: Vec<String> = page.browser.value("window.failures").await;
    assert_eq!(failures, ["TypeError"]);
    assert_eq!(page.problem().await, None);
    page.stop().await;
}
for_engines!(a_recording_goes_on_without_storage: WebKit);

async fn the_server_can_forbid_to_store_transcripts(engine: Engine) {
    let setting = Setting::new().with_flag("--store-transcripts", "false");
    let Scene {
        page,
        stage: _stage,
    } = pausing_in(engine, setting).await;
    page.record().await;
    wait_for_final_turns(&page, 2).await;
    page.stop().await;
    let folders: usize = page.browser.value(FOLDERS).await;
    assert_eq!(folders, 0);
}
for_engines!(the_server_can_forbid_to_store_transcripts: Chromium, Firefox);

/// Returns a script that makes a recorder store several megabytes: long corrections of a turn that
/// there is not.
fn fill() -> String {
    const BYTES: usize = 500_000;
    let correction = Correction {
        text: "a".repeat(BYTES),
        ..Correction::default()
    };
    let turn = TurnId {
        session: 99,
        turn: 0,
    };
    let corrections = vec![correction];
    let change = Change::Corrected { turn, corrections };
    let message = messages::encode(&ToPage::Event(Event::Changed(change)));
    let message = message.expect("it can be encoded");
    // The text is at its end.
    let start = &message[..message.len() - BYTES];
    format!(
        "void (() => {{
            const start = {};
            const edit = new window.Uint8Array(start.length + {BYTES}).fill(97);
            edit.set(start);
            for (let it = 0; it < 9; it += 1) inturnRecorder.postMessage({{ edit }});
        }})()",
        json!(start)
    )
}

/// Returns a script that changes, then deletes all files, and returns the names of the exceptions.
fn change_all() -> String {
    format!("{FOLDER}.then({CHANGE})")
}

const CHANGE: &str = "async (folder) => {
    const name = (change) => change.then(() => 'none', (error) => error.name);
    const errors = [];
    for await (const [file, handle] of folder.entries()) {
        errors.push(await name(handle.createWritable().then((it) => it.abort())));
        errors.push(await name(folder.removeEntry(file)));
    }
    return errors;
}";

const FOLDERS: &str = "navigator.storage.getDirectory().then(async (root) => {
    const names = [];
    for await (const name of root.keys()) names.push(name);
    return names.length;
})";

/// The page says that new words are not stored.
const IS_FULL: &str = "document.getElementById('unstored-note')?.textContent
    .startsWith('Storage is full, so new words are not kept')";

/// Keeps the failures that the recorder reports.
const KEEP_FAILURES: &str = "void (window.failures = [], inturnRecorder.addEventListener(
    'message', ({ data }) => {
        if ('unstored' in data) window.failures.push(data.unstored);
    }))";
