//! Errors of other people's code, in the page or around the recorder, do not end a recording.

use std::fs;

use inturn_tests::{browser::Engine, page::Page, stage::Setting};
use serde_json::{Value, json};

use crate::support::{Scene, copy_client, played_in, speaking_in};

played_in!(errors_of_others_do_not_end_a_recording: Chromium, Firefox, WebKit);
played_in!(an_error_around_the_recorder_does_not_end_a_recording: Chromium, Firefox, WebKit);
played_in!(an_error_of_our_own_scripts_is_a_crash: Chromium, Firefox, WebKit);

async fn errors_of_others_do_not_end_a_recording(engine: Engine) {
    let client = tempfile::tempdir().expect("a temporary folder");
    copy_client(client.path(), |_, _| true);
    // Some proxies put a script into each page, which is then served from the page's own folder.
    fs::write(client.path().join("measure.js"), FAILING_SCRIPT).expect("the folder is ours");
    let setting = Setting::new().with_client(client.path());
    let Scene { stage, page } = speaking_in(engine, setting).await;
    page.record().await;
    page.wait_for_words("one").await;

    // Errors that really happen.
    page.browser.value::<()>(HEAR_ERRORS).await;
    for (name, script) in [
        ("the browser's own report", RESIZE_LOOP),
        ("a script beside ours", LOAD_FAILING_SCRIPT),
    ] {
        page.browser.value::<()>(script).await;
        page.browser.wait_for("window.errors.length > 0").await;
        page.browser.value::<()>("void (window.errors = [])").await;
        assert_records(&page, name).await;
    }
    for (name, script) in [("a picture", MISSING_PICTURE), ("a style", MISSING_STYLE)] {
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

async fn an_error_around_the_recorder_does_not_end_a_recording(engine: Engine) {
    let client = tempfile::tempdir().expect("a temporary folder");
    copy_client(client.path(), |name, script| {
        if name == "recorder.js" {
            script.push_str(FAIL_WHEN_TOLD);
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
    assert_records(&page, "a wrapper of the worker").await;
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

/// What is told of each: the event, its file, and the stack of what was thrown. `BASE` stands for the
/// page's folder.
fn foreign_errors() -> Vec<Value> {
    let extension = "chrome-extension://abcdefgh/content.js";
    vec![
        // Of another origin.
        json!({ "event": "error", "file": "", "stack": null }),
        json!({ "event": "error", "file": "BASE", "stack": null }),
        json!({ "event": "error", "file": extension,
            "stack": format!("Error: x\n    at f ({extension}:1:2)\n    at BASEcrash.js:1:2") }),
        json!({ "event": "error", "file": "moz-extension://abcdefgh/content.js",
            "stack": "f@moz-extension://abcdefgh/content.js:1:2\n@BASEcrash.js:1:2" }),
        json!({ "event": "error", "file": "safari-web-extension://abcdefgh/content.js",
            "stack": "f@safari-web-extension://abcdefgh/content.js:1:2" }),
        // Put into the page itself.
        json!({ "event": "error", "file": "BASE", "stack": "Error: x\n    at f (BASE:7:9)" }),
        json!({ "event": "error", "file": "BASE", "stack": "f@BASE:7:9\n" }),
        // Snippets and the console.
        json!({ "event": "error", "file": "snippet:///my%20snippet",
            "stack": "Error: x\n    at snippet:///my%20snippet:1:7" }),
        json!({ "event": "error", "file": "debugger eval code", "stack": "@debugger eval code:1:7\n" }),
        json!({ "event": "error", "file": "", "stack": "Error: x\n    at <anonymous>:1:7" }),
        // A message may name one of our files.
        json!({ "event": "unhandledrejection",
            "stack": format!("TypeError: no BASEcrash.js\n    at f ({extension}:1:2)") }),
        json!({ "event": "unhandledrejection", "stack": "Error: x\n    at BASEmeasure.js:1:2" }),
        json!({ "event": "unhandledrejection", "stack": "TypeError: Failed to fetch" }),
        json!({ "event": "unhandledrejection", "stack": null }),
        // Another module's trap.
        json!({ "event": "error", "file": "chrome-extension://abcdefgh/x.wasm", "is_trap": true,
            "stack": "RuntimeError: unreachable\n    at chrome-extension://abcdefgh/x.wasm:wasm-function[7]:0x12" }),
    ]
}

/// As above; `GLUE` stands for the script that wraps the module, without `.js`.
fn own_errors() -> Vec<Value> {
    vec![
        json!({ "event": "error", "file": "BASE", "is_trap": true,
            "stack": "RuntimeError: unreachable\n    at GLUE_bg.wasm:wasm-function[7]:0x12\n    at GLUE.js:1:2" }),
        json!({ "event": "error", "file": "GLUE_bg.wasm", "is_trap": true,
            "stack": "f@GLUE_bg.wasm:wasm-function[7]:0x12\n@GLUE.js:1:2" }),
        json!({ "event": "unhandledrejection", "is_trap": true,
            "stack": "7@<?>:wasm-function[7]\nwasm-stub@[wasm code]\nf@[native code]\ng@GLUE.js:1:2" }),
        json!({ "event": "error", "file": "GLUE.js", "stack": null }),
    ]
}

/// A script that reports an error as an engine would.
fn report(error: &Value) -> String {
    format!(
        "((told) => {{
            const fill = (text) => text?.replaceAll('BASE', new URL('.', location).href);
            const {{ event, file, stack, is_trap }} = JSON.parse(told);
            const kind = is_trap ? WebAssembly.RuntimeError : TypeError;
            const error = stack && Object.defineProperty(new kind('x'), 'stack', {{ value: fill(stack) }});
            const message = error ? 'x' : 'Script error.';
            dispatchEvent(event === 'error'
                ? new ErrorEvent('error', {{ error, filename: fill(file), message, cancelable: true }})
                : new PromiseRejectionEvent(event, {{ promise: Promise.resolve(), reason: error }}));
        }})({})",
        Value::String(error.to_string())
    )
}

async fn glue(page: &Page) -> String {
    page.browser
        .value("document.querySelector('link[rel=modulepreload]').href.replace(/\\.js$/, '')")
        .await
}

/// The recording goes on, and the page says nothing.
async fn assert_records(page: &Page, after: &str) {
    assert_eq!(page.state().await, "listening", "after {after}");
    assert_eq!(page.problem().await, None, "after {after}");
    assert!(page.microphone_is_on().await, "after {after}");
}

const HEAR_ERRORS: &str = "void (window.errors = [],
    addEventListener('error', () => window.errors.push('error')),
    addEventListener('unhandledrejection', () => window.errors.push('rejection')))";

/// Grows whenever it is told that it has grown.
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
    document.createElement('link'), { rel: 'stylesheet', href: 'missing.css', onerror: () => done() })))";

/// Throws what was made in an extension's script.
const FAIL_WHEN_TOLD: &str = r#"
addEventListener("message", ({ data }) => {
  if (!data.fail) return;
  const error = new Error("not yours");
  Object.defineProperty(error, "stack", { value: "f@chrome-extension://abcdefgh/wrapper.js:1:2" });
  reportError(error);
  Promise.reject(error);
  // Behind both reports.
  setTimeout(() => postMessage("thrown"));
});
"#;
