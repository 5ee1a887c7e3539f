//! Turns have the direction of their script, and their language if it is known.

use inturn_tests::{
    browser::{Browser, Engine, Microphone},
    page::Page,
    stage::Setting,
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::support::{for_engines, speaking_in};

for_engines!(a_turn_has_the_direction_of_its_script: Chromium, Firefox, WebKit);

async fn a_turn_has_the_direction_of_its_script(engine: Engine) {
    let scene = speaking_in(engine, Setting::new()).await;
    let page = &scene.page;
    let case: Value = serde_json::from_str(RIGHT_TO_LEFT).expect("is JSON");
    scene.stage.set_faults(&case);
    page.record().await;
    page.browser
        .wait_for("document.querySelectorAll('#transcript [data-final=true]').length === 5")
        .await;
    // Browsers lay out skipped content in the next frames.
    page.browser.value::<()>(FRAMES).await;
    let turns: Vec<Layout> = page.browser.value(LAYOUT).await;
    page.stop().await;

    let right_to_left = [true, true, false, false, false];
    for (turn, right_to_left) in turns.iter().zip(right_to_left) {
        assert!(
            turn.time_right <= turn.left,
            "the times are aligned: {turn:?}"
        );
        assert!(!turn.overflows, "{turn:?}");
        if right_to_left {
            assert!(turn.end_left < turn.begin_left, "{turn:?}");
            let from_edge = (turn.right - turn.begin_right).abs();
            assert!(from_edge < 2.0, "begins at the right edge: {turn:?}");
        } else {
            let from_edge = (turn.begin_left - turn.left).abs();
            assert!(from_edge < 2.0, "begins at the left edge: {turn:?}");
        }
    }
    // Markup is shown as text.
    assert_eq!(
        page.turns().await[4].text,
        "<img src=x onerror=alert(1)> & <b>bold</b>"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_turn_has_the_language_that_the_service_reports() {
    let stage = Setting::new().open().await;
    let turn = |order: u32, text: &str, language: Value| {
        let message = json!({
            "type": "Turn", "turn_order": order, "end_of_turn": true,
            "turn_is_formatted": true, "transcript": text, "language_code": language,
        });
        json!({ "fault": "say", "after_audio_ms": 100 + 100 * order, "send": message })
    };
    stage.set_faults(&json!([
        { "fault": "no_turns" },
        turn(0, "\u{5e9}\u{5dc}\u{5d5}\u{5dd}.", json!("he")),
        turn(1, "Bonjour.", json!("fr")),
        turn(2, "Hello.", Value::Null),
    ]));
    let voice = Microphone::Repeats(inturn_tests::speech::go_forward());
    let page = Page::load(Browser::open(&voice).await, &stage.url).await;
    page.record().await;
    page.wait_for_words("hello").await;
    let languages: Vec<String> = page
        .browser
        .value("[...document.querySelectorAll('#transcript .text')].map((text) => text.lang)")
        .await;
    assert_eq!(languages, ["he", "fr", ""]);
    page.stop().await;
}

/// Positions in a turn, in CSS pixels: its time, its text, and the text's first and last
/// characters.
#[derive(Debug, Deserialize)]
struct Layout {
    time_right: f64,
    left: f64,
    right: f64,
    begin_left: f64,
    begin_right: f64,
    end_left: f64,
    overflows: bool,
}

const FRAMES: &str =
    "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())))";

const LAYOUT: &str = "[...document.querySelectorAll('#transcript .turn')].map((turn) => {
    const text = turn.querySelector('.text');
    const words = text.querySelector('.firm').firstChild;
    const character = (place) => {
        const range = document.createRange();
        range.setStart(words, place);
        range.setEnd(words, place + 1);
        return range.getBoundingClientRect();
    };
    const [begin, end] = [character(0), character(words.length - 1)];
    const time = document.createRange();
    time.selectNodeContents(turn.querySelector('.time'));
    const { left, right } = text.getBoundingClientRect();
    return {
        time_right: time.getBoundingClientRect().right, left, right,
        begin_left: begin.left, begin_right: begin.right, end_left: end.left,
        overflows: text.scrollWidth > text.clientWidth,
    };
})";

const RIGHT_TO_LEFT: &str = include_str!("../../fixtures/cases/right-to-left.json");
