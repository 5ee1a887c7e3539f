//! A JSON file that was opened is kept: it becomes one of the past transcripts.

use std::{slice, time::SystemTime};

use inturn_tests::{
    browser::{Browser, Engine, Microphone},
    page::Page,
    stage::{Setting, Stage},
};
use inturn_transcript::{Document, export::to_json, from_json};
use serde_json::json;
use thirtyfour::Key;

use crate::{
    export_scene::keep_results,
    files::{FOLDER, file_names, files},
    history::{OFFERED, OPENED, PAST_TEXT, act, open_list, search, wait_for_rows, wait_until},
    opened_file::{STATUS, choose},
    support::{for_engines, press},
};

async fn a_file_is_kept_once_with_names_corrections_and_times(engine: Engine) {
    let (page, stage) = open(engine).await;
    let browser = &page.browser;
    let file = meeting(1);
    open_list(browser, 0).await;
    choose(&page, &file).await;
    browser.wait_for(OPENED).await;
    browser
        .value::<()>("document.getElementById('history-keep').focus()")
        .await;
    press(&page, Key::Enter).await;
    open_list(browser, 2).await;
    wait_for_status(browser, "Kept on this device. It is in the list now.").await;
    let focused = "document.activeElement.matches('#history-rows li:first-child [data-act=open]')";
    browser.wait_for(focused).await;
    assert_stored(browser, &file).await;

    choose(&page, &file).await;
    keep(&page).await;
    wait_for_status(browser, "This transcript is in the list already.").await;
    open_list(browser, 2).await;
    assert_stored(browser, &file).await;

    let page = Page::load(page.browser, &stage.url).await;
    let browser = &page.browser;
    keep_results(&page).await;
    open_list(browser, 2).await;
    assert!(!browser.value::<bool>(OFFERED).await);
    search(browser, "Bergen").await;
    wait_for_rows(browser, "1 transcript", 1).await;
    act(browser, "open", 0).await;
    browser.wait_for(OPENED).await;
    let text: String = browser.value(PAST_TEXT).await;
    assert!(text.contains("Ferries to Bergen"), "{text}");
    assert!(browser.value::<bool>(CAN_BE_EDITED_AND_CONTINUED).await);
    page.click_on("#history-formats [data-format=json]").await;
    let saved: String = browser.value("window.saved.pop().blob.text()").await;
    assert_eq!(saved, to_json(&recordings(&file)[0]));

    browser
        .value::<()>("void (window.prompt = () => 'Board', window.confirm = () => true)")
        .await;
    act(browser, "back", 0).await;
    search(browser, "").await;
    wait_for_rows(browser, "", 2).await;
    act(browser, "rename", 0).await;
    browser
        .wait_for("document.querySelector('#history-rows button').textContent.includes('Board')")
        .await;
    act(browser, "delete", 0).await;
    open_list(browser, 1).await;
}
for_engines!(a_file_is_kept_once_with_names_corrections_and_times: Chromium, Firefox);

/// The days count from the start of the recording, as for one that was made here.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_kept_for_as_long_as_a_recording() {
    let (page, stage) = open(Engine::Chromium).await;
    let browser = &page.browser;
    open_list(browser, 0).await;
    let file = meeting(40 * 24);
    choose(&page, &file).await;
    keep(&page).await;
    browser
        .wait_for(&format!(
            "{STATUS}.startsWith('This transcript is older than you keep')"
        ))
        .await;
    assert!(browser.value::<bool>(OPENED).await);

    keep_for(browser, "forever").await;
    keep(&page).await;
    open_list(browser, 2).await;
    let page = Page::load(page.browser, &stage.url).await;
    open_list(&page.browser, 2).await;
    keep_for(&page.browser, "90").await;
    let page = Page::load(page.browser, &stage.url).await;
    open_list(&page.browser, 2).await;
    keep_for(&page.browser, "30").await;
    let page = Page::load(page.browser, &stage.url).await;
    wait_until(&page.browser, &format!("{FOLDER}.then({IS_EMPTY})")).await;
    open_list(&page.browser, 0).await;
}

/// The storage became full as the recording began, or the tab was closed.
async fn what_a_stored_recording_lacks_is_added(engine: Engine) {
    let (page, _stage) = open(engine).await;
    let browser = &page.browser;
    let file = meeting(1);
    open_list(browser, 0).await;
    choose(&page, &file).await;
    let (info, _) = inturn_stored::recordings_of(&from_json(&file).expect("the file is valid"))
        .expect("all of it can be stored")
        .remove(0);
    let name = inturn_stored::file_name(info);
    browser.value::<()>(&create_cut_off(&name)).await;
    keep(&page).await;
    wait_for_status(browser, "Kept on this device. It is in the list now.").await;
    open_list(browser, 2).await;
    assert_stored(browser, &file).await;
}
for_engines!(what_a_stored_recording_lacks_is_added: Chromium, Firefox);

/// The first recording of the file fits, the second one does not.
async fn a_file_that_does_not_fit_is_not_kept_in_part(engine: Engine) {
    let (page, _stage) = open(engine).await;
    let browser = &page.browser;
    let file = meeting(1);
    open_list(browser, 0).await;
    choose(&page, &file).await;
    browser.value::<()>(ONE_FILE_FITS).await;
    keep(&page).await;
    browser
        .wait_for(&format!("{STATUS}.startsWith('Storage is full')"))
        .await;
    assert!(browser.value::<bool>("window.fitted === 1").await);
    let names = file_names(browser).await;
    assert!(names.is_empty(), "{names:?}");

    browser.value::<()>("void (window.fits = Infinity)").await;
    keep(&page).await;
    open_list(browser, 2).await;
    assert_stored(browser, &file).await;
}
for_engines!(a_file_that_does_not_fit_is_not_kept_in_part: Chromium, Firefox);

/// The other engines offer no way to make the storage smaller.
#[tokio::test(flavor = "multi_thread")]
async fn full_storage_is_said_and_the_file_stays_open() {
    let (page, stage) = open(Engine::Chromium).await;
    let browser = &page.browser;
    let quota =
        |bytes: u32| json!({ "origin": stage.url.trim_end_matches('/'), "quotaSize": bytes });
    let method = "Storage.overrideQuotaForOrigin";
    browser.devtools(method, quota(1)).await;
    let file = meeting(1);
    open_list(browser, 0).await;
    choose(&page, &file).await;
    keep(&page).await;
    browser
        .wait_for(&format!(
            "{STATUS}.startsWith('Storage is full, so this transcript is not kept')"
        ))
        .await;
    assert!(browser.value::<bool>(OPENED).await);

    browser.devtools(method, quota(100_000_000)).await;
    keep(&page).await;
    open_list(browser, 2).await;
    assert_stored(browser, &file).await;
}

async fn open(engine: Engine) -> (Page, Stage) {
    let stage = Setting::new().open().await;
    let browser = Browser::open_in(engine, &Microphone::Missing).await;
    let page = Page::load(browser, &stage.url).await;
    (page, stage)
}

/// A file with two recordings, a correction and a name. The later one, which had not ended when the
/// file was saved, began some hours ago.
fn meeting(hours_ago: u64) -> String {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let now = now.expect("the clock is right").as_millis();
    let last = u64::try_from(now).expect("it fits") - hours_ago * 3_600_000;
    let first = last - 600_000;
    include_str!("../../../crates/transcript/tests/export/golden/transcript.json")
        .replace("1795561500000", &first.to_string())
        .replace("1795575900000", &last.to_string())
}

/// Returns a document for each recording of a file, as it is kept.
fn recordings(file: &str) -> Vec<Document> {
    let mut whole = from_json(file).expect("the file is valid");
    for change in whole.interrupted() {
        whole.apply(&change);
    }
    let recordings = inturn_stored::recordings_of(&whole).expect("all of it can be stored");
    assert_eq!(recordings.len(), whole.parts().len());
    let documents: Vec<Document> = recordings
        .iter()
        .map(|(info, it)| it.document(*info))
        .collect();
    for (part, document) in whole.parts().iter().zip(&documents) {
        assert_eq!(document.parts(), slice::from_ref(part));
        assert_eq!(document.title(), whole.title());
    }
    documents
}

async fn assert_stored(browser: &Browser, file: &str) {
    let stored = files(browser).await;
    let stored: Vec<String> = stored.iter().map(|it| to_json(&it.document)).collect();
    let expected: Vec<String> = recordings(file).iter().map(to_json).collect();
    assert_eq!(stored, expected);
}

/// Presses the button, once a file is open.
async fn keep(page: &Page) {
    page.browser
        .wait_for("document.getElementById('history-keep').checkVisibility()")
        .await;
    page.click_on("#history-keep").await;
}

async fn keep_for(browser: &Browser, days: &str) {
    let script = format!(
        "void ((select) => {{
            select.value = '{days}';
            select.dispatchEvent(new window.Event('change'));
        }})(document.getElementById('history-days'))"
    );
    browser.value::<()>(&script).await;
}

async fn wait_for_status(browser: &Browser, status: &str) {
    browser
        .wait_for(&format!("{STATUS} === {}", json!(status)))
        .await;
}

/// Creates a file that has its version only.
fn create_cut_off(name: &str) -> String {
    format!(
        "navigator.storage.getDirectory().then(async (root) => {{
            const place = encodeURIComponent(new URL('.', location.href).href);
            const create = {{ create: true }};
            const folder = await root.getDirectoryHandle(place, create);
            const handle = await folder.getFileHandle({}, create);
            const stream = await handle.createWritable();
            await stream.write('\\x02');
            await stream.close();
        }})",
        json!(name)
    )
}

const IS_EMPTY: &str = "async (folder) => {
    for await (const name of folder.keys()) return false;
    return true;
}";

/// The storage is full after one file.
const ONE_FILE_FITS: &str = "void ((prototype, stream) => {
    window.fits = 1;
    window.fitted = 0;
    prototype.createWritable = function () {
        if (window.fitted >= window.fits) {
            throw new window.DOMException('full', 'QuotaExceededError');
        }
        window.fitted += 1;
        return stream.call(this);
    };
})(window.FileSystemFileHandle.prototype, window.FileSystemFileHandle.prototype.createWritable)";

const CAN_BE_EDITED_AND_CONTINUED: &str = "['history-edit', 'history-continue'].every(
    (id) => document.getElementById(id).checkVisibility())
    && !document.getElementById('history-keep').checkVisibility()";
