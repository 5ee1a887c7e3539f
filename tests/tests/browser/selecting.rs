//! What is selected stays selected while the live line changes.

use inturn_client_core::session::Event;
use inturn_tests::{browser::Engine, page::Page, stage::Setting};
use serde::Deserialize;

use crate::support::{Scene, dispatch, ended, for_engines, open, speaking_in};

for_engines!(a_selection_survives_the_next_partials: Chromium, Firefox, WebKit);
for_engines!(a_selection_survives_the_end_of_its_turn: Chromium, Firefox, WebKit);
for_engines!(a_caret_stays_where_it_is: Chromium, Firefox, WebKit);

/// The selection.
#[derive(Debug, Deserialize)]
struct Selection {
    text: String,
    /// The text of the row before its focus.
    before_focus: String,
}

async fn a_selection_survives_the_next_partials(engine: Engine) {
    let scene = loaded(engine).await;
    let page = &scene.page;
    show(page, ended(0, "The first line stays.")).await;
    show(page, open(1, "", "we met in june")).await;
    for (ends, expected) in [
        // From the start to the end, and from the end to the start.
        ([(1, "met", 0), (1, "in", 2)], "met in"),
        ([(1, "june", 4), (1, "met", 0)], "met in june"),
        // From another line.
        ([(0, "stays", 0), (1, "met", 3)], "stays.we met"),
    ] {
        show(page, open(1, "", "we met in june")).await;
        select(page, ends).await;
        for (firm, tentative) in [
            ("", "we met in june and"),
            ("we met", "in june and then"),
            ("we met in june", "and"),
            ("we met in june and then", ""),
        ] {
            show(page, open(1, firm, tentative)).await;
            let selection = selection(page).await;
            assert_eq!(selection.text, expected, "{firm}|{tentative}");
        }
    }
}

async fn a_selection_survives_the_end_of_its_turn(engine: Engine) {
    let scene = loaded(engine).await;
    let page = &scene.page;
    for (turn, ends, expected) in [
        (0, [("met", 0), ("june", 4)], "met in “June"),
        (1, [("and", 0), ("then", 4)], "And then"),
        (2, [("people", 6), ("people", 0)], "people"),
    ] {
        show(page, open(turn, "so we met in", SPOKEN)).await;
        let ends = ends.map(|(word, offset)| (turn, word, offset));
        select(page, ends).await;
        show(page, ended(turn, WRITTEN)).await;
        assert_eq!(selection(page).await.text, expected);
    }
    // If the selected words themselves have changed, as many characters stay selected.
    show(page, open(3, "", "I scream for it")).await;
    select(page, [(3, "I scream", 0), (3, "I scream", 8)]).await;
    show(page, open(3, "", "ice cream for it")).await;
    assert_eq!(selection(page).await.text, "ice crea");
}

async fn a_caret_stays_where_it_is(engine: Engine) {
    let scene = loaded(engine).await;
    let page = &scene.page;
    show(page, open(0, "one", "two three")).await;
    select(page, [(0, "three", 0), (0, "three", 0)]).await;
    for (firm, tentative) in [("one", "two three four"), ("one two three", "four")] {
        show(page, open(0, firm, tentative)).await;
        let selection = selection(page).await;
        assert_eq!(selection.text, "");
        assert_eq!(selection.before_focus, "one two ");
    }
}

/// Opens a page, once its scripts are loaded.
async fn loaded(engine: Engine) -> Scene {
    let scene = speaking_in(engine, Setting::new()).await;
    let browser = &scene.page.browser;
    browser.wait_for("document.getElementById('jump')").await;
    scene
}

/// Shows a change, and waits until the browser has drawn it.
async fn show(page: &Page, event: Event) {
    page.browser.value::<()>(&dispatch(vec![event])).await;
    page.browser.value::<()>(FRAMES).await;
}

/// Selects from one place to another. A place is an offset from the start of a word of a turn.
async fn select(page: &Page, [anchor, focus]: [(u32, &str, u32); 2]) {
    let point = |(turn, word, offset): (u32, &str, u32)| format!("[{turn}, {word:?}, {offset}]");
    let script = format!("({SELECT})({}, {})", point(anchor), point(focus));
    page.browser.value::<()>(&script).await;
    page.browser.value::<()>(FRAMES).await;
}

async fn selection(page: &Page) -> Selection {
    page.browser.value(SELECTION).await
}

const SPOKEN: &str = "june and then twenty two people came";
const WRITTEN: &str = "So, we met in “June”. And then 22 people came.";

const FRAMES: &str = "new Promise((done) => {
    const frames = (left) => left ? requestAnimationFrame(() => frames(left - 1)) : done();
    frames(3);
})";

const SELECT: &str = "(...ends) => {
    const [anchor, focus] = ends.map(([turn, word, offset]) => {
        const text = document.querySelector(`[data-turn='${turn}'] .text`);
        const nodes = document.createTreeWalker(text, NodeFilter.SHOW_TEXT);
        while (nodes.nextNode()) {
            const at = nodes.currentNode.data.indexOf(word);
            if (at >= 0) return [nodes.currentNode, at + offset];
        }
    });
    getSelection().setBaseAndExtent(...anchor, ...focus);
}";

/// Only words: browsers differ in whether a selection over several rows has their times.
const SELECTION: &str = "(() => {
    const selection = getSelection();
    const { focusNode, focusOffset } = selection;
    const range = selection.getRangeAt(0);
    const nodes = document.createTreeWalker(
        document.getElementById('transcript'), NodeFilter.SHOW_TEXT);
    let text = '';
    while (nodes.nextNode()) {
        const node = nodes.currentNode;
        if (!node.parentElement.closest('.text') || !range.intersectsNode(node)) continue;
        const from = node === range.startContainer ? range.startOffset : 0;
        const to = node === range.endContainer ? range.endOffset : node.length;
        text += node.data.slice(from, to);
    }
    const before = document.createRange();
    before.setStart(focusNode.parentElement.closest('.text'), 0);
    before.setEnd(focusNode, focusOffset);
    return { text, before_focus: String(before) };
})()";
