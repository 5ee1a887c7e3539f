//! One button, however it is pressed: by mouse, by keyboard, twice, held down.

use inturn_tests::{browser::Engine, page::Page, stage::Setting};
use serde_json::json;
use thirtyfour::{By, Key};

use crate::support::{Scene, played_in, speaking, speaking_in};

played_in!(a_double_click_asks_for_nothing_twice_and_stop_counts: Chromium, Firefox, WebKit);
played_in!(a_key_that_is_held_down_presses_once: Chromium, Firefox, WebKit);

async fn a_double_click_asks_for_nothing_twice_and_stop_counts(engine: Engine) {
    let Scene { stage, page } = speaking_in(engine, Setting::new()).await;
    stage.set_faults(&json!([{ "fault": "no_termination" }]));
    page.browser.value::<()>(COUNT_PRESSES).await;

    // Before the page has heard of the first, and long after it.
    assert_eq!(presses(&page, &[1, 2, 3]).await, 1, "one recording");
    page.wait_for_state("listening").await;
    page.wait_for_words("one").await;
    // As soon as the button offers it.
    assert_eq!(presses(&page, &[2]).await, 1, "Stop counts");
    page.wait_for_state("finishing").await;
    assert_eq!(
        presses(&page, &[2, 3]).await,
        0,
        "the last words are awaited"
    );
    assert_eq!(presses(&page, &[1]).await, 1, "unless somebody asks again");
    page.wait_for_state("idle").await;
    assert_eq!(presses(&page, &[2, 3]).await, 0, "no second recording");
    let log = stage.closed_session(1).await;
    assert!(log.terminated, "{log:?}");

    // Both halves of a double click on Stop, before the page has heard of the first.
    assert_eq!(presses(&page, &[1]).await, 1);
    page.wait_for_state("listening").await;
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
    let button = button.expect("there is the button");
    page.browser.value::<()>(COUNT_PRESSES).await;
    for (count, key) in [(1, Held::Enter), (2, Held::Space)] {
        for state in ["listening", "idle"] {
            button.focus().await.expect("it can be focused");
            hold(&page, key).await;
            page.wait_for_state(state).await;
            let presses: u32 = page.browser.value("posted.splice(0).length").await;
            assert_eq!(presses, 1, "{key:?}");
        }
        assert!(stage.closed_session(count).await.terminated);
    }
}

#[derive(Clone, Copy, Debug)]
enum Held {
    Enter,
    Space,
}

/// Holds a key down so long that it is repeated four times.
async fn hold(page: &Page, key: Held) {
    let (name, text, code, typed) = match key {
        Held::Enter => ("Enter", "\r", 13, Key::Enter),
        Held::Space => (" ", " ", 32, Key::Space),
    };
    match page.browser.engine {
        // Its driver's keys are pressed anew each time.
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
            keys.perform().await.expect("there is a keyboard");
        }
    }
    if page.browser.engine == Engine::WebKit {
        // Its driver repeats nothing; so the page is told of it.
        let prevented: bool = page.browser.value(&repeat(name)).await;
        assert_eq!(prevented, matches!(key, Held::Enter));
    }
}

/// Whether the page keeps the browser from clicking for a repetition of this key.
fn repeat(key: &str) -> String {
    format!(
        "!document.getElementById('record').dispatchEvent(
            new KeyboardEvent('keydown', {{ key: '{key}', repeat: true, cancelable: true }}))"
    )
}

/// Clicks with these numbers of clicks in a row, all before the page can hear of what came of the
/// first; gives how many of them the recorder was told.
async fn presses(page: &Page, clicks: &[u32]) -> u32 {
    page.browser
        .value(&format!(
            "(posted.length = 0, {clicks:?}.forEach((detail) => document.getElementById('record')
                .dispatchEvent(new MouseEvent('click', {{ detail, bubbles: true }}))), posted.length)"
        ))
        .await
}

/// What the page tells the recorder.
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
        .expect("there is the button");
    assert_eq!(button.tag_name().await.expect("it has one"), "button");
    // The label says what a press does; a second state beside it would be read as its opposite.
    let pressed = "document.getElementById('record').ariaPressed";
    let label = "document.getElementById('record-label').textContent";
    for (count, key) in [(1, Key::Space), (2, Key::Enter)] {
        button.focus().await.expect("it can be focused");
        button
            .send_keys(key.clone())
            .await
            .expect("there is a keyboard");
        page.wait_for_state("listening").await;
        assert_eq!(page.browser.value::<String>(label).await, "Stop");
        let state: Option<String> = page.browser.value(pressed).await;
        assert_eq!(state, None);
        button.send_keys(key).await.expect("there is a keyboard");
        page.wait_for_state("idle").await;
        assert_eq!(page.browser.value::<String>(label).await, "Record");
        assert!(stage.closed_session(count).await.terminated);
    }
}
