//! A crash is final: the rest of the module does not change the displayed state and leaves nothing
//! open.

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
    assert_panic_was_logged(&scene.page).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_of_the_recorder_is_final() {
    let (scene, _client) = recording().await;
    command_recorder(&scene.page, "panic").await;
    assert_session_was_ended(&scene).await;
    assert_stays_crashed(&scene.page).await;
    assert_panic_was_logged(&scene.page).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_while_connecting_leaves_no_session_open() {
    let (mut scene, _client) = ready().await;
    // A socket that is closed while it connects sends no close frame. If the service has answered
    // meanwhile, it sees a session whose connection is lost.
    scene
        .stage
        .disturb("the crash cuts a connection that is being opened");
    command_recorder(&scene.page, "corrupt at the next socket").await;
    scene.page.press().await;
    scene.page.wait_for_state("crashed").await;
    assert_shows_crash(&scene.page).await;
    // Whether the service has seen the connection or not, it must be closed.
    let gone = "window.received.has('done: the socket closed')";
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
    scene.page.browser.value::<()>(RECORD_MESSAGES).await;
    (scene, client)
}

/// Copies the built page with a recorder that crashes on a message.
pub(crate) fn copy_client(to: &Path) {
    for entry in fs::read_dir(machine::client_dir()).expect("the page is built") {
        let from = entry.expect("the folder can be listed").path();
        let name = from.file_name().expect("the file has a name");
        // The compressed files would be served instead of the changed one.
        if !name.to_string_lossy().starts_with("recorder.js") {
            fs::copy(&from, to.join(name)).expect("the folder is writable");
        }
    }
    let recorder = fs::read_to_string(machine::client_dir().join("recorder.js"));
    let recorder = recorder.expect("the page is built");
    fs::write(to.join("recorder.js"), recorder + CRASHES).expect("the folder is writable");
}

/// Sends a command to the code in [`CRASHES`] and waits for its answer.
pub(crate) async fn command_recorder(page: &Page, command: &str) {
    let browser = &page.browser;
    browser
        .value::<()>(&format!(
            "inturnRecorder.postMessage({{ command: '{command}' }})"
        ))
        .await;
    browser
        .wait_for(&format!("window.received.has('done: {command}')"))
        .await;
}

async fn assert_shows_crash(page: &Page) {
    assert_eq!(page.state().await, "crashed");
    let problem = page.problem().await.expect("a problem is shown");
    assert_eq!(problem.kind, "crashed");
    assert!(page.browser.value::<bool>("record.disabled").await);
    assert!(!page.microphone_is_on().await);
    let title: String = page.browser.value("document.title").await;
    assert_eq!(title, "Inturn", "the title must not show a recording");
}

async fn assert_session_was_ended(scene: &Scene) {
    scene.page.wait_for_state("crashed").await;
    let log = scene.stage.closed_session(1).await;
    assert!(log.terminated && log.error.is_none(), "{log:?}");
    // There was a close frame, from either side.
    let closed = log.closed.expect("the session is closed");
    assert_ne!(closed.by, ClosedBy::Connection, "{closed:?}");
}

/// Asserts the crash after the page has received all messages of the recorder.
pub(crate) async fn assert_stays_crashed(page: &Page) {
    command_recorder(page, "nothing").await;
    assert_shows_crash(page).await;
}

async fn assert_panic_was_logged(page: &Page) {
    let console = page.browser.console().await;
    assert!(
        console.iter().any(|line| line.contains("panicked at")),
        "{console:#?}"
    );
}

/// Keeps all messages of the recorder.
pub(crate) const RECORD_MESSAGES: &str = "void ((received) => {
    window.received = received;
    inturnRecorder.addEventListener('message', ({ data }) => received.add(data));
})(new Set())";

/// Dispatches `pagehide` while the page handles a press. Such a reentrant call panics, and the
/// module can still be called after it.
const PANIC_PAGE: &str = "((post) => {
    Worker.prototype.postMessage = function (...message) {
        Worker.prototype.postMessage = post;
        dispatchEvent(new Event('pagehide'));
        return post.apply(this, message);
    };
    document.getElementById('record').click();
})(Worker.prototype.postMessage)";

/// On a command, makes the recorder panic by a reentrant call while it sends, or corrupts its
/// memory while it creates its socket.
const CRASHES: &str = r#"
let glue;
addEventListener("message", async ({ data }) => {
  glue ??= data.glue;
  if (data.command === "panic") {
    const send = WebSocket.prototype.send;
    WebSocket.prototype.send = function (frame) {
      WebSocket.prototype.send = send;
      // `ToRecorder::Leaving`
      dispatchEvent(new MessageEvent("message", { data: Uint8Array.of(0) }));
      return send.call(this, frame);
    };
  }
  if (data.command === "corrupt at the next socket") {
    const exports = await (await import(glue)).default();
    const memory = Object.values(exports).find((it) => it instanceof WebAssembly.Memory);
    const Original = WebSocket;
    globalThis.WebSocket = class extends Original {
      constructor(url) {
        super(url);
        globalThis.WebSocket = Original;
        globalThis.inturnSocket = this; // as the module would next
        this.addEventListener("close", () => postMessage("done: the socket closed"));
        new Uint8Array(memory.buffer).fill(255);
      }
    };
  }
  if (data.command) postMessage(`done: ${data.command}`);
});
"#;
