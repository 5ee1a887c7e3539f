//! The transcript's DOM: minimal changes, order, and structure.

use inturn_client_core::session::Event;
use inturn_tests::{
    browser::{Browser, Microphone},
    page::Page,
    stage::Setting,
};
use serde::Deserialize;

use crate::support::{Scene, dispatch, open, pausing, withdrawn};

/// The changes to the transcript by one message of the service.
#[derive(Debug, Deserialize)]
struct Batch {
    /// Numbers of turns that were changed or added.
    turns: Vec<String>,
    /// Number of changes outside of turns, except additions of turns.
    elsewhere: u32,
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_changed_turn_is_redrawn() {
    let Scene {
        page,
        stage: _stage,
    } = pausing(Setting::new()).await;
    page.browser.value::<()>(WATCH).await;
    page.record().await;
    page.browser
        .wait_for("document.querySelectorAll('#transcript [data-final=true]').length >= 1")
        .await;
    page.browser
        .value::<()>(
            "void (window.first = document.querySelector('#transcript [data-turn=\"0\"]'))",
        )
        .await;
    page.browser
        .wait_for("document.querySelectorAll('#transcript [data-final=true]').length >= 3")
        .await;
    page.stop().await;

    let batches: Vec<Batch> = page.browser.value("window.batches").await;
    assert!(batches.len() > 6, "{batches:?}");
    // The heading comes with the first turn, and its length after the last one.
    for batch in batches.iter().skip(1).filter(|it| !it.turns.is_empty()) {
        assert!(
            batch.turns.len() == 1 && batch.elsewhere == 0,
            "{batches:?}"
        );
    }
    // A final turn is not touched while later ones change.
    let firsts: Vec<usize> = (0..batches.len())
        .filter(|&n| batches[n].turns == ["0"])
        .collect();
    let seconds = batches
        .iter()
        .position(|batch| batch.turns == ["1"])
        .expect("there was a second turn");
    assert!(firsts.iter().all(|&n| n < seconds), "{batches:?}");
    let same: bool = page
        .browser
        .value("window.first === document.querySelector('#transcript [data-turn=\"0\"]')")
        .await;
    assert!(same, "the first turn's element was replaced");
    let turns = page.turns().await;
    let order: Vec<u32> = turns.iter().map(|turn| turn.turn).collect();
    assert!(
        order.is_sorted() && turns.iter().all(|turn| turn.session == 1),
        "{turns:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_recording_is_appended_to_the_first() {
    let Scene {
        page,
        stage: _stage,
    } = pausing(Setting::new()).await;
    for _ in 0..2 {
        page.record().await;
        page.wait_for_words("one two").await;
        page.stop().await;
    }
    page.record().await;
    page.stop().await;
    let headings: Vec<Vec<String>> = page.browser.value(HEADINGS).await;
    let is_heading = |it: &Vec<String>| {
        let [date, length] = &it[..] else {
            return false;
        };
        date.contains(" 20") && date.contains(':') && length.starts_with("0:")
    };
    assert!(
        headings.len() >= 2 && headings.iter().all(is_heading),
        "{headings:?}"
    );
    let sessions: Vec<u32> = page.turns().await.iter().map(|turn| turn.session).collect();
    assert!(
        sessions.is_sorted() && sessions.contains(&1),
        "{sessions:?}"
    );
}

/// The start and the length of each recording that has a heading.
const HEADINGS: &str = "[...transcript.querySelectorAll('h2')]
    .map((it) => [...it.childNodes].map((part) => part.textContent))";

#[tokio::test(flavor = "multi_thread")]
async fn a_long_transcript_is_in_order_and_can_be_emptied() {
    let stage = Setting::new().open().await;
    let page = Page::load(Browser::open(&Microphone::Missing).await, &stage.url).await;
    // All turns except one, then that one, far from the end.
    let mut messages: Vec<Event> = (0..TURNS)
        .filter(|&turn| turn != 70)
        .map(spoken_turn)
        .collect();
    messages.push(spoken_turn(70));
    page.browser.value::<()>(&dispatch(messages)).await;
    let turns = page.turns().await;
    assert!(turns.iter().map(|turn| turn.turn).eq(0..TURNS), "{turns:?}");
    // No element has many children, so a change causes the layout of few boxes.
    let most: usize = page
        .browser
        .value(
            "Math.max(...[transcript, ...transcript.querySelectorAll('div')]
                .map((it) => it.childElementCount))",
        )
        .await;
    assert!(most < 30, "an element has {most} children");

    let all = (0..TURNS).map(withdrawn).collect();
    page.browser.value::<()>(&dispatch(all)).await;
    let is_empty: bool = page.browser.value("transcript.matches(':empty')").await;
    assert!(is_empty, "the placeholder would not be shown again");
}

/// About an hour of speech.
const TURNS: u32 = 1_000;

fn spoken_turn(turn: u32) -> Event {
    open(turn, &format!("turn {turn}"), "")
}

const WATCH: &str = "window.batches = [], void new MutationObserver((records) => {
    const turns = new Set();
    let elsewhere = 0;
    const turnOf = (node) =>
        (node instanceof Element ? node : node.parentElement)?.closest('[data-turn]');
    const isGroup = (node) => ['stretch', 'chapter'].includes(node.className);
    for (const record of records) {
        const turn = turnOf(record.target);
        const added = [...record.addedNodes].map(turnOf).filter(Boolean);
        if (turn) turns.add(turn.dataset.turn);
        else if (added.length) added.forEach((turn) => turns.add(turn.dataset.turn));
        // New groups are added for the turn that is put into them.
        else if (![...record.addedNodes].every(isGroup)) elsewhere++;
    }
    window.batches.push({ turns: [...turns], elsewhere });
}).observe(document.getElementById('transcript'), {
    subtree: true, childList: true, characterData: true, attributes: true })";
