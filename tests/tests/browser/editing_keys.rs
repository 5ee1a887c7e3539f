//! What the keyboard does while a person edits.

use inturn_tests::{browser::Engine, page::Page};
use thirtyfour::Key;

use crate::{
    editing::{FIRST, LINES, NAMING, NOTE, shows, start_editing, write},
    export_scene::{Scene, end, meeting, open, open_meeting},
    support::{for_engines, press},
};

for_engines!(everything_is_edited_by_keyboard_alone: Chromium, Firefox);
for_engines!(line_breaks_and_formatting_are_not_taken: Chromium, Firefox);

async fn everything_is_edited_by_keyboard_alone(engine: Engine) {
    let Scene {
        page,
        stage: _stage,
    } = open(engine, [meeting(), end()].concat()).await;
    focus(&page, "edit-button").await;
    press(&page, Key::Space).await;
    page.browser.wait_for(&format!("{LINES} === 3")).await;
    let mut seen = Vec::new();
    for _ in 0..9 {
        press(&page, Key::Tab).await;
        let (name, outline): (String, f64) = page.browser.value(FOCUS).await;
        assert!(outline >= 2.0, "the focus of {name} is not visible");
        seen.push(name);
    }
    assert_eq!(
        seen,
        [
            "export-button",
            "settings-button",
            "scroller",
            "speaker",
            "line",
            "speaker",
            "line",
            "speaker",
            "line",
        ]
    );
    press(&page, "!").await;
    press(&page, Key::Enter).await;
    page.browser
        .wait_for(&format!("{NOTE} === 'Line corrected.'"))
        .await;
    press(&page, Key::Tab).await;
    let focused: (String, f64) = page.browser.value(FOCUS).await;
    assert_eq!(focused.0, "undo");
    press(&page, Key::Enter).await;
    page.browser
        .wait_for(&format!("{NOTE} === 'Correction undone.'"))
        .await;
    let focused: (String, f64) = page.browser.value(FOCUS).await;
    assert_eq!(focused.0, "line");

    focus_on(&page, "[data-turn='1'] .speaker").await;
    press(&page, Key::Enter).await;
    page.browser.wait_for(NAMING).await;
    press(&page, "Ben").await;
    press(&page, Key::Escape).await;
    page.browser
        .wait_for("document.activeElement.textContent === 'Speaker B'")
        .await;
    press(&page, Key::Space).await;
    press(&page, "Ben").await;
    press(&page, Key::Enter).await;
    page.browser
        .wait_for("document.activeElement.textContent === 'Ben'")
        .await;
}

async fn line_breaks_and_formatting_are_not_taken(engine: Engine) {
    let Scene {
        page,
        stage: _stage,
    } = open_meeting(engine).await;
    // Like a browser without `plaintext-only`.
    page.browser.value::<()>(ONLY_RICH_TEXT).await;
    start_editing(&page).await;
    page.click_on(FIRST).await;
    write(&page, "Good").await;
    let chain = page.browser.driver.action_chain();
    let chain = chain
        .key_down(Key::Shift)
        .send_keys(Key::Enter)
        .key_up(Key::Shift)
        .key_down(Key::Control)
        .send_keys("b")
        .key_up(Key::Control);
    chain.perform().await.expect("keys can be sent");
    press(&page, "evening").await;
    page.browser.value::<()>(PASTE).await;
    let html: String = page
        .browser
        .value(&format!(
            "document.querySelector(\"{FIRST}\").innerHTML.replaceAll('&nbsp;', ' ')"
        ))
        .await;
    assert_eq!(html, "Good evening and two lines");
    press(&page, Key::Enter).await;
    page.browser
        .wait_for(&shows(0, "Good evening and two lines"))
        .await;
}

async fn focus(page: &Page, id: &str) {
    focus_on(page, &format!("#{id}")).await;
}

async fn focus_on(page: &Page, selector: &str) {
    let script = format!("document.querySelector({selector:?}).focus()");
    page.browser.value::<()>(&script).await;
}

/// The focused element, and the width of its outline.
const FOCUS: &str = "((it) => {
    const { outlineStyle, outlineWidth } = getComputedStyle(it);
    const isOutlined = it.matches(':focus-visible') && outlineStyle !== 'none';
    return [it.id || it.className, isOutlined ? parseFloat(outlineWidth) : 0];
})(document.activeElement)";

const ONLY_RICH_TEXT: &str = "(() => {
    const { get, set } = Object.getOwnPropertyDescriptor(
        window.HTMLElement.prototype, 'contentEditable');
    window.Object.defineProperty(window.HTMLElement.prototype, 'contentEditable', {
        get, set(value) {
            if (value === 'plaintext-only') throw new window.SyntaxError();
            set.call(this, value);
        } });
})()";

/// Pastes two lines with a bold word.
const PASTE: &str = "(() => {
    const dataTransfer = new window.DataTransfer();
    dataTransfer.setData('text/plain', ' and\\ntwo\\n\\nlines');
    dataTransfer.setData('text/html', ' and<br><b>two</b><p>lines</p>');
    document.activeElement.dispatchEvent(new window.InputEvent('beforeinput', {
        inputType: 'insertFromPaste', dataTransfer, bubbles: true, cancelable: true }));
})()";
