//! Errors of third-party code in the page or in the recorder's worker do not end a recording.

use std::fs;

use inturn_tests::{browser::Engine, page::Page, stage::Setting};
use serde_json::{Value, json};

use crate::support::{Scene, copy_client, for_engines, speaking_in};

for_engines!(third_party_errors_do_not_end_a_recording: Chromium, Firefox, WebKit);
for_engines!(an_error_in_the_recorders_worker_does_not_end_a_recording: Chromium, Firefox, WebKit);
for_engines!(an_error_of_our_own_scripts_is_a_crash: Chromium, Firefox, WebKit);

async fn third_party_errors_do_not_end_a_recording(engine: Engine) {
    let client = tempfile::tempdir().expect("a temporary folder");
    copy_client(client.path(), |_, _| true);
    // Some proxies inject a script into each page and serve it from the page's folder.
    fs::write(client.path().join("measure.js"), FAILING_SCRIPT).expect("the folder is writable");
    let setting = Setting::new().with_client(client.path());
    let Scene { stage, page } = speaking_in(engine, setting).await;
    page.record().await;
    page.wait_for_words("one").await;

    // Errors that really occur.
    page.browser.value::<()>(HEAR_ERRORS).await;
    for (name, script) in [
        ("an error of the browser", RESIZE_LOOP),
        ("a third-party script", LOAD_FAILING_SCRIPT),
    ] {
        page.browser.value::<()>(script).await;
        page.browser.wait_for("window.errors.length > 0").await;
        page.browser.value::<()>("void (window.errors = [])").await;
        assert_records(&page, name).await;
    }
    for (name, script) in [
        ("an image", MISSING_PICTURE),
        ("a style sheet", MISSING_STYLE),
    ] {
        page.browser.value::<()>(script).await;
        assert_records(&page, name).await;
    }

    // Errors in the form in which engines report them.
    for error in foreign_errors() {
        page.browser.value::<()>(&report(&error)).await;
        assert_records(&page, &error.to_string()).await;
    }

    page.stop().await;
    assert_eq!(page.problem().await, None);
    assert!(stage.closed_session(1).await.terminated);
}

async fn an_error_in_the_recorders_worker_does_not_end_a_recording(engine: Engine) {
    let client = tempfile::tempdir().expect("a temporary folder");
    copy_client(client.path(), |name, script| {
        if name == "recorder.js" {
            script.push_str(FAIL_ON_MESSAGE);
        }
        true
    });
    let setting = Setting::new().with_client(client.path());
    let Scene { stage, page } = speaking_in(engine, setting).await;
    page.record().await;
    page.wait_for_words("one").await;
    let thrown = "new Promise((done) => {
        inturnRecorder.addEventListener('message', ({ data }) => data === 'thrown' && done());
        inturnRecorder.postMessage({ fail: true });
    })";
    page.browser.value::<Value>(thrown).await;
    assert_records(&page, "a wrapper around the worker").await;
    page.stop().await;
    assert_eq!(page.problem().await, None);
    assert!(stage.closed_session(1).await.terminated);
}

async fn an_error_of_our_own_scripts_is_a_crash(engine: Engine) {
    for error in own_errors() {
        let Scene { stage, page } = speaking_in(engine, Setting::new()).await;
        page.record().await;
        let report = report(&error).replace("GLUE", &glue(&page).await);
        page.browser.value::<()>(&report).await;
        page.wait_for_state("crashed").await;
        assert!(!page.microphone_is_on().await, "{error}");
        assert!(stage.closed_session(1).await.terminated, "{error}");
    }
}

/// Errors of other code: event, file, and stack of the thrown value. `BASE` is the page's folder.
fn foreign_errors() -> Vec<Value> {
    let extension = "chrome-extension://abcdefgh/content.js";
    vec![
        // From another origin.
        json!({ "event": "error", "file": "", "stack": null }),
        json!({ "event": "error", "file": "BASE", "stack": null }),
        json!({ "event": "error", "file": extension,
            "stack": format!("Error: x\n    at f ({extension}:1:2)\n    at BASEcrash.js:1:2") }),
        json!({ "event": "error", "file": "moz-extension://abcdefgh/content.js",
            "stack": "f@moz-extension://abcdefgh/content.js:1:2\n@BASEcrash.js:1:2" }),
        json!({ "event": "error", "file": "safari-web-extension://abcdefgh/content.js",
            "stack": "f@safari-web-extension://abcdefgh/content.js:1:2" }),
        // Injected into the page.
        json!({ "event": "error", "file": "BASE", "stack": "Error: x\n    at f (BASE:7:9)" }),
        json!({ "event": "error", "file": "BASE", "stack": "f@BASE:7:9\n" }),
        // From snippets and the console.
        json!({ "event": "error", "file": "snippet:///my%20snippet",
            "stack": "Error: x\n    at snippet:///my%20snippet:1:7" }),
        json!({ "event": "error", "file": "debugger eval code",
            "stack": "@debugger eval code:1:7\n" }),
        json!({ "event": "error", "file": "", "stack": "Error: x\n    at <anonymous>:1:7" }),
        // The message names one of our files.
        json!({ "event": "unhandledrejection",
            "stack": format!("TypeError: no BASEcrash.js\n    at f ({extension}:1:2)") }),
        json!({ "event": "unhandledrejection", "stack": "Error: x\n    at BASEmeasure.js:1:2" }),
        json!({ "event": "unhandledrejection", "stack": "TypeError: Failed to fetch" }),
        json!({ "event": "unhandledrejection", "stack": null }),
        // A trap of another wasm module.
        json!({ "event": "error", "file": "chrome-extension://abcdefgh/x.wasm", "is_trap": true,
            "stack": "RuntimeError: unreachable\n    \
                      at chrome-extension://abcdefgh/x.wasm:wasm-function[7]:0x12" }),
    ]
}

/// Errors of our code, as above. `GLUE` is the script that wraps the module, without `.js`.
fn own_errors() -> Vec<Value> {
    vec![
        json!({ "event": "error", "file": "BASE", "is_trap": true,
            "stack": "RuntimeError: unreachable\n    at GLUE_bg.wasm:wasm-function[7]:0x12\n    \
                      at GLUE.js:1:2" }),
        json!({ "event": "error", "file": "GLUE_bg.wasm", "is_trap": true,
            "stack": "f@GLUE_bg.wasm:wasm-function[7]:0x12\n@GLUE.js:1:2" }),
        json!({ "event": "unhandledrejection", "is_trap": true,
            "stack": "7@<?>:wasm-function[7]\nwasm-stub@[wasm code]\nf@[native code]\n\
                      g@GLUE.js:1:2" }),
        json!({ "event": "error", "file": "GLUE.js", "stack": null }),
    ]
}

/// Returns a script that dispatches an error as an engine does.
fn report(error: &Value) -> String {
    format!(
        "((json) => {{
            const fill = (text) => text?.replaceAll('BASE', new URL('.', location).href);
            const {{ event, file, stack, is_trap }} = JSON.parse(json);
            const kind = is_trap ? WebAssembly.RuntimeError : TypeError;
            const error = stack
                && Object.defineProperty(new kind('x'), 'stack', {{ value: fill(stack) }});
            const message = error ? 'x' : 'Script error.';
            dispatchEvent(event === 'error'
                ? new ErrorEvent(
                    'error', {{ error, filename: fill(file), message, cancelable: true }})
                : new PromiseRejectionEvent(
                    event, {{ promise: Promise.resolve(), reason: error }}));
        }})({})",
        Value::String(error.to_string())
    )
}

async fn glue(page: &Page) -> String {
    page.browser
        .value("document.querySelector('link[rel=modulepreload]').href.replace(/\\.js$/, '')")
        .await
}

/// Asserts that the recording continues and no problem is shown.
async fn assert_records(page: &Page, after: &str) {
    assert_eq!(page.state().await, "listening", "after {after}");
    assert_eq!(page.problem().await, None, "after {after}");
    assert!(page.microphone_is_on().await, "after {after}");
}

const HEAR_ERRORS: &str = "void (window.errors = [],
    addEventListener('error', () => window.errors.push('error')),
    addEventListener('unhandledrejection', () => window.errors.push('rejection')))";

/// Grows on each resize event, so that the browser reports a resize loop.
const RESIZE_LOOP: &str = "void ((box) => {
    document.body.append(box);
    let width = 1;
    new ResizeObserver(() => {
        if (width < 4) box.style.width = `${++width}px`;
        else box.remove();
    }).observe(box);
})(document.createElement('div'))";

const FAILING_SCRIPT: &str = "Promise.reject(new Error('not yours either'));
throw new Error('not yours');";

const LOAD_FAILING_SCRIPT: &str = "new Promise((done) => document.head.append(
    Object.assign(document.createElement('script'), { src: 'measure.js', onload: () => done() })))";

const MISSING_PICTURE: &str = "new Promise((done) => document.body.append(
    Object.assign(new Image(), { src: 'missing.png', onerror: () => done() })))";

const MISSING_STYLE: &str = "new Promise((done) => document.head.append(Object.assign(
    document.createElement('link'),
    { rel: 'stylesheet', href: 'missing.css', onerror: () => done() })))";

/// On a message, reports and throws an error from an extension's script.
const FAIL_ON_MESSAGE: &str = r#"
addEventListener("message", ({ data }) => {
  if (!data.fail) return;
  const error = new Error("not yours");
  Object.defineProperty(error, "stack", { value: "f@chrome-extension://abcdefgh/wrapper.js:1:2" });
  reportError(error);
  Promise.reject(error);
  // After both reports.
  setTimeout(() => postMessage("thrown"));
});
"#;
