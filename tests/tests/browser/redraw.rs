//! The page itself: its button, its title, and what a changed turn redraws.

use std::collections::BTreeMap;

use inturn_tests::{
    browser::{Browser, Microphone},
    page::Page,
    sound::Sound,
    stage::{Setting, Stage},
};
use serde::Deserialize;
use tempfile::TempDir;
use thirtyfour::{By, Key};

#[tokio::test(flavor = "multi_thread")]
async fn the_button_and_the_title_tell_whether_it_records() {
    let (stage, page, _folder) = open(Setting::new()).await;
    let at_rest = Look {
        tag: "BUTTON".to_owned(),
        name: "Record".to_owned(),
        pressed: "false".to_owned(),
        action: "record".to_owned(),
        title: "Inturn".to_owned(),
        transcript: "log".to_owned(),
        problem: "alert".to_owned(),
    };
    assert_eq!(look(&page).await, at_rest);
    page.record().await;
    let recording = Look {
        name: "Stop".to_owned(),
        pressed: "true".to_owned(),
        action: "stop".to_owned(),
        title: "● Recording · Inturn".to_owned(),
        ..at_rest.clone()
    };
    assert_eq!(look(&page).await, recording);
    page.stop().await;
    assert_eq!(look(&page).await, at_rest);
    stage.closed_session(1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_keyboard_records_and_stops() {
    let (stage, page, _folder) = open(Setting::new()).await;
    let keys = [Key::Enter, Key::Space];
    for (count, (start, stop)) in keys.iter().zip(keys.iter().rev()).enumerate() {
        let button = page.browser.driver.find(By::Id("record")).await.expect("there is the button");
        button.send_keys(start.clone()).await.expect("it takes keys");
        page.wait_for_state("listening").await;
        button.send_keys(stop.clone()).await.expect("it takes keys");
        page.wait_for_state("idle").await;
        assert_eq!(page.problem().await, None);
        let log = stage.closed_session(count + 1).await;
        assert!(log.terminated, "{log:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_double_click_starts_one_session() {
    let (stage, page, _folder) = open(Setting::new()).await;
    let button = page.browser.driver.find(By::Id("record")).await.expect("there is the button");
    let double = page.browser.driver.action_chain().double_click_element(&button);
    double.perform().await.expect("it can be clicked");
    page.wait_for_state("listening").await;
    page.wait_for_words("one").await;
    page.stop().await;
    assert_eq!(page.problem().await, None);
    let log = stage.closed_session(1).await;
    assert!(log.terminated && log.audio_ms > 0, "{log:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_changed_turn_is_redrawn() {
    // This model tells of every word.
    let setting = Setting::new().with_flag("--speech-model", "universal-streaming-english");
    let (_stage, page, _folder) = open(setting).await;
    page.browser.value::<()>(WATCH_TRANSCRIPT).await;
    page.record().await;
    let third = "document.querySelectorAll('#transcript [data-turn]').length >= 3";
    page.browser.wait_for(third).await;
    page.stop().await;

    let redraws: Vec<Vec<String>> = page.browser.value("window.redraws").await;
    let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
    for redraw in &redraws {
        let [turn] = redraw.as_slice() else {
            panic!("one message redrew {redraw:?}; all: {redraws:?}");
        };
        *counts.entry(turn).or_default() += 1;
    }
    let turns = page.turns().await;
    let shown: Vec<String> =
        turns.iter().map(|turn| format!("{}/{}", turn.session, turn.turn)).collect();
    assert_eq!(counts.keys().copied().collect::<Vec<_>>(), shown);
    // The first two had their partials and their ends, while others stood beside them.
    assert!(counts.values().take(2).all(|&count| count >= 4), "{counts:?}");
}

async fn open(setting: Setting) -> (Stage, Page, TempDir) {
    let stage = setting.with_script("one two three four five six").open().await;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("voice.wav");
    let pause = Sound::silence(44_100, 1.6);
    let voice = Sound::noise(44_100, 3_000, 2.0).then(&pause);
    voice.write_wav(&file).expect("the folder is ours");
    let browser = Browser::open(&Microphone::Repeats(file)).await;
    let page = Page::load(browser, &stage.url).await;
    (stage, page, folder)
}

/// What a person, or their screen reader, has of the controls.
#[derive(Clone, Debug, Deserialize, PartialEq)]
struct Look {
    tag: String,
    name: String,
    pressed: String,
    action: String,
    title: String,
    transcript: String,
    problem: String,
}

async fn look(page: &Page) -> Look {
    page.browser.value(LOOK).await
}

const LOOK: &str = "((button, role) => ({
    tag: button.tagName,
    name: button.textContent.trim(),
    pressed: button.getAttribute('aria-pressed'),
    action: button.dataset.action,
    title: document.title,
    transcript: role('transcript'),
    problem: role('problem'),
}))(document.getElementById('record'), (id) => document.getElementById(id).getAttribute('role'))";

/// Notes, for each message of the recorder that changed the transcript, the turns whose elements
/// changed; `list` for a change of the list other than a new turn.
const WATCH_TRANSCRIPT: &str = "void (() => {
    window.redraws = [];
    const list = document.getElementById('transcript');
    const name = (node) => {
        const turn = (node.closest ? node : node.parentElement)?.closest('[data-turn]');
        return turn ? `${turn.dataset.session}/${turn.dataset.turn}` : 'list';
    };
    // Called after the one message is worked off and before the next is.
    new MutationObserver((changes) => {
        const changed = changes.flatMap(({ target, type, addedNodes, removedNodes }) => [
            ...(target === list && type === 'childList' ? [] : [name(target)]),
            ...(target === list ? [...addedNodes, ...removedNodes].map(name) : []),
        ]);
        window.redraws.push([...new Set(changed)]);
    }).observe(list, { subtree: true, childList: true, characterData: true, attributes: true });
})()";
