//! What the controls and the title tell, in each state.

use inturn_tests::{page::Page, stage::Setting};
use serde::Deserialize;
use serde_json::json;

use crate::support::{Scene, speaking};

#[tokio::test(flavor = "multi_thread")]
async fn the_button_and_the_title_tell_whether_it_records() {
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

/// What a person, or their screen reader, has of the controls.
#[derive(Debug, Deserialize, PartialEq)]
struct Look {
    name: String,
    action: String,
    pressed: String,
    title: String,
    roles: [String; 3],
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
            pressed: recording.to_string(),
            title: title.to_owned(),
            roles: ["log", "alert", "status"].map(str::to_owned),
        }
    }
}

async fn look(page: &Page) -> Look {
    page.browser.value(LOOK).await
}

const LOOK: &str = "((button) => ({
    name: button.innerText.trim(),
    action: button.dataset.action,
    pressed: button.getAttribute('aria-pressed'),
    title: document.title,
    roles: ['transcript', 'problem', 'status'].map(
        (id) => document.getElementById(id).getAttribute('role')),
}))(document.getElementById('record'))";
