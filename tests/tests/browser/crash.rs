//! A crash in the module, on either side, is told on the page and leaves nothing open.

use std::{fs, path::Path};

use inturn_emulator::ClosedBy;
use inturn_tests::{
    browser::{Browser, Microphone},
    machine,
    page::Page,
    sound::Sound,
    stage::{Setting, Stage},
};
use tempfile::TempDir;

#[tokio::test(flavor = "multi_thread")]
async fn a_page_whose_memory_is_lost_says_so_and_ends_the_session() {
    let (stage, page, _folder) = recording().await;
    page.browser.value::<()>(SPOIL_PAGE).await;
    assert_crash_is_told(&page).await;
    assert_session_was_ended(&stage).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_panics_says_so_and_ends_the_session() {
    let (stage, page, _folder) = recording().await;
    page.browser.value::<()>(PANIC_PAGE).await;
    assert_crash_is_told(&page).await;
    assert_session_was_ended(&stage).await;
    assert_stays_crashed(&page).await;
    assert_panic_was_noted(&page).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recorder_whose_memory_is_lost_is_told_and_its_session_ended() {
    let (stage, page, _folder) = recording().await;
    crash_recorder(&page, "memory").await;
    assert_crash_is_told(&page).await;
    assert_session_was_ended(&stage).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recorder_that_panics_is_told_and_its_session_ended() {
    let (stage, page, _folder) = recording().await;
    crash_recorder(&page, "panic").await;
    assert_crash_is_told(&page).await;
    assert_session_was_ended(&stage).await;
    assert_stays_crashed(&page).await;
    assert_panic_was_noted(&page).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recorder_that_crashes_while_connecting_leaves_no_session_open() {
    let (stage, page, _folder) = open().await;
    // The socket is still connecting when this comes.
    crash_recorder(&page, "connecting").await;
    page.press().await;
    assert_crash_is_told(&page).await;
    stage.closed_session(1).await;
}

/// A page in mid-recording.
async fn recording() -> (Stage, Page, TempDir) {
    let (stage, page, folder) = open().await;
    page.record().await;
    page.wait_for_words("one").await;
    assert!(page.microphone_is_on().await);
    (stage, page, folder)
}

async fn open() -> (Stage, Page, TempDir) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let client = folder.path().join("client");
    copy_client(&client);
    let setting = Setting::new().with_script("one two three four").with_client(&client);
    let stage = setting.open().await;
    let file = folder.path().join("voice.wav");
    Sound::noise(44_100, 3_000, 10.0).write_wav(&file).expect("the folder is ours");
    let browser = Browser::open(&Microphone::Repeats(file)).await;
    let page = Page::load(browser, &stage.url).await;
    (stage, page, folder)
}

/// The built page, with a recorder that crashes when it is told to.
fn copy_client(to: &Path) {
    fs::create_dir(to).expect("the folder is ours");
    for entry in fs::read_dir(machine::client_dir()).expect("the page is built") {
        let from = entry.expect("a file").path();
        let name = from.file_name().expect("a file has a name");
        // Its compressed forms would be served in place of the amended one.
        if !name.to_string_lossy().starts_with("recorder.js") {
            fs::copy(&from, to.join(name)).expect("the folder is ours");
        }
    }
    let recorder = machine::client_dir().join("recorder.js");
    let recorder = fs::read_to_string(recorder).expect("the page is built");
    fs::write(to.join("recorder.js"), recorder + CRASHES).expect("the folder is ours");
}

async fn crash_recorder(page: &Page, how: &str) {
    let told = format!("inturnRecorder.postMessage({{ crash: '{how}' }})");
    page.browser.value::<()>(&told).await;
}

async fn assert_crash_is_told(page: &Page) {
    page.wait_for_state("crashed").await;
    assert_shows_crash(page).await;
}

async fn assert_shows_crash(page: &Page) {
    assert_eq!(page.state().await, "crashed");
    let problem = page.problem().await.expect("a problem is shown");
    assert_eq!(problem.kind, "crashed");
    assert!(problem.sentence.contains("reload the page"), "{problem:?}");
    let button: (bool, String) = page
        .browser
        .value("((b) => [b.disabled, b.getAttribute('aria-pressed')])(document.getElementById('record'))")
        .await;
    assert_eq!(button, (true, "false".to_owned()));
    assert!(!page.microphone_is_on().await);
    let title: String = page.browser.value("document.title").await;
    assert_eq!(title, "Inturn", "a tab out of sight must not claim to record");
}

async fn assert_session_was_ended(stage: &Stage) {
    let log = stage.closed_session(1).await;
    assert!(log.terminated && log.error.is_none(), "{log:?}");
    let closed = log.closed.expect("it waited for that");
    assert_eq!(closed.by, ClosedBy::Client, "{closed:?}");
    assert!(stage.service.sessions().iter().all(|log| log.closed.is_some()));
}

/// Whatever the recorder still tells the page, the page goes on saying that it crashed.
async fn assert_stays_crashed(page: &Page) {
    let all_told = "new Promise((heard) => {
        inturnRecorder.addEventListener('message', ({ data }) => data === 'all told' && heard(),
            { capture: true });
        inturnRecorder.postMessage({ crash: 'echo' });
    })";
    page.browser.value::<()>(all_told).await;
    assert_shows_crash(page).await;
}

async fn assert_panic_was_noted(page: &Page) {
    let console = page.browser.console().await;
    let panics = console.iter().filter(|line| line.contains("panicked at")).count();
    assert!(panics >= 1, "{console:#?}");
}

/// Nothing of the page's side of the module works after this; the meter's next message shows it.
const SPOIL_PAGE: &str = "window.wasmBindings.default()
    .then(({ memory }) => void new Uint8Array(memory.buffer).fill(255))";

/// Presses the button while the page is at work on a press: the page's own rule against that is a
/// panic.
const PANIC_PAGE: &str = "((button, post) => {
    Worker.prototype.postMessage = function (...message) {
        Worker.prototype.postMessage = post;
        button.click();
        return post.apply(this, message);
    };
    button.click();
})(document.getElementById('record'), Worker.prototype.postMessage)";

/// The same for the recorder. The memory's loss shows at the next block of sound.
const CRASHES: &str = r#"
let crashGlue;
addEventListener("message", async ({ data }) => {
  crashGlue ??= data.glue;
  const panic = () => dispatchEvent(new MessageEvent("message", { data: '"Leaving"' }));
  if (data.crash === "echo") postMessage("all told");
  const { memory } = await (await import(crashGlue)).default();
  const spoil = () => new Uint8Array(memory.buffer).fill(255);
  if (data.crash === "memory") spoil();
  if (data.crash === "panic") {
    const send = WebSocket.prototype.send;
    WebSocket.prototype.send = function (frame) {
      WebSocket.prototype.send = send;
      panic();
      return send.call(this, frame);
    };
  }
  if (data.crash === "connecting") {
    const Original = WebSocket;
    globalThis.WebSocket = class extends Original {
      constructor(url) {
        super(url);
        globalThis.inturnSocket = this;
        spoil();
      }
    };
  }
});
"#;
