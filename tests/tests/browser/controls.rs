//! Labels, roles and the title in each state.

use inturn_tests::{page::Page, stage::Setting};
use serde::Deserialize;
use serde_json::json;

use crate::support::{Scene, speaking};

#[tokio::test(flavor = "multi_thread")]
async fn the_button_and_the_title_show_whether_it_records() {
    let Scene { stage, page } = speaking(Setting::new()).await;
    stage.set_faults(&json!([{ "fault": "no_termination" }]));
    let at_rest = Look::of("Record", "record", false);
    assert_eq!(look(&page).await, at_rest);
    page.record().await;
    assert_eq!(look(&page).await, Look::of("Stop", "stop", true));
    page.wait_for_words("one").await;
    page.press().await;
    page.wait_for_state("finishing").await;
    assert_eq!(look(&page).await, Look::of("Stop waiting", "stop", false));
    page.press().await;
    page.wait_for_state("idle").await;
    assert_eq!(look(&page).await, at_rest);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_meter_and_the_clock_cause_no_needless_drawing() {
    let Scene {
        stage: _stage,
        page,
    } = speaking(Setting::new()).await;
    page.browser.value::<()>(WATCH_DRAWING).await;
    page.record().await;
    page.browser
        .wait_for("window.drawing.levels >= 20 && window.drawing.texts.length >= 2")
        .await;
    page.stop().await;
    let drawing: Drawing = page.browser.value("window.drawing").await;
    assert_eq!(drawing.animations, 0, "the meter is animated: {drawing:?}");
    let mut distinct = drawing.texts.clone();
    distinct.dedup();
    assert_eq!(
        drawing.texts, distinct,
        "the clock was written without a change"
    );
}

/// Changes that the browser has to draw.
#[derive(Debug, Deserialize)]
struct Drawing {
    animations: u32,
    texts: Vec<String>,
}

/// The controls as seen by a person or a screen reader.
#[derive(Debug, Deserialize, PartialEq)]
struct Look {
    name: String,
    action: String,
    title: String,
    roles: [Option<String>; 3],
}

impl Look {
    fn of(name: &str, action: &str, recording: bool) -> Self {
        let title = if recording {
            "● Recording · Inturn"
        } else {
            "Inturn"
        };
        Self {
            name: name.to_owned(),
            action: action.to_owned(),
            title: title.to_owned(),
            // The transcript has no role of a live region, or screen readers would read each
            // partial.
            roles: [None, Some("alert".to_owned()), Some("status".to_owned())],
        }
    }
}

async fn look(page: &Page) -> Look {
    page.browser.value(LOOK).await
}

const LOOK: &str = "((button) => ({
    name: button.innerText.trim(),
    action: button.dataset.action,
    title: document.title,
    roles: ['transcript', 'problem', 'status'].map(
        (id) => document.getElementById(id).getAttribute('role')),
}))(document.getElementById('record'))";

/// Counts animations after each change of the level: a CSS transition would be an animation then.
const WATCH_DRAWING: &str = "void ((drawing) => {
    const level = document.getElementById('level');
    const elapsed = document.getElementById('elapsed');
    new MutationObserver((changes) => {
        drawing.levels += changes.length;
        void getComputedStyle(level).transform;
        drawing.animations += document.getAnimations().length;
    }).observe(level, { attributes: true, attributeFilter: ['style'] });
    new MutationObserver((changes) => {
        for (const change of changes) drawing.texts.push(elapsed.textContent);
    }).observe(elapsed, { childList: true, characterData: true, subtree: true });
})(window.drawing = { levels: 0, animations: 0, texts: [] })";
