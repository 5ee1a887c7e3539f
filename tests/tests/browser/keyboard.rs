//! Every control is reached and worked by the keyboard alone, and the focus is always visible.

use inturn_client_core::{
    problem::{MicrophoneFailure, Problem, TokenFailure},
    session::Event,
};
use inturn_page_core::messages::{self, ToRecorder};
use inturn_tests::{browser::Engine, page::Page, stage::Setting};
use thirtyfour::Key;

use crate::{
    export_scene::LOADED,
    support::{HEADER_IS_COMPLETE, Scene, dispatch, ended, for_engines, pausing_in, press},
};

for_engines!(the_keyboard_reaches_and_works_every_control: Chromium, Firefox);
for_engines!(the_keyboard_follows_the_links_of_problems: Chromium, Firefox);

async fn the_keyboard_reaches_and_works_every_control(engine: Engine) {
    let Scene {
        page,
        stage: _stage,
    } = pausing_in(engine, Setting::new().without_key()).await;
    let text = "Good morning, and welcome to the meeting of the harbour board.";
    let turns = (0..60).map(|turn| ended(turn, text));
    page.browser.value::<()>(&dispatch(turns.collect())).await;

    // In the order in which they are read, and then out of the page.
    page.browser.wait_for(LOADED).await;
    page.browser.wait_for(HEADER_IS_COMPLETE).await;
    let order = [
        "find-button",
        "history-button",
        "edit-button",
        "export-button",
        "settings-button",
        "scroller",
        "record",
    ];
    for id in order {
        tab_to(&page, id).await;
    }
    for id in order.into_iter().rev().skip(1) {
        back_tab_to(&page, id).await;
    }

    for id in order.into_iter().skip(1).take_while(|it| *it != "record") {
        tab_to(&page, id).await;
    }

    // The transcript scrolls. A key that is pressed while it moves may have no effect.
    press(&page, Key::PageUp).await;
    page.browser.wait_for("scroller.scrollTop < -100").await;
    page.browser.value::<()>(SCROLLED).await;
    press(&page, Key::End).await;
    page.browser.wait_for("scroller.scrollTop === 0").await;
    page.browser.value::<()>(SCROLLED).await;
    press(&page, Key::PageUp).await;
    page.browser.wait_for("!jump.hidden").await;
    page.browser.value::<()>(SCROLLED).await;
    tab_to(&page, "jump").await;
    press(&page, Key::Enter).await;
    page.browser
        .wait_for("scroller.scrollTop === 0 && jump.hidden")
        .await;
    assert_focused(&page, "scroller").await;

    back_tab_to(&page, "settings-button").await;
    press(&page, Key::Enter).await;
    let switches = [
        "echoCancellation",
        "noiseSuppression",
        "autoGainControl",
        "announce",
        "times-of-day",
        "keep-audio",
    ];
    page.browser
        .wait_for("document.getElementById('keep-audio')")
        .await;
    assert_focused(&page, switches[0]).await;
    for (place, id) in switches.into_iter().enumerate() {
        if place > 0 {
            tab_to(&page, id).await;
        }
        press(&page, Key::Space).await;
        let is_on = format!("document.getElementById('{id}').checked");
        page.browser.wait_for(&is_on).await;
    }
    tab_to(&page, "settings-reset").await;
    press(&page, Key::Enter).await;
    page.browser.wait_for("!announce.checked").await;
    page.browser
        .wait_for("!document.querySelector('#times-of-day:checked, #keep-audio:checked')")
        .await;
    assert_focused(&page, switches[0]).await;
    press(&page, Key::Escape).await;
    page.browser
        .wait_for("!document.getElementById('settings').matches(':popover-open')")
        .await;
    assert_focused(&page, "settings-button").await;

    for id in [
        "export-button",
        "edit-button",
        "history-button",
        "find-button",
    ] {
        back_tab_to(&page, id).await;
    }
    press(&page, Key::Space).await;
    assert_focused(&page, "find-field").await;
    press(&page, Key::Escape).await;
    assert_focused(&page, "find-button").await;
    for id in [
        "history-button",
        "edit-button",
        "export-button",
        "settings-button",
        "scroller",
    ] {
        tab_to(&page, id).await;
    }
    tab_to(&page, "record").await;
    press(&page, Key::Space).await;
    page.wait_for_state("listening").await;
    assert_focused(&page, "record").await;
    tab_to(&page, "pause").await;
    for (key, state) in [(Key::Enter, "paused"), (Key::Space, "listening")] {
        press(&page, key).await;
        page.wait_for_state(state).await;
        assert_focused(&page, "pause").await;
    }

    // The button that keeps a recording on.
    page.browser.value::<()>(RECORD_MESSAGES).await;
    let countdown = vec![Event::IdleCountdown(Some(42))];
    page.browser.value::<()>(&dispatch(countdown)).await;
    back_tab_to(&page, "record").await;
    back_tab_to(&page, "keep").await;
    press(&page, Key::Enter).await;
    let keep = messages::encode(&ToRecorder::KeepRecording).expect("the message can be encoded");
    page.browser
        .wait_for(&format!("posted.includes(String({keep:?}))"))
        .await;
    let over = vec![Event::IdleCountdown(None)];
    page.browser.value::<()>(&dispatch(over)).await;
    assert_focused(&page, "scroller").await;

    tab_to(&page, "record").await;
    press(&page, Key::Enter).await;
    page.wait_for_state("idle").await;
    assert_focused(&page, "record").await;
}

async fn the_keyboard_follows_the_links_of_problems(engine: Engine) {
    let Scene {
        page,
        stage: _stage,
    } = pausing_in(engine, Setting::new()).await;
    let show = async |problem| {
        let script = dispatch(vec![ended(0, "Good morning."), Event::Problem(problem)]);
        page.browser.value::<()>(&script).await;
        page.browser.wait_for(HEADER_IS_COMPLETE).await;
        tab_to(&page, "find-button").await;
        tab_to(&page, "history-button").await;
        tab_to(&page, "edit-button").await;
        tab_to(&page, "export-button").await;
        tab_to(&page, "settings-button").await;
        tab_to(&page, "scroller").await;
    };

    show(Problem::Token(TokenFailure::Unreadable)).await;
    tab_to(&page, "reload").await;
    press(&page, Key::Enter).await;
    page.wait_until_reloaded().await;

    show(Problem::Microphone(MicrophoneFailure::SignedOut)).await;
    page.browser.value::<()>(COUNT_FOLLOWED).await;
    tab_to(&page, "sign-in").await;
    press(&page, Key::Enter).await;
    page.browser.wait_for("window.followed === 1").await;
    assert_focused(&page, "sign-in").await;
    tab_to(&page, "record").await;
    back_tab_to(&page, "sign-in").await;
    back_tab_to(&page, "scroller").await;

    page.browser.value::<()>(CRASH).await;
    page.wait_for_state("crashed").await;
    tab_to(&page, "Copy").await;
    press(&page, Key::Space).await;
    page.browser
        .wait_for(&format!("{FOCUS}[0] === 'Copied'"))
        .await;
    tab_to(&page, "Reload").await;
    press(&page, Key::Enter).await;
    page.wait_until_reloaded().await;
}

/// Waits until a smooth scroll has ended: ten frames without a move.
const SCROLLED: &str = "new Promise((done) => {
    const frame = (left, old) => {
        const now = scroller.scrollTop;
        const more = now === old ? left - 1 : 10;
        if (more) requestAnimationFrame(() => frame(more, now));
        else done();
    };
    frame(10);
})";

/// Presses Tab, and asserts that the focus is at this element and visible.
pub(crate) async fn tab_to(page: &Page, id: &str) {
    press(page, Key::Tab).await;
    assert_focused(page, id).await;
}

/// Like [`tab_to`], backwards.
async fn back_tab_to(page: &Page, id: &str) {
    let keys = page.browser.driver.action_chain();
    let keys = keys.key_down(Key::Shift).key_down(Key::Tab);
    let keys = keys.key_up(Key::Tab).key_up(Key::Shift);
    keys.perform().await.expect("keys can be sent");
    assert_focused(page, id).await;
}

async fn assert_focused(page: &Page, id: &str) {
    let (focused, outline): (String, f64) = page.browser.value(FOCUS).await;
    assert_eq!(focused, id);
    assert!(outline >= 2.0, "the focus of {id} is not visible");
}

/// The focused element, and the width of its outline: 0 if it has none.
const FOCUS: &str = "((it) => {
    const { outlineStyle, outlineWidth } = getComputedStyle(it);
    const isOutlined = it.matches(':focus-visible') && outlineStyle !== 'none';
    return [it.id || it.textContent, isOutlined ? parseFloat(outlineWidth) : 0];
})(document.activeElement)";

/// Counts uses of the link to the sign-in page, without opening it.
const COUNT_FOLLOWED: &str = "void (window.followed = 0,
    document.getElementById('sign-in').addEventListener('click', (event) => {
        event.preventDefault();
        window.followed += 1;
    }))";

const CRASH: &str = "void dispatchEvent(new CustomEvent('inturn:crash'))";

/// Keeps the messages to the recorder in `posted`.
const RECORD_MESSAGES: &str = "void ((post) => {
    window.posted = [];
    Worker.prototype.postMessage = function (...message) {
        posted.push(String(message[0]));
        return post.apply(this, message);
    };
})(Worker.prototype.postMessage)";
