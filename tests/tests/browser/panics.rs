//! A crash is final: whatever is left of the module neither undoes what the page says nor leaves
//! anything open.

use std::{fs, path::Path};

use inturn_emulator::ClosedBy;
use inturn_tests::{machine, page::Page, stage::Setting};
use tempfile::TempDir;

use crate::support::{self, Scene};

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_of_the_page_is_final() {
    let (scene, _client) = recording().await;
    scene.page.browser.value::<()>(PANIC_PAGE).await;
    assert_session_was_ended(&scene).await;
    assert_stays_crashed(&scene.page).await;
    assert_panic_was_noted(&scene.page).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_of_the_recorder_is_final() {
    let (scene, _client) = recording().await;
    tell_recorder(&scene.page, "panic").await;
    assert_session_was_ended(&scene).await;
    assert_stays_crashed(&scene.page).await;
    assert_panic_was_noted(&scene.page).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_while_connecting_leaves_no_session_open() {
    let (scene, _client) = ready().await;
    tell_recorder(&scene.page, "spoil the next socket").await;
    scene.page.press().await;
    scene.page.wait_for_state("crashed").await;
    assert_shows_crash(&scene.page).await;
    // The service may have seen the connection or not: either way nothing of it is left.
    let gone = "window.heard.has('heard: the socket closed')";
    scene.page.browser.wait_for(gone).await;
    scene.stage.no_session_is_open().await;
}

async fn recording() -> (Scene, TempDir) {
    let (scene, client) = ready().await;
    scene.page.record().await;
    scene.page.wait_for_words("one").await;
    assert!(scene.page.microphone_is_on().await);
    (scene, client)
}

async fn ready() -> (Scene, TempDir) {
    let client = tempfile::tempdir().expect("a temporary folder");
    copy_client(client.path());
    let scene = support::speaking(Setting::new().with_client(client.path())).await;
    scene.page.browser.value::<()>(HEAR_RECORDER).await;
    (scene, client)
}

/// The built page, with a recorder that crashes when it is told to.
fn copy_client(to: &Path) {
    for entry in fs::read_dir(machine::client_dir()).expect("the page is built") {
        let from = entry.expect("it can be listed").path();
        let name = from.file_name().expect("a file has a name");
        // Its compressed forms would be served in place of the amended one.
        if !name.to_string_lossy().starts_with("recorder.js") {
            fs::copy(&from, to.join(name)).expect("the folder is ours");
        }
    }
    let recorder = fs::read_to_string(machine::client_dir().join("recorder.js"));
    let recorder = recorder.expect("the page is built");
    fs::write(to.join("recorder.js"), recorder + CRASHES).expect("the folder is ours");
}

/// Tells the recorder what its crashing part understands, and waits for its answer.
async fn tell_recorder(page: &Page, told: &str) {
    let browser = &page.browser;
    browser
        .value::<()>(&format!("inturnRecorder.postMessage({{ told: '{told}' }})"))
        .await;
    browser
        .wait_for(&format!("window.heard.has('heard: {told}')"))
        .await;
}

async fn assert_shows_crash(page: &Page) {
    assert_eq!(page.state().await, "crashed");
    let problem = page.problem().await.expect("a problem is shown");
    assert_eq!(problem.kind, "crashed");
    assert!(page.browser.value::<bool>("record.disabled").await);
    assert!(!page.microphone_is_on().await);
    let title: String = page.browser.value("document.title").await;
    assert_eq!(
        title, "Inturn",
        "a tab out of sight must not claim to record"
    );
}

async fn assert_session_was_ended(scene: &Scene) {
    scene.page.wait_for_state("crashed").await;
    let log = scene.stage.closed_session(1).await;
    assert!(log.terminated && log.error.is_none(), "{log:?}");
    // By a close frame, whoever was first with it.
    let closed = log.closed.expect("it waited for that");
    assert_ne!(closed.by, ClosedBy::Connection, "{closed:?}");
}

/// When the page has heard all that the recorder still had to tell.
async fn assert_stays_crashed(page: &Page) {
    tell_recorder(page, "nothing").await;
    assert_shows_crash(page).await;
}

async fn assert_panic_was_noted(page: &Page) {
    let console = page.browser.console().await;
    assert!(
        console.iter().any(|line| line.contains("panicked at")),
        "{console:#?}"
    );
}

/// Keeps what the recorder tells the page.
const HEAR_RECORDER: &str = "void ((heard) => {
    window.heard = heard;
    inturnRecorder.addEventListener('message', ({ data }) => heard.add(data));
})(new Set())";

/// Has the page left while it is at work on a press: two things at once are a panic, and one after
/// which the module goes on.
const PANIC_PAGE: &str = "((post) => {
    Worker.prototype.postMessage = function (...message) {
        Worker.prototype.postMessage = post;
        dispatchEvent(new Event('pagehide'));
        return post.apply(this, message);
    };
    document.getElementById('record').click();
})(Worker.prototype.postMessage)";

/// The same for the recorder, while it sends; and for its memory, while it makes its socket.
const CRASHES: &str = r#"
let glue;
addEventListener("message", async ({ data }) => {
  glue ??= data.glue;
  if (data.told === "panic") {
    const send = WebSocket.prototype.send;
    WebSocket.prototype.send = function (frame) {
      WebSocket.prototype.send = send;
      // `ToRecorder::Leaving`
      dispatchEvent(new MessageEvent("message", { data: Uint8Array.of(0) }));
      return send.call(this, frame);
    };
  }
  if (data.told === "spoil the next socket") {
    const exports = await (await import(glue)).default();
    const memory = Object.values(exports).find((it) => it instanceof WebAssembly.Memory);
    const Original = WebSocket;
    globalThis.WebSocket = class extends Original {
      constructor(url) {
        super(url);
        globalThis.WebSocket = Original;
        globalThis.inturnSocket = this; // as the module would next
        this.addEventListener("close", () => postMessage("heard: the socket closed"));
        new Uint8Array(memory.buffer).fill(255);
      }
    };
  }
  if (data.told) postMessage(`heard: ${data.told}`);
});
"#;
