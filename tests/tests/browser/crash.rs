//! A crash of the wasm module on either thread is shown, and closes microphone and session.

use std::path::Path;

use inturn_tests::{
    browser::{Browser, Engine, Microphone},
    page::Page,
    stage::{Setting, Stage},
};

use crate::support::{Scene, copy_client, for_engines, speaking_in};

for_engines!(a_crash_of_the_page_shows: Chromium, Firefox, WebKit);
for_engines!(a_crash_of_the_recorder_shows: Chromium, Firefox, WebKit);

async fn a_crash_of_the_page_shows(engine: Engine) {
    let Scene { stage, page } = speaking_in(engine, Setting::new()).await;
    page.record().await;
    page.wait_for_words("one").await;
    page.browser.value::<()>(CORRUPT_PAGE).await;
    assert_stopped(&stage, &page).await;
}

async fn a_crash_of_the_recorder_shows(engine: Engine) {
    let client = tempfile::tempdir().expect("a temporary folder");
    copy_with_a_corruptible_recorder(client.path());
    let Scene { stage, page } =
        speaking_in(engine, Setting::new().with_client(client.path())).await;
    page.record().await;
    page.wait_for_words("one").await;
    page.browser
        .value::<()>("void window.inturnRecorder.postMessage('corrupt')")
        .await;
    assert_stopped(&stage, &page).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_simd_the_page_names_supported_browsers() {
    let stage = Setting::new().open().await;
    // V8 supports wasm SIMD only with SSE 4.1.
    let flag = "--js-flags=--no-enable-sse4-1";
    let browser = Browser::open_with(&Microphone::Missing, &[flag]).await;
    browser.go_to(&stage.url).await;
    let page = Page { browser };
    assert_supported_browsers_are_named(&page).await;
    let console = page.browser.console().await.join("\n");
    assert!(
        console.contains("SIMD"),
        "the cause is not missing SIMD: {console}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn without_wasm_the_page_names_supported_browsers() {
    let stage = Setting::new().open().await;
    let browser = Browser::open(&Microphone::Missing).await;
    // Like an iPhone in lockdown mode.
    browser.before_each_page("delete window.WebAssembly").await;
    browser.go_to(&stage.url).await;
    assert_supported_browsers_are_named(&Page { browser }).await;
}

async fn assert_supported_browsers_are_named(page: &Page) {
    let problem = page.wait_for_problem().await;
    assert_eq!(problem.kind, "browser");
    assert!(problem.sentence.contains("Firefox 114"), "{problem:?}");
    let disabled: bool = page.browser.value("record.disabled").await;
    assert!(disabled, "the button would do nothing");
}

async fn assert_stopped(stage: &Stage, page: &Page) {
    page.wait_for_state("crashed").await;
    let problem = page.wait_for_problem().await;
    assert_eq!(problem.kind, "crashed");
    assert!(problem.sentence.contains("reload"), "{problem:?}");
    page.browser
        .wait_for("!window.watch.microphoneIsOn()")
        .await;
    let settings: bool = page
        .browser
        .value("!document.getElementById('settings-button').disabled")
        .await;
    assert!(!settings, "the settings need the crashed module");
    // What was said can still be copied.
    assert!(page.text().await.to_lowercase().contains("one"));
    let log = stage.closed_session(1).await;
    assert!(log.terminated, "{log:?}");
}

/// Corrupts the memory of the page's module, so that none of its code can run. The build shortens
/// the names of its exports.
pub(crate) const CORRUPT_PAGE: &str = "window.wasmBindings.default()
    .then((exports) => Object.values(exports)
        .filter((it) => it instanceof window.WebAssembly.Memory)
        .forEach(({ buffer }) => void new window.Uint8Array(buffer).fill(255)))";

/// Copies the built page with a recorder that corrupts its memory on a message.
fn copy_with_a_corruptible_recorder(to: &Path) {
    copy_client(to, |name, text| {
        if name == "recorder.js" {
            let start = "await start({module_or_path:module});";
            assert!(
                text.contains(start),
                "the recorder's start has changed: {text}"
            );
            *text = text.replace(
                start,
                "const exports = await start({ module_or_path: module });
                 const memory = Object.values(exports)
                     .find((it) => it instanceof WebAssembly.Memory);
                 addEventListener('message', ({ data }) => {
                     if (data === 'corrupt') new Uint8Array(memory.buffer).fill(255);
                 });",
            );
        }
        true
    });
}
