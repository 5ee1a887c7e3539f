//! The button, pressed by mouse, by keyboard, twice, or held down.

use inturn_tests::{browser::Engine, page::Page, stage::Setting};
use serde_json::json;
use thirtyfour::{By, Key};

use crate::support::{Scene, for_engines, speaking, speaking_in};

for_engines!(a_double_click_is_one_press_and_stop_counts: Chromium, Firefox, WebKit);
for_engines!(a_key_that_is_held_down_presses_once: Chromium, Firefox, WebKit);

async fn a_double_click_is_one_press_and_stop_counts(engine: Engine) {
    let Scene { stage, page } = speaking_in(engine, Setting::new()).await;
    stage.set_faults(&json!([{ "fault": "no_termination" }]));
    page.browser.value::<()>(COUNT_PRESSES).await;

    // Three clicks before the page has handled the first.
    assert_eq!(record(&page, &[1, 2, 3]).await, 1, "one recording");
    page.wait_for_words("one").await;
    // Stop works as soon as the button shows it.
    assert_eq!(presses(&page, &[2]).await, 1, "Stop counts");
    page.wait_for_state("finishing").await;
    assert_eq!(
        presses(&page, &[2, 3]).await,
        0,
        "the last words are awaited"
    );
    assert_eq!(presses(&page, &[1]).await, 1, "a new single click counts");
    page.wait_for_state("idle").await;
    assert_eq!(presses(&page, &[2, 3]).await, 0, "no second recording");
    let log = stage.closed_session(1).await;
    assert!(log.terminated, "{log:?}");

    // A double click on Stop, before the page has handled the first click.
    assert_eq!(record(&page, &[1]).await, 1);
    assert_eq!(
        presses(&page, &[1, 2]).await,
        1,
        "the last words are awaited"
    );
    page.wait_for_state("finishing").await;
}

async fn a_key_that_is_held_down_presses_once(engine: Engine) {
    let Scene { stage, page } = speaking_in(engine, Setting::new()).await;
    let button = page.browser.driver.find(By::Id("record")).await;
    let button = button.expect("the page has the button");
    page.browser.value::<()>(COUNT_PRESSES).await;
    for (count, key) in [(1, HeldKey::Enter), (2, HeldKey::Space)] {
        for state in ["listening", "idle"] {
            button.focus().await.expect("the button can be focused");
            hold(&page, key).await;
            page.wait_for_state(state).await;
            let presses: u32 = page.browser.value("posted.splice(0).length").await;
            assert_eq!(presses, 1, "{key:?}");
        }
        assert!(stage.closed_session(count).await.terminated);
    }
}

#[derive(Clone, Copy, Debug)]
enum HeldKey {
    Enter,
    Space,
}

/// Holds a key down until it has repeated four times.
async fn hold(page: &Page, key: HeldKey) {
    let (name, text, code, typed) = match key {
        HeldKey::Enter => ("Enter", "\r", 13, Key::Enter),
        HeldKey::Space => (" ", " ", 32, Key::Space),
    };
    match page.browser.engine {
        // ChromeDriver sends separate presses instead of repetitions.
        Engine::Chromium => {
            for kind in ["keyDown"; 5].into_iter().chain(["keyUp"]).enumerate() {
                let (count, kind) = kind;
                let event = json!({
                    "type": kind, "key": name, "text": text, "windowsVirtualKeyCode": code,
                    "autoRepeat": count > 0 && kind == "keyDown",
                });
                page.browser.devtools("Input.dispatchKeyEvent", event).await;
            }
        }
        Engine::Firefox | Engine::WebKit => {
            let mut keys = page.browser.driver.action_chain();
            for _ in 0..5 {
                keys = keys.key_down(typed.clone());
            }
            let keys = keys.key_up(typed);
            keys.perform().await.expect("keys can be sent");
        }
    }
    if page.browser.engine == Engine::WebKit {
        // WebKitWebDriver sends no repetitions, so they are dispatched as events.
        let prevented: bool = page.browser.value(&repeat(name)).await;
        assert_eq!(prevented, matches!(key, HeldKey::Enter));
    }
}

/// Returns a script that tells whether the page prevents the click for a repetition of this key.
fn repeat(key: &str) -> String {
    format!(
        "!document.getElementById('record').dispatchEvent(
            new KeyboardEvent('keydown', {{ key: '{key}', repeat: true, cancelable: true }}))"
    )
}

/// Dispatches clicks with these values of `detail` (position in a multiple click) before the page
/// can handle the first. Returns how many were sent to the recorder.
async fn presses(page: &Page, clicks: &[u32]) -> u32 {
    page.browser
        .value(&format!(
            "(async () => {{
                posted.length = 0;
                {clicks:?}.forEach((detail) => document.getElementById('record')
                    .dispatchEvent(new MouseEvent('click', {{ detail, bubbles: true }})));
                // The page requests its recording lock in the click, so it has it by now.
                await navigator.locks.request('a test', () => {{}});
                return posted.length;
            }})()"
        ))
        .await
}

/// Like [`presses`], for a press on Record, which is sent once the browser has granted the page's
/// recording lock.
async fn record(page: &Page, clicks: &[u32]) -> u32 {
    let at_once = presses(page, clicks).await;
    page.wait_for_state("listening").await;
    let all: u32 = page.browser.value("posted.length").await;
    assert!(at_once <= all);
    all
}

/// Records presses that the page sends to the recorder.
const COUNT_PRESSES: &str = "void ((post) => {
    window.posted = [];
    Worker.prototype.postMessage = function (...message) {
        // `ToRecorder::Pressed`
        if (message[0][0] === 2) posted.push(message);
        return post.apply(this, message);
    };
})(Worker.prototype.postMessage)";

#[tokio::test(flavor = "multi_thread")]
async fn the_keyboard_records_and_stops() {
    let Scene { stage, page } = speaking(Setting::new()).await;
    let button = page
        .browser
        .driver
        .find(By::Id("record"))
        .await
        .expect("the page has the button");
    assert_eq!(
        button.tag_name().await.expect("the element has a tag name"),
        "button"
    );
    // The label names the action. `aria-pressed` in addition would be read as the opposite.
    let pressed = "document.getElementById('record').ariaPressed";
    let label = "document.getElementById('record-label').textContent";
    for (count, key) in [(1, Key::Space), (2, Key::Enter)] {
        button.focus().await.expect("the button can be focused");
        button
            .send_keys(key.clone())
            .await
            .expect("keys can be sent");
        page.wait_for_state("listening").await;
        assert_eq!(page.browser.value::<String>(label).await, "Stop");
        let state: Option<String> = page.browser.value(pressed).await;
        assert_eq!(state, None);
        button.send_keys(key).await.expect("keys can be sent");
        page.wait_for_state("idle").await;
        assert_eq!(page.browser.value::<String>(label).await, "Record");
        assert!(stage.closed_session(count).await.terminated);
    }
}
